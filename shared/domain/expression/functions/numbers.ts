import type { Meter } from '../meter.ts';
import { finite } from '../operators.ts';
import { fail } from '../trouble.ts';
import { define, defineVariadic, type Signature } from './signature.ts';

const DIGITS_MAX = 15;

/** Half away from zero, on the decimal digits that are shown: `round(1.005, 2) == 1.01`, where binary would say 1. */
function round(_meter: Meter, value: number, digits = 0): number {
  if (!Number.isInteger(digits) || digits < 0 || digits > DIGITS_MAX)
    return fail(`round(): digits must be 0 to ${DIGITS_MAX}`);
  const shifted = shiftPoint(Math.abs(value), digits);
  // Beyond 2^53 a double has no fraction to round.
  if (!(shifted < Number.MAX_SAFE_INTEGER)) return value;
  return Math.sign(value) * shiftPoint(Math.round(shifted), -digits) + 0;
}

/** × 10^digits without a multiplication's binary error: the shortest decimal text is moved instead. */
function shiftPoint(value: number, digits: number): number {
  const [mantissa = '0', exponent = '0'] = String(value).split('e');
  return Number(`${mantissa}e${Number(exponent) + digits}`);
}

function least(meter: Meter, values: readonly number[]): number {
  meter.spend(values.length);
  return values.reduce((a, b) => (b < a ? b : a));
}

function greatest(meter: Meter, values: readonly number[]): number {
  meter.spend(values.length);
  return values.reduce((a, b) => (b > a ? b : a));
}

export const NUMBER_FUNCTIONS: readonly Signature[] = [
  define('round', ['number'], 'number', round),
  define('round', ['number', 'number'], 'number', round),
  define('floor', ['number'], 'number', (_meter, value) => Math.floor(value) + 0),
  define('ceil', ['number'], 'number', (_meter, value) => Math.ceil(value) + 0),
  define('abs', ['number'], 'number', (_meter, value) => Math.abs(value)),
  defineVariadic('math.least', 'number', 'number', least),
  defineVariadic('math.greatest', 'number', 'number', greatest),
  define('math.least', ['list'], 'number', (meter, list) => least(meter, numbersOf(meter, 'math.least', list))),
  define('math.greatest', ['list'], 'number', (meter, list) =>
    greatest(meter, numbersOf(meter, 'math.greatest', list)),
  ),
  define('sum', ['list'], 'number', (meter, list) =>
    list.length === 0
      ? 0
      : finite(
          'sum',
          numbersOf(meter, 'sum', list).reduce((a, b) => a + b, 0),
        ),
  ),
];

/** Narrowed without a copy: the list is only read. */
function numbersOf(meter: Meter, name: string, list: readonly unknown[]): readonly number[] {
  meter.spend(list.length);
  if (list.length === 0) return fail(`${name}(): the list is empty`);
  return isNumbers(list) ? list : fail(`${name}(): the list holds something other than numbers`);
}

function isNumbers(list: readonly unknown[]): list is readonly number[] {
  return list.every((item) => typeof item === 'number');
}
