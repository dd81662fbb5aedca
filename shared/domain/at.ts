import { InvariantError } from './invariant.ts';

/**
 * The element at an index that is known to be there; one that is not is a bug, said loudly instead of defaulted away.
 * In inner loops: the message is made only when it is needed.
 */
export function at<T>(list: ArrayLike<T>, index: number): NonNullable<T> {
  const element = list[index];
  if (element === undefined || element === null)
    throw new InvariantError(`there is no element ${index} of ${list.length}`);
  return element;
}

/** The value under a key that is known to be there. */
export function valueOf<K, V>(map: ReadonlyMap<K, V>, key: K): NonNullable<V> {
  const value = map.get(key);
  if (value === undefined || value === null) throw new InvariantError(`there is no ${String(key)} in the map`);
  return value;
}
