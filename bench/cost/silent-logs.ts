import { applyEnvironment } from '../../local/local-environment.ts';

/**
 * Handlers write what they write on AWS, so that it is counted, but nobody reads it here: of a large DAG each instance tells
 * that this one machine is slow. Their errors are still shown.
 */
export class SilentLogs implements Disposable {
  readonly #info = console.info;
  readonly #warn = console.warn;
  // In development the logger writes to this console, and not past it.
  readonly #restoreEnvironment = applyEnvironment({ POWERTOOLS_LOG_LEVEL: 'INFO', POWERTOOLS_DEV: 'true' });

  constructor() {
    console.info = () => undefined;
    console.warn = () => undefined;
  }

  [Symbol.dispose](): void {
    console.info = this.#info;
    console.warn = this.#warn;
    this.#restoreEnvironment();
  }
}
