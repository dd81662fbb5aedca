import { Target } from '../harness/target.ts';

const SERVER_ERROR = 500;

/**
 * A target for each execution, which fails its first calls of {@link path}. One for all would look like a target that is
 * down: its circuit breaker would open, and be measured too.
 */
export class FlakyTargets implements AsyncDisposable {
  static readonly path = '/flaky';
  readonly #targets: readonly Target[];

  private constructor(targets: readonly Target[]) {
    this.#targets = targets;
  }

  /** `failures`: how many times each fails before it is well for good. */
  static async start(count: number, failures: number): Promise<FlakyTargets> {
    const targets = Array.from({ length: count }, () => {
      let calls = 0;
      return Target.start((path) => {
        if (path !== FlakyTargets.path) return 200;
        calls += 1;
        return calls <= failures ? SERVER_ERROR : 200;
      });
    });
    return new FlakyTargets(await Promise.all(targets));
  }

  get hosts(): readonly string[] {
    return this.#targets.map(({ host }) => host);
  }

  urlOf(execution: number): string {
    return this.#targets[execution]?.url ?? '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#targets.map((target) => target[Symbol.asyncDispose]()));
  }
}
