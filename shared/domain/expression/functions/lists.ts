import { BOUNDS } from '../bounds.ts';
import { identityOf } from '../equality.ts';
import type { Meter } from '../meter.ts';
import { compare } from '../operators.ts';
import { fail } from '../trouble.ts';
import { isList, type Value } from '../value.ts';
import { define, type Signature } from './signature.ts';

/** The smallest (`-1`) or largest (`1`) of values that can be compared with each other. */
function extreme(name: string, sign: 1 | -1) {
  return (meter: Meter, list: readonly Value[]): Value => {
    const first = list[0];
    if (first === undefined) return fail(`${name}(): the list is empty`);
    // Compared with itself too, so that a single map is refused like two of them.
    return list.reduce((best, item) => {
      meter.step();
      return compare(name, item, best, meter) * sign > 0 ? item : best;
    }, first);
  };
}

/** Stable. Every comparison is metered. */
export function sortedBy(meter: Meter, name: string, list: readonly Value[], keys: readonly Value[]): readonly Value[] {
  meter.list(list.length);
  const pairs = list.map((item, index) => ({ item, key: keys[index] ?? null }));
  const [only] = pairs;
  // A list of one is never compared: it must not pass where a list of two fails.
  if (only !== undefined) compare(name, only.key, only.key, meter);
  pairs.sort((a, b) => {
    meter.step();
    return compare(name, a.key, b.key, meter);
  });
  return pairs.map((pair) => pair.item);
}

function distinct(meter: Meter, list: readonly Value[]): readonly Value[] {
  meter.list(list.length);
  const seen = new Set<string>();
  return list.filter((item) => {
    const identity = identityOf(item, meter);
    if (seen.has(identity)) return false;
    meter.allocate(48);
    seen.add(identity);
    return true;
  });
}

function flatten(meter: Meter, list: readonly Value[], depth = 1): readonly Value[] {
  if (!Number.isInteger(depth) || depth < 1) return fail('flatten(): the depth must be 1 or more');
  let flat = list;
  for (let level = 0; level < depth && flat.some(isList); level += 1) {
    meter.list(flat.reduce<number>((length, item) => length + (isList(item) ? item.length : 1), 0));
    flat = flat.flat();
  }
  return flat;
}

function slice(meter: Meter, list: readonly Value[], from: number, to = list.length): readonly Value[] {
  const valid = Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to <= list.length;
  if (!valid) return fail(`slice(): ${from} to ${to} is not within 0 and ${list.length}`);
  meter.list(to - from);
  return list.slice(from, to);
}

function range(meter: Meter, length: number): readonly Value[] {
  if (!Number.isInteger(length) || length < 0) return fail('lists.range(): needs a whole number, 0 or more');
  if (length > BOUNDS.rangeLengthMax) return fail(`lists.range(): at most ${BOUNDS.rangeLengthMax}`);
  meter.list(length);
  return Array.from({ length }, (_, index) => index);
}

export const LIST_FUNCTIONS: readonly Signature[] = [
  define('min', ['list'], 'dyn', extreme('min', -1)),
  define('max', ['list'], 'dyn', extreme('max', 1)),
  define('sort', ['list'], 'list', (meter, list) => sortedBy(meter, 'sort', list, list)),
  define('distinct', ['list'], 'list', distinct),
  define('flatten', ['list'], 'list', flatten),
  define('flatten', ['list', 'number'], 'list', flatten),
  define('slice', ['list', 'number'], 'list', slice),
  define('slice', ['list', 'number', 'number'], 'list', slice),
  define('lists.range', ['number'], 'list', range),
];
