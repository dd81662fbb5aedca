import type { Item } from './attributes.ts';
import type { ItemKey } from './keys.ts';

/** Requests under way before those that come wait for each other. */
const UNDER_WAY_MAX = 1;
/** BatchGetItem's limit. */
export const BATCH_GET_MAX = 100;

/** Reads items strongly; tells of each as soon as it is known, and of all before it ends. */
type ReadItems = (keys: readonly ItemKey[], found: Found) => Promise<void>;
export type Found = (key: ItemKey, answer: Read) => void;

/** What is there, if anything, and what it cost to read. */
export interface Read {
  readonly item: Item | undefined;
  readonly readUnits: number;
}

interface Wanted {
  readonly key: ItemKey;
  readonly answer: PromiseWithResolvers<Read>;
  /** How many wait for it: they share what it costs. */
  waiters: number;
}

/**
 * Reads of single items by many at once: what is asked for in one turn of the event loop, or while enough requests are under
 * way, leaves as one request. The units are the same; a busy worker makes a fraction of the requests, and each takes a third
 * of a millisecond of its CPU.
 *
 * R1. A read leaves after it was asked for: it sees every write that was acknowledged before, and one that leaves with a write
 *     is not older than that.
 * R2. Nobody waits for another's item: each is handed out as soon as it is known.
 */
export class GatheredReads {
  readonly #read: ReadItems;
  #waiting = new Map<string, Wanted>();
  #underWay = 0;

  constructor(read: ReadItems) {
    this.#read = read;
  }

  get(key: ItemKey): Promise<Read> {
    const name = nameOf(key);
    const waiting = this.#waiting.get(name);
    if (waiting !== undefined) {
      waiting.waiters += 1;
      return waiting.answer.promise;
    }
    const wanted = { key, answer: Promise.withResolvers<Read>(), waiters: 1 };
    // Not before the turn is over: a write that leaves in it is on its way while this is put together.
    if (this.#waiting.size === 0) setImmediate(() => this.#leave());
    this.#waiting.set(name, wanted);
    return wanted.answer.promise;
  }

  #leave(): void {
    while (this.#waiting.size > 0 && this.#underWay < UNDER_WAY_MAX) {
      const leaving = new Map([...this.#waiting].slice(0, BATCH_GET_MAX));
      for (const name of leaving.keys()) this.#waiting.delete(name);
      this.#underWay += 1;
      void this.#send(leaving);
    }
  }

  async #send(leaving: ReadonlyMap<string, Wanted>): Promise<void> {
    const keys = [...leaving.values()].map(({ key }) => key);
    try {
      await this.#read(keys, (key, { item, readUnits }) => {
        const wanted = leaving.get(nameOf(key));
        wanted?.answer.resolve({ item, readUnits: readUnits / wanted.waiters });
      });
    } catch (error) {
      // Those that have their answer keep it.
      for (const { answer } of leaving.values()) answer.reject(error);
    } finally {
      this.#underWay -= 1;
      this.#leave();
    }
  }
}

function nameOf({ pk, sk }: ItemKey): string {
  return `${pk}\n${sk}`;
}
