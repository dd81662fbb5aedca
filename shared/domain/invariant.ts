export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** A broken invariant is a bug in Stepwell: it stops the work at hand loudly and is never handled as data. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (condition === false || condition === null || condition === undefined) throw new InvariantError(message);
}

/** Exhaustiveness check of a `switch` over a union. */
export function unreachable(value: never): never {
  throw new InvariantError(`unreachable case: ${String(value)}`);
}
