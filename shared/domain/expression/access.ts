import { fail, quoteKey, Trouble } from './trouble.ts';
import { describeKind, isForbiddenKey, isList, isMap, kindOf, Optional, type Value } from './value.ts';

/** Reading a part of a value: `a.b`, `a["b"]`, `a[0]`, and their optional forms. Own properties only, whatever the key. */
const NONE = new Optional(undefined);

/** `at` is the access as the user wrote it: `nodes.a.output.total`. */
export function read(target: Value, key: Value, at: string): Value {
  // Once a path is optional, the rest of it is.
  if (target instanceof Optional) return readOptional(target, key, at);
  const found = find(target, key, at);
  if (found !== undefined) return found;
  throw new Trouble(
    'missing',
    isList(target) ? `${at}: index ${nameOf(key)} is out of bounds` : `${at}: no such key ${nameOf(key)}`,
  );
}

export function readOptional(target: Value, key: Value, at: string): Optional {
  if (target instanceof Optional) return target.value === undefined ? NONE : readOptional(target.value, key, at);
  if (target === null) return NONE;
  const found = find(target, key, at);
  return found === undefined ? NONE : new Optional(found);
}

/** Undefined where there is nothing; trouble where there never could be. */
export function find(target: Value, key: Value, at: string): Value | undefined {
  if (typeof key === 'string' && isForbiddenKey(key)) return fail(`${at}: the key ${quoteKey(key)} is not allowed`);
  if (isMap(target)) {
    if (typeof key !== 'string') return fail(`${at}: a map is read by a string, not by ${describeKind(kindOf(key))}`);
    return Object.hasOwn(target, key) ? target[key] : undefined;
  }
  if (isList(target)) {
    if (typeof key !== 'number' || !Number.isInteger(key))
      return fail(`${at}: a list is read by a whole number, not by ${nameOf(key)}`);
    return key >= 0 ? target[key] : undefined;
  }
  // Null is often the absence of a map: `coalesce` tolerates it like a missing key.
  if (target === null) throw new Trouble('missing', `${at}: ${nameOf(key)} cannot be read from null`);
  return fail(`${at}: ${nameOf(key)} cannot be read from ${describeKind(kindOf(target))}`);
}

function nameOf(key: Value): string {
  return typeof key === 'string' || typeof key === 'number' ? quoteKey(key) : describeKind(kindOf(key));
}
