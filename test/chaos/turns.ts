/** Lets what has the same name happen one after the other, in the order in which it was asked for. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  async take<T>(name: string, run: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name);
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    this.#last.set(name, over);
    await before;
    try {
      return await run();
    } finally {
      end();
      if (this.#last.get(name) === over) this.#last.delete(name);
    }
  }
}
