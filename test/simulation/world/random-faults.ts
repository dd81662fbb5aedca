import type { Random } from '../random.ts';
import type { DeliveryFault, FaultPlan, IoCall, IoFault } from './faults.ts';

const MINUTE_MS = 60_000;
const LEASE_MS = 60_000;
const VISIBILITY_MS = 90 * MINUTE_MS;
const SKEW_MAX_MS = 5 * MINUTE_MS;
const INDEX_LAG_MAX_MS = 30_000;

const IO_KINDS = [
  'refused',
  'throttled',
  'answer_lost',
  'crash_before',
  'crash_after',
  'zombie_before',
  'zombie_after',
  'slow',
] as const;

/**
 * Random faults until a horizon, none after it. Each seed has its own mix: a few kinds often, others never; a mean of all
 * would hide what only one of them finds.
 */
export class RandomFaults implements FaultPlan {
  readonly horizon: number;
  /** Whether clocks may differ. */
  readonly skewed: boolean;
  readonly #random: Random;
  readonly #mix: Mix;
  #left: number;

  constructor(random: Random, now: number, unseenCopies: boolean) {
    this.#random = random;
    this.#mix = drawMix(random, unseenCopies);
    this.#left = this.#mix.max;
    this.horizon = now + this.#mix.horizonMs;
    this.skewed = this.#mix.skew > 0;
  }

  io({ name, at }: IoCall): IoFault | undefined {
    const kinds = name === 'effect' ? this.#mix.effectKinds : this.#mix.ioKinds;
    if (!this.#happens(at, this.#mix.io) || kinds.length === 0) return undefined;
    const kind = this.#random.pick(kinds);
    this.#left -= 1;
    if (kind === 'slow') return { kind, ms: this.#random.between(200, this.#random.pick([2_000, 20_000, 100_000])) };
    if (kind === 'zombie_before' || kind === 'zombie_after') return { kind, ms: this.#pauseMs() };
    return { kind };
  }

  delivery(at: number): DeliveryFault | undefined {
    if (!this.#happens(at, this.#mix.delivery)) return undefined;
    this.#left -= 1;
    if (this.#random.chance(0.3))
      return { kind: 'visibility_expired', afterMs: this.#random.between(100, 2 * LEASE_MS) };
    const spreadMs = this.#random.pick([20, 1_000, LEASE_MS + 5_000]);
    const copies = this.#random.between(1, 4);
    const afterMs = Array.from({ length: copies }, () => this.#random.between(0, spreadMs));
    return { kind: 'duplicate_delivery', afterMs, unseen: this.#mix.unseenCopies && this.#random.chance(0.3) };
  }

  messageDelayMs(at: number): number {
    if (!this.#happens(at, this.#mix.delay)) return 0;
    return this.#random.between(100, this.#random.pick([1_000, 30_000, 5 * MINUTE_MS]));
  }

  timerDelaysMs(at: number): readonly number[] {
    if (at >= this.horizon) return [0];
    const late = () =>
      this.#random.chance(0.1) ? this.#random.between(60_000, 30 * MINUTE_MS) : this.#random.between(0, 60_000);
    return this.#random.chance(this.#mix.delivery) ? [late(), late()] : [late()];
  }

  indexLagMs(at: number): number {
    return at < this.horizon && this.#mix.staleIndex ? this.#random.between(0, INDEX_LAG_MAX_MS) : 0;
  }

  skewMs(at: number): number {
    if (at >= this.horizon || !this.#random.chance(this.#mix.skew)) return 0;
    return this.#random.between(-SKEW_MAX_MS, SKEW_MAX_MS);
  }

  #happens(at: number, probability: number): boolean {
    return at < this.horizon && this.#left > 0 && this.#random.chance(probability);
  }

  /** Beyond a lease, beyond the visibility timeout, or just long. */
  #pauseMs(): number {
    const kind = this.#random.next();
    if (kind < 0.2) return VISIBILITY_MS + this.#random.between(1, MINUTE_MS);
    return kind < 0.7 ? LEASE_MS + this.#random.between(-2_000, 20_000) : this.#random.between(1_000, 15 * MINUTE_MS);
  }
}

interface Mix {
  readonly io: number;
  readonly ioKinds: readonly (typeof IO_KINDS)[number][];
  readonly effectKinds: readonly (typeof IO_KINDS)[number][];
  readonly delivery: number;
  readonly delay: number;
  readonly staleIndex: boolean;
  readonly skew: number;
  readonly unseenCopies: boolean;
  readonly horizonMs: number;
  readonly max: number;
}

function drawMix(random: Random, unseenCopies: boolean): Mix {
  const calm = random.chance(0.05);
  const ioKinds = IO_KINDS.filter(() => random.chance(0.6));
  return {
    io: calm ? 0 : random.pick([0.005, 0.01, 0.02, 0.05, 0.1, 0.3]),
    ioKinds,
    // What a target answers is the node's business; that its worker dies or stands still around it is ours.
    effectKinds: ioKinds.filter((kind) => kind.startsWith('crash') || kind === 'zombie_after'),
    delivery: calm ? 0 : random.pick([0, 0.02, 0.1, 0.3]),
    delay: calm ? 0 : random.pick([0, 0.05, 0.15]),
    staleIndex: random.chance(0.7),
    skew: calm || random.chance(0.7) ? 0 : random.pick([0.1, 0.5, 1]),
    unseenCopies,
    horizonMs: random.pick([2_000, 30_000, 5 * MINUTE_MS, 2 * VISIBILITY_MS, 6 * VISIBILITY_MS]),
    max: random.pick([1, 2, 4, 10, 50, 100]),
  };
}
