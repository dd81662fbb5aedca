import type { Json } from '../domain/json.ts';

const encoder = new TextEncoder();

/** UTF-8 bytes of the compact JSON text. */
export function jsonBytes(value: Json): number {
  return encoder.encode(JSON.stringify(value)).length;
}

/** These, if they are more than that; else undefined. Small values, by far the most, are not written down to find out. */
export function jsonBytesAbove(value: Json, bytesMax: number): number | undefined {
  if (boundOf(value, bytesMax, BOUND_DEPTH_MAX) <= bytesMax) return undefined;
  const bytes = jsonBytes(value);
  return bytes > bytesMax ? bytes : undefined;
}

/** Below that the text itself is asked; no stack is deep enough for every value. */
const BOUND_DEPTH_MAX = 16;
/** `\u0000` */
const CHARACTER_BYTES_MAX = 6;
/** As many digits as a double can have, with sign, point and exponent; longer than `false` and `null`. */
const NUMBER_BYTES_MAX = 25;
/** Quotes or brackets, colon and comma. */
const PUNCTUATION_BYTES = 4;

/** No fewer bytes than the value's text has; what is more than `enough` need not be looked at to the end. */
function boundOf(value: Json, enough: number, depth: number): number {
  if (typeof value === 'string') return value.length * CHARACTER_BYTES_MAX + PUNCTUATION_BYTES;
  if (typeof value !== 'object' || value === null) return NUMBER_BYTES_MAX + PUNCTUATION_BYTES;
  if (depth === 0) return Infinity;
  let sum = PUNCTUATION_BYTES;
  // Of a list's members the keys are counted too: it is a bound.
  for (const [key, member] of Object.entries(value)) {
    sum += key.length * CHARACTER_BYTES_MAX + PUNCTUATION_BYTES + boundOf(member, enough, depth - 1);
    if (sum > enough) break;
  }
  return sum;
}
