import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../simulation/random.ts';

/**
 * When to kill: at any time; while an effect is under way; between an effect and its commit; when a write has been
 * applied and nobody told.
 */
const MOMENTS = ['any', 'called', 'answered', 'applied'] as const;
export type Moment = (typeof MOMENTS)[number];

const LIFE_MS_MIN = 30;
const LIFE_MS_MAX = 900;
/** If what it waits for does not happen. */
const PATIENCE_MS = 1_500;
/** From the answer at the target to the commit in the store it takes a few milliseconds. */
const AFTER_MS_MAX = 6;

/** Chooses the instants, and is told of what happens so that it can choose well. */
export class Killer {
  readonly kills: { readonly at: number; readonly moment: Moment | 'starting' }[] = [];
  readonly #random: Random;
  readonly #kill: () => void;
  #awaited: { readonly moment: Moment; readonly strike: () => void } | undefined;

  constructor(random: Random, kill: () => void) {
    this.#random = random;
    this.#kill = kill;
  }

  /** Something happened that it may have waited for. */
  tell(moment: Moment): void {
    if (this.#awaited?.moment === moment) this.#awaited.strike();
  }

  /** Lets it live for a while, then kills. */
  async strike(): Promise<void> {
    const moment = this.#random.pick(MOMENTS);
    await sleep(this.#random.between(LIFE_MS_MIN, LIFE_MS_MAX));
    const afterMs = this.#random.between(0, AFTER_MS_MAX);
    if (moment === 'any') return this.now(moment);
    const { promise, resolve } = Promise.withResolvers<void>();
    const strike = () => {
      this.#awaited = undefined;
      // A write that was applied is answered in the same turn of the event loop.
      if (moment === 'applied') this.now(moment);
      resolve();
    };
    this.#awaited = { moment, strike };
    const timer = setTimeout(strike, PATIENCE_MS);
    await promise;
    clearTimeout(timer);
    if (moment === 'applied') return;
    await sleep(afterMs);
    this.now(moment);
  }

  now(moment: Moment | 'starting'): void {
    this.kills.push({ at: Date.now(), moment });
    this.#kill();
  }
}
