/** For so few keys a list is cheaper than a Set: 300,000 small objects would make as many of them. */
const LINEAR_KEYS_MAX = 8;

/** The keys of one mapping so far. Most mappings have a handful, a `nodes` map has ten thousand. */
export class KeySet {
  readonly #few: string[] = [];
  #many: Set<string> | undefined;

  /** False when the key was there. */
  add(key: string): boolean {
    if (this.#many !== undefined) {
      if (this.#many.has(key)) return false;
      this.#many.add(key);
      return true;
    }
    if (this.#few.includes(key)) return false;
    this.#few.push(key);
    if (this.#few.length > LINEAR_KEYS_MAX) this.#many = new Set(this.#few);
    return true;
  }
}
