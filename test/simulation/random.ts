import { seededRandom } from '../support/orders.ts';

/** The only source of chance in a simulation. Each concern takes a stream of its own, so that one's draws do not move another's. */
export class Random {
  readonly #seed: number;
  readonly #next: () => number;

  constructor(seed: number) {
    this.#seed = seed;
    this.#next = seededRandom(seed);
    // Neighbouring seeds start alike.
    this.#next();
    this.#next();
  }

  /** A stream that depends on the seed and the name alone. */
  stream(name: string): Random {
    let hash = 0x811c9dc5;
    for (const letter of `${this.#seed}/${name}`) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193);
    return new Random(hash >>> 0);
  }

  /** Uniform in [0, 1). */
  next(): number {
    return this.#next();
  }

  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  /** Uniform among the integers from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.#next() * (high - low + 1));
  }

  pick<T>(items: readonly T[]): T {
    const item = items[Math.floor(this.#next() * items.length)];
    if (item === undefined) throw new Error('there is nothing to pick from');
    return item;
  }

  /** Removes one item. */
  take<T>(items: T[]): T {
    const [item] = items.splice(Math.floor(this.#next() * items.length), 1);
    if (item === undefined) throw new Error('there is nothing to take');
    return item;
  }
}
