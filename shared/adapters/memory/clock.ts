import { epochMs, type EpochMs } from '../../domain/time.ts';
import type { Clock } from '../../engine/ports.ts';

interface Sleeper {
  readonly at: EpochMs;
  readonly wake: () => void;
}

/**
 * A clock that stands still until it is told to move: whoever holds it decides when time passes. Sleepers are woken in
 * the order of their times, each seeing its own time as now.
 */
export class VirtualClock implements Clock {
  #now: EpochMs;
  readonly #sleepers = new Set<Sleeper>();

  constructor(start = 1_700_000_000_000) {
    this.#now = epochMs(start);
  }

  now(): EpochMs {
    return this.#now;
  }

  after(ms: number): EpochMs {
    return epochMs(this.#now + ms);
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.#sleepers.delete(sleeper);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper = { at: this.after(ms), wake };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  /** When the next sleeper wakes; undefined if nobody sleeps. */
  get nextWake(): EpochMs | undefined {
    let next: EpochMs | undefined;
    for (const { at } of this.#sleepers) if (next === undefined || at < next) next = at;
    return next;
  }

  /** Moves on to `time` (never back) and wakes everybody whose time that is. */
  advanceTo(time: EpochMs): void {
    const due = [...this.#sleepers].filter(({ at }) => at <= time).sort((one, other) => one.at - other.at);
    for (const { at, wake } of due) {
      this.#now = epochMs(Math.max(this.#now, at));
      wake();
    }
    this.#now = epochMs(Math.max(this.#now, time));
  }

  advance(ms: number): void {
    this.advanceTo(this.after(ms));
  }
}
