import type { Session } from './session.ts';
import { STOP_POLL_MS } from './time-budget.ts';

/**
 * While attempts run, looks now and then whether their execution was stopped: a cancel takes effect within seconds. One
 * watch serves all attempts of an invocation, so ten at once read the header no more often than one.
 */
export class StopWatch {
  readonly #session: Session;
  #attempts = 0;
  #callOff = (): void => undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  /** An attempt begins; the function that comes back is to be called at its end. */
  begin(): () => void {
    this.#attempts += 1;
    if (this.#attempts === 1) this.#lookLater();
    return () => {
      this.#attempts -= 1;
      if (this.#attempts === 0) this.#callOff();
    };
  }

  #lookLater(): void {
    // A look that was under way while all attempts ended and others began finds their alarm set already.
    this.#callOff();
    if (!this.#session.mayStart) return;
    // Nobody waits for the watch: an effect has happened, and what is read just now must not delay its commit.
    this.#callOff = this.#session.deps.clock.alarm(STOP_POLL_MS, () => void this.#look());
  }

  async #look(): Promise<void> {
    try {
      await this.#session.refreshHeader();
    } catch (error) {
      // The attempt must not die of a poll that failed; the next one is two seconds away.
      this.#session.deps.log.warn('could not look whether the execution was stopped', { error: String(error) });
    }
    if (this.#attempts > 0) this.#lookLater();
  }
}
