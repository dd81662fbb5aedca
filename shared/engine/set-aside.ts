import { epochMs, type EpochMs } from '../domain/time.ts';
import type { Due } from './due.ts';
import { CHECK_AFTER_MS, CHECK_IDLE_MS } from './time-budget.ts';

/** About 200 bytes each. Beyond it the oldest are forgotten, and looked at again. */
const REMEMBERED_MAX = 20_000;
/** 1, 2, 4, 8 and then 15 minutes. */
const DOUBLINGS_MAX = 4;
/** Executions that were put off together do not come back together. */
const SPREAD = 0.25;

interface Failure {
  readonly check: EpochMs;
  readonly until: EpochMs;
  readonly failures: number;
}

/**
 * Executions that could not be looked after, and when to try again. Kept from sweep to sweep by whoever runs them, as an
 * execution whose header cannot be written stays at the head of its shard: were it looked at each time, enough of them
 * would use up every sweep's turns. A new process knows nothing of it and tries once more.
 */
export class SetAside {
  readonly #failures = new Map<string, Failure>();

  get size(): number {
    return this.#failures.size;
  }

  /** Since when the entry has been waiting for a look; undefined while it is set aside. */
  waitingSince({ key, check }: Due, now: EpochMs): EpochMs | undefined {
    const failure = this.#failures.get(nameOf(key));
    // A check that somebody has moved since is a reason to look.
    if (failure?.check !== check) return check;
    return failure.until > now ? undefined : failure.until;
  }

  /** Answers when to try again: exponential, with jitter. */
  add({ key, check }: Due, now: EpochMs, random: number): EpochMs {
    const name = nameOf(key);
    const failures = (this.#failures.get(name)?.failures ?? 0) + 1;
    const delayMs = Math.min(CHECK_AFTER_MS * 2 ** Math.min(failures - 1, DOUBLINGS_MAX), CHECK_IDLE_MS);
    const until = spread(now, delayMs, random);
    this.#failures.delete(name);
    this.#failures.set(name, { check, until, failures });
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > REMEMBERED_MAX && oldest !== undefined) this.#failures.delete(oldest);
    return until;
  }

  remove({ key }: Due): void {
    this.#failures.delete(nameOf(key));
  }
}

/** `delayMs` from now and up to a quarter more. */
export function spread(now: EpochMs, delayMs: number, random: number): EpochMs {
  return epochMs(Math.round(now + delayMs * (1 + SPREAD * random)));
}

function nameOf({ workspace, execution }: Due['key']): string {
  return `${workspace}#${execution}`;
}
