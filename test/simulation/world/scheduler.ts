import type { Random } from '../random.ts';

/** The start of virtual time; any instant will do. */
export const EPOCH = 1_700_000_000_000;

interface Event {
  readonly time: number;
  /** Decides among events of one instant. */
  readonly tie: number;
  readonly number: number;
  readonly run: () => void;
}

/**
 * Virtual time: a heap of events, taken in the order of their times and by lot among those of one instant. Whatever an
 * event sets off in promises has ended before the next one is taken, so a run is a function of its seed.
 */
export class Scheduler {
  #now = EPOCH;
  #scheduled = 0;
  #steps = 0;
  readonly #heap: Event[] = [];
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** True time, in ms. */
  get now(): number {
    return this.#now;
  }

  /** Events taken so far. */
  get steps(): number {
    return this.#steps;
  }

  at(time: number, run: () => void): void {
    this.#scheduled += 1;
    const event = { time: Math.max(this.#now, time), tie: this.#random.next(), number: this.#scheduled, run };
    this.#heap.push(event);
    this.#rise(this.#heap.length - 1);
  }

  after(ms: number, run: () => void): void {
    this.at(this.#now + ms, run);
  }

  /** Takes events until `done` says so, none is left, or the next one lies beyond `until`; false in the last case. */
  async run(done: () => boolean, until: number, stepsMax: number): Promise<boolean> {
    while (!done()) {
      const next = this.#heap[0];
      if (next === undefined) return true;
      if (next.time > until || this.#steps >= stepsMax) return false;
      this.#pop();
      this.#now = next.time;
      this.#steps += 1;
      next.run();
      await settled();
    }
    return true;
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  #rise(start: number): void {
    for (let at = start; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfLess(at, parent)) return;
      at = parent;
    }
  }

  #sink(start: number): void {
    for (let at = start; ;) {
      const left = 2 * at + 1;
      const right = left + 1;
      const first = right < this.#heap.length && this.#isLess(right, left) ? right : left;
      if (first >= this.#heap.length || !this.#swapIfLess(first, at)) return;
      at = first;
    }
  }

  #swapIfLess(one: number, other: number): boolean {
    if (!this.#isLess(one, other)) return false;
    const event = this.#heap[one]!;
    this.#heap[one] = this.#heap[other]!;
    this.#heap[other] = event;
    return true;
  }

  #isLess(one: number, other: number): boolean {
    const a = this.#heap[one]!;
    const b = this.#heap[other]!;
    return a.time - b.time < 0 || (a.time === b.time && (a.tie < b.tie || (a.tie === b.tie && a.number < b.number)));
  }
}

/** All ports answer by events of the scheduler, so once the microtasks have run nothing more happens by itself. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
