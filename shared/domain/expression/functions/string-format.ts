import type { Meter } from '../meter.ts';
import { textOf } from '../rendering.ts';
import { fail } from '../trouble.ts';
import { describeKind, kindOf, type Value } from '../value.ts';

const CLAUSE = /%(?:\.(\d{1,3}))?(.)/gs;
const PRECISION_MAX = 100;

/** CEL's `"%s costs %.2f".format([…])`: `%s %d %f %e %x %X %o %b`, `%%`; `%.3f` and `%.3e` take a precision. */
export function formatText(meter: Meter, pattern: string, args: readonly Value[]): string {
  meter.spend(pattern.length);
  let next = 0;
  let from = 0;
  let length = 0;
  const pieces: string[] = [];
  const push = (piece: string): void => {
    length += piece.length;
    // Before it is built: each piece may be long, and there may be thousands.
    meter.text(piece.length);
    pieces.push(piece);
  };
  for (const match of pattern.matchAll(CLAUSE)) {
    push(pattern.slice(from, match.index));
    from = match.index + match[0].length;
    const letter = match[2] as string;
    if (letter === '%') {
      push('%');
      continue;
    }
    const value = args[next];
    if (value === undefined) return fail(`format(): no value for clause ${next + 1}, the list has ${args.length}`);
    next += 1;
    push(clause(meter, letter, match[1], value));
  }
  push(pattern.slice(from));
  meter.text(length);
  return pieces.join('');
}

function clause(meter: Meter, letter: string, precision: string | undefined, value: Value): string {
  if (letter === 's') return textOf(value, meter) ?? 'null';
  if (typeof value !== 'number') return fail(`format(): %${letter} takes a number, got ${describeKind(kindOf(value))}`);
  const digits = Math.min(Number(precision ?? 6), PRECISION_MAX);
  switch (letter) {
    case 'f':
      return value.toFixed(digits);
    case 'e':
      return value.toExponential(digits);
    case 'd':
      return wholeNumber(value).toString();
    case 'x':
      return wholeNumber(value).toString(16);
    case 'X':
      return wholeNumber(value).toString(16).toUpperCase();
    case 'o':
      return wholeNumber(value).toString(8);
    case 'b':
      return wholeNumber(value).toString(2);
    default:
      return fail(`format(): unknown clause %${letter}`);
  }
}

function wholeNumber(value: number): number {
  return Number.isInteger(value) ? value : fail('format(): %d, %x, %o and %b take whole numbers');
}
