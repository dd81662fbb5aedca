import { epochMs, type EpochMs } from '../../domain/time.ts';
import type { Clock } from '../../engine/ports.ts';

interface Alarm {
  readonly at: EpochMs;
  readonly ring: () => void;
}

/**
 * A clock that stands still until it is told to move: whoever holds it decides when time passes. Alarms ring in
 * the order of their times, each seeing its own time as now.
 */
export class VirtualClock implements Clock {
  #now: EpochMs;
  readonly #alarms = new Set<Alarm>();

  constructor(start = 1_700_000_000_000) {
    this.#now = epochMs(start);
  }

  now(): EpochMs {
    return this.#now;
  }

  after(ms: number): EpochMs {
    return epochMs(this.#now + ms);
  }

  alarm(ms: number, ring: () => void): () => void {
    const alarm = { at: this.after(ms), ring };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  /** When the next alarm rings; undefined if none is set. */
  get nextWake(): EpochMs | undefined {
    let next: EpochMs | undefined;
    for (const { at } of this.#alarms) if (next === undefined || at < next) next = at;
    return next;
  }

  /** Moves on to `time` (never back) and rings every alarm whose time that is. */
  advanceTo(time: EpochMs): void {
    const due = [...this.#alarms].filter(({ at }) => at <= time).sort((one, other) => one.at - other.at);
    for (const alarm of due) {
      // An earlier one may have called it off.
      if (!this.#alarms.delete(alarm)) continue;
      this.#now = epochMs(Math.max(this.#now, alarm.at));
      alarm.ring();
    }
    this.#now = epochMs(Math.max(this.#now, time));
  }

  advance(ms: number): void {
    this.advanceTo(this.after(ms));
  }
}
