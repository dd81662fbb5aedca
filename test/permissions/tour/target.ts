import { startHttpTarget, type HttpTarget } from '../../support/http-target.ts';

/** About 60 KB that do not compress below what is kept in an item: it goes to S3. */
export const NOISE: readonly number[] = Array.from({ length: 6_000 }, (_, at) => (at * 2_654_435_761) % 4_294_967_296);

/**
 * What the http nodes of the tour call:
 *
 * - `/noise…` answers with {@link NOISE};
 * - `/hang…` does not answer the first time, until it is released; then as the rest of its path says;
 * - `/broken…` refuses while it is broken;
 * - `/busy…` answers 503, which is worth another attempt;
 * - all others are content.
 */
export class TourTarget {
  readonly #target: HttpTarget;
  readonly #state: State;

  private constructor(target: HttpTarget, state: State) {
    this.#target = target;
    this.#state = state;
  }

  static async start(): Promise<TourTarget> {
    const state: State = { broken: true, held: new Map(), calls: new Map() };
    return new TourTarget(await startHttpTarget(({ path }) => answer(state, path)), state);
  }

  get authority(): string {
    return this.#target.host;
  }

  url(path: string): string {
    return `${this.#target.url}${path}`;
  }

  calls(path: string): number {
    return this.#state.calls.get(path) ?? 0;
  }

  mend(): void {
    this.#state.broken = false;
  }

  /** The first call of this path is answered now. */
  release(path: string): void {
    this.#state.held.get(path)?.resolve();
  }

  async stop(): Promise<void> {
    for (const held of this.#state.held.values()) held.resolve();
    await this.#target.stop();
  }
}

interface State {
  broken: boolean;
  readonly held: Map<string, PromiseWithResolvers<void>>;
  readonly calls: Map<string, number>;
}

async function answer(state: State, path: string) {
  const nth = (state.calls.get(path) ?? 0) + 1;
  state.calls.set(path, nth);
  if (path.startsWith('/hang') && nth === 1) {
    const held = Promise.withResolvers<void>();
    state.held.set(path, held);
    await held.promise;
  }
  const rest = path.replace(/^\/hang/, '');
  if (rest.startsWith('/noise')) return { body: [...NOISE] };
  if (rest.startsWith('/busy')) return { status: 503 };
  return rest.startsWith('/broken') && state.broken ? { status: 402 } : { body: { ok: true } };
}
