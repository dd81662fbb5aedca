import { BYTES } from './bounds.ts';
import type { Meter } from './meter.ts';
import { Instant, isList, isMap, kindOf, Optional, Span, TypeName, type Value } from './value.ts';

/** CEL's `==`: deep, and false across kinds. Metered per element, since both sides may be megabytes of data. */
export function equal(a: Value, b: Value, meter: Meter): boolean {
  meter.step();
  if (typeof a === 'string' && typeof b === 'string') {
    // Strings of different length differ without a look at them.
    if (a.length !== b.length) return false;
    meter.scan(a.length);
    return a === b;
  }
  if (a === b) return true;
  if (isList(a)) return isList(b) && equalLists(a, b, meter);
  if (a instanceof Instant) return b instanceof Instant && a.ms === b.ms;
  if (a instanceof Span) return b instanceof Span && a.ms === b.ms;
  if (a instanceof TypeName) return b instanceof TypeName && a.name === b.name;
  if (a instanceof Optional) return b instanceof Optional && equalOptionals(a, b, meter);
  return isMap(a) && isMap(b) && equalMaps(a, b, meter);
}

function equalLists(a: readonly Value[], b: readonly Value[], meter: Meter): boolean {
  return a.length === b.length && a.every((item, index) => equal(item, b[index] ?? null, meter));
}

/** From about here on V8 keeps a map's keys in a hash table: listing them takes longer than comparing small values. */
const WIDE = 500;

function equalMaps(a: { readonly [key: string]: Value }, b: { readonly [key: string]: Value }, meter: Meter): boolean {
  const keys = Object.keys(a);
  meter.spend(keys.length * (keys.length > WIDE ? 8 : 2));
  meter.allocate(keys.length * BYTES.character);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && equal(a[key] ?? null, b[key] ?? null, meter));
}

function equalOptionals(a: Optional, b: Optional, meter: Meter): boolean {
  if (a.value === undefined || b.value === undefined) return a.value === b.value;
  return equal(a.value, b.value, meter);
}

/**
 * A text that is the same for values that are `equal`: what `distinct` looks up, instead of comparing each with each.
 * Metered through `meter.text`.
 */
export function identityOf(value: Value, meter: Meter): string {
  meter.step();
  if (isList(value))
    return joined(
      '[',
      value.map((item) => identityOf(item, meter)),
      ']',
      meter,
    );
  if (isMap(value)) {
    const keys = Object.keys(value);
    meter.list(keys.length);
    const members = keys.sort().map((key) => `${JSON.stringify(key)}:${identityOf(value[key] ?? null, meter)}`);
    return joined('{', members, '}', meter);
  }
  if (value instanceof Instant || value instanceof Span) return `${kindOf(value)}:${value.ms}`;
  if (value instanceof TypeName) return `type:${value.name}`;
  if (value instanceof Optional) return value.value === undefined ? 'none' : `some:${identityOf(value.value, meter)}`;
  if (typeof value === 'string') {
    meter.text(value.length + 2);
    return JSON.stringify(value);
  }
  // -0 and 0 are equal.
  return typeof value === 'number' ? String(value + 0) : String(value);
}

function joined(open: string, parts: readonly string[], close: string, meter: Meter): string {
  meter.text(parts.reduce((length, part) => length + part.length + 1, 2));
  return `${open}${parts.join(',')}${close}`;
}
