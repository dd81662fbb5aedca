import type { Clock } from './ports.ts';
import { sleep } from './sleep.ts';

/**
 * How fast a sweep may go. A look costs about five requests to the store (the header twice, the records, the header
 * written, with its index entry moved) and one more for each undecided join, and it sends at least one message, on which
 * a worker then spends ten. At 50 a second that makes 250 requests and 100 index writes: a tenth of the 4,000 writes with
 * which an on-demand table begins, and of the 1,000 of each of the four index partitions.
 *
 * A backlog of 100,000 executions is thus looked through in 50 minutes, while the messages of those that need no help
 * come back by themselves.
 */
export const LOOKS_PER_SECOND = 50;
/** 40 of the 55 seconds that the function has: the rest is for looks that take long. */
export const LOOKS_PER_RUN_MAX = 2_000;
/** An `SQS SendMessageBatch`. Who sent a hundred messages has used up the turns of ten looks. */
export const MESSAGES_PER_TURN = 10;

const SECOND_MS = 1_000;

/** Turns at a steady rate; up to a second's worth may be taken at once. Shared by all shards of a sweep. */
export class SweepPace {
  readonly #clock: Clock;
  readonly #turnMs: number;
  /** Before this instant all turns have been taken. */
  #takenUntil = 0;

  constructor(clock: Clock, turnsPerSecond: number) {
    this.#clock = clock;
    this.#turnMs = SECOND_MS / turnsPerSecond;
  }

  /** Waits for the next turn. */
  async turn(): Promise<void> {
    const now = this.#clock.now();
    this.#take(1);
    const waitMs = Math.ceil(this.#takenUntil - now);
    if (waitMs > 0) await sleep(this.#clock, waitMs);
  }

  /** What a look has caused beyond itself delays those that follow. */
  charge(messages: number): void {
    this.#take(Math.floor(messages / MESSAGES_PER_TURN));
  }

  #take(turns: number): void {
    this.#takenUntil = Math.max(this.#takenUntil, this.#clock.now() - SECOND_MS) + turns * this.#turnMs;
  }
}
