import type { Session } from './session.ts';
import { STOP_POLL_MS } from './time-budget.ts';

/**
 * While attempts run, looks now and then whether their execution was stopped: a cancel takes effect within seconds. One
 * watch serves all attempts of an invocation, so ten at once read the header no more often than one.
 */
export class StopWatch {
  readonly #session: Session;
  #attempts = 0;
  #over = new AbortController();

  constructor(session: Session) {
    this.#session = session;
  }

  /** An attempt begins; the function that comes back is to be called at its end. */
  begin(): () => void {
    this.#attempts += 1;
    if (this.#attempts === 1) {
      this.#over = new AbortController();
      // Nobody waits for the watch: an effect has happened, and what is read just now must not delay its commit.
      void this.#watch(this.#over.signal);
    }
    return () => {
      this.#attempts -= 1;
      if (this.#attempts === 0) this.#over.abort();
    };
  }

  async #watch(over: AbortSignal): Promise<void> {
    const { clock, log } = this.#session.deps;
    while (!over.aborted && this.#session.mayStart) {
      await clock.sleep(STOP_POLL_MS, over);
      if (over.aborted) return;
      try {
        await this.#session.refreshHeader();
      } catch (error) {
        // The attempt must not die of a poll that failed; the next one is two seconds away.
        log.warn('could not look whether the execution was stopped', { error: String(error) });
      }
    }
  }
}
