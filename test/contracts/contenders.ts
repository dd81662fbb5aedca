/** How many compete for one condition. */
const MANY = 50;

/** What became of each of {@link MANY} who wanted the same at once. */
export function contend<T>(attempt: (contender: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: MANY }, (_, contender) => attempt(contender)));
}
