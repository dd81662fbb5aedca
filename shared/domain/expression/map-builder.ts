import { fail, quoteKey } from './trouble.ts';
import { isForbiddenKey, type Value, type ValueMap } from './value.ts';

/** The only way a map is built: keys that reach into JavaScript's objects never get in. */
export class MapBuilder {
  readonly #entries: Record<string, Value> = {};

  set(key: string, value: Value): void {
    if (isForbiddenKey(key)) fail(`the key ${quoteKey(key)} is not allowed`);
    this.#entries[key] = value;
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#entries, key);
  }

  get map(): ValueMap {
    return this.#entries;
  }
}
