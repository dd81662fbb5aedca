import { startHttpTarget, type HttpTarget, type TargetCall } from './http-target.ts';

export interface TargetOptions {
  readonly delayMs?: number;
  /** What to answer; 200 `{ ok: true }` when it says nothing. `nth`: how often this path was called, from 1. */
  readonly answer?: (
    path: string,
    nth: number,
  ) => { readonly status: number; readonly headers?: Record<string, string> } | undefined;
}

/** An HTTP server on loopback that remembers every call by its path: the effects, counted where they happen. */
export class RecordingTarget {
  readonly #target: HttpTarget;

  constructor(target: HttpTarget) {
    this.#target = target;
  }

  get authority(): string {
    return this.#target.host;
  }

  get url(): string {
    return this.#target.url;
  }

  /** In the order in which they came in. */
  get all(): readonly TargetCall[] {
    return this.#target.calls;
  }

  calls(path: string): readonly TargetCall[] {
    return this.#target.calls.filter((call) => call.path === path);
  }

  stop(): Promise<void> {
    return this.#target.stop();
  }
}

export async function startRecordingTarget({ delayMs = 0, answer }: TargetOptions = {}): Promise<RecordingTarget> {
  const counts = new Map<string, number>();
  const target = await startHttpTarget(({ path }) => {
    const nth = (counts.get(path) ?? 0) + 1;
    counts.set(path, nth);
    return { body: { ok: true }, ...answer?.(path, nth), delayMs };
  });
  return new RecordingTarget(target);
}
