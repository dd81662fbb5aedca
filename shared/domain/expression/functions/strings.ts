import { BOUNDS } from '../bounds.ts';
import type { Meter } from '../meter.ts';
import { matches } from '../regex.ts';
import { fail } from '../trouble.ts';
import { describeKind, kindOf, type Value } from '../value.ts';
import { define, type Signature } from './signature.ts';
import { formatText } from './string-format.ts';

/** Positions count code points, as CEL's do; a string without surrogates has them equal to UTF-16 units. */
const SURROGATE = /[\ud800-\udfff]/;

function codePoints(meter: Meter, text: string): readonly string[] | undefined {
  meter.scan(text.length);
  if (!SURROGATE.test(text)) return undefined;
  meter.list(text.length);
  return Array.from(text);
}

export function codePointLength(meter: Meter, text: string): number {
  return codePoints(meter, text)?.length ?? text.length;
}

function position(what: string, value: number, length: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= length) return value;
  return fail(`${what}(): position ${value} is not within 0 and ${length}`);
}

function substring(meter: Meter, text: string, from: number, to?: number): string {
  const points = codePoints(meter, text);
  const length = points?.length ?? text.length;
  const start = position('substring', from, length);
  const end = position('substring', to ?? length, length);
  if (start > end) return fail(`substring(): ${start} lies behind ${end}`);
  meter.text(end - start);
  return points === undefined ? text.slice(start, end) : points.slice(start, end).join('');
}

/** UTF-16 offset ⇄ code point position, only where they differ. */
function unitOffset(points: readonly string[] | undefined, at: number): number {
  return points === undefined ? at : points.slice(0, at).join('').length;
}

function pointPosition(points: readonly string[] | undefined, text: string, offset: number): number {
  return points === undefined || offset < 0 ? offset : Array.from(text.slice(0, offset)).length;
}

function indexOf(meter: Meter, text: string, part: string, from = 0): number {
  meter.search(text.length, part.length);
  const points = codePoints(meter, text);
  const start = position('indexOf', from, points?.length ?? text.length);
  return pointPosition(points, text, text.indexOf(part, unitOffset(points, start)));
}

function lastIndexOf(meter: Meter, text: string, part: string, from?: number): number {
  meter.search(text.length, part.length);
  const points = codePoints(meter, text);
  const length = points?.length ?? text.length;
  const start = position('lastIndexOf', from ?? length, length);
  return pointPosition(points, text, text.lastIndexOf(part, unitOffset(points, start)));
}

function replace(meter: Meter, text: string, old: string, by: string, limit = Number.MAX_SAFE_INTEGER): string {
  meter.search(text.length, old.length);
  // An empty text to replace stands between all characters, which nobody means and Go and JavaScript count differently.
  if (old === '') return fail('replace(): the text to replace is empty');
  const most = limit < 0 ? Number.MAX_SAFE_INTEGER : limit;
  const pieces: string[] = [];
  let from = 0;
  let length = text.length;
  for (let at = text.indexOf(old); at >= 0 && pieces.length / 2 < most; at = text.indexOf(old, from)) {
    length += by.length - old.length;
    if (length > BOUNDS.stringLengthMax + text.length) meter.text(length);
    meter.spend(2);
    pieces.push(text.slice(from, at), by);
    from = at + old.length;
  }
  pieces.push(text.slice(from));
  meter.allocate(pieces.length * 32);
  meter.text(length);
  return pieces.join('');
}

function split(meter: Meter, text: string, separator: string, limit?: number): readonly string[] {
  meter.search(text.length, separator.length);
  // Counted before anything is built: a megabyte split at '' makes a million strings.
  meter.list(separator === '' ? text.length : occurrences(meter, text, separator) + 1);
  meter.text(Math.min(text.length, BOUNDS.stringLengthMax));
  const parts = separator === '' ? Array.from(text) : text.split(separator);
  if (limit === undefined || limit < 0 || parts.length <= limit) return parts;
  if (limit === 0) return [];
  return [...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)];
}

function occurrences(meter: Meter, text: string, part: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) {
    meter.step();
    count += 1;
  }
  return count;
}

function join(meter: Meter, list: readonly Value[], separator = ''): string {
  const parts: string[] = [];
  let length = 0;
  meter.list(list.length);
  for (const item of list) {
    if (typeof item !== 'string')
      return fail(`join(): the list holds ${describeKind(kindOf(item))}, only strings can be joined`);
    length += item.length + separator.length;
    if (length > BOUNDS.stringLengthMax + separator.length) meter.text(length);
    parts.push(item);
  }
  meter.text(length);
  return parts.join(separator);
}

/** Only A–Z and a–z change, as CEL says: no locale, no `İ` that grows. */
function ascii(meter: Meter, text: string, letters: RegExp, change: (run: string) => string): string {
  meter.text(text.length);
  meter.spend(Math.ceil(text.length / 2));
  return text.replace(letters, change);
}

export const STRING_FUNCTIONS: readonly Signature[] = [
  define('contains', ['string', 'string'], 'bool', (meter, text, part) => {
    meter.search(text.length, part.length);
    return text.includes(part);
  }),
  define('startsWith', ['string', 'string'], 'bool', (meter, text, part) => {
    meter.scan(part.length);
    return text.startsWith(part);
  }),
  define('endsWith', ['string', 'string'], 'bool', (meter, text, part) => {
    meter.scan(part.length);
    return text.endsWith(part);
  }),
  define('matches', ['string', 'string'], 'bool', matches),
  define('substring', ['string', 'number'], 'string', substring),
  define('substring', ['string', 'number', 'number'], 'string', substring),
  define('indexOf', ['string', 'string'], 'number', indexOf),
  define('indexOf', ['string', 'string', 'number'], 'number', indexOf),
  define('lastIndexOf', ['string', 'string'], 'number', lastIndexOf),
  define('lastIndexOf', ['string', 'string', 'number'], 'number', lastIndexOf),
  define('replace', ['string', 'string', 'string'], 'string', replace),
  define('replace', ['string', 'string', 'string', 'number'], 'string', replace),
  define('split', ['string', 'string'], 'list', split),
  define('split', ['string', 'string', 'number'], 'list', split),
  define('join', ['list'], 'string', join),
  define('join', ['list', 'string'], 'string', join),
  define('trim', ['string'], 'string', (meter, text) => {
    meter.text(text.length);
    meter.scan(text.length);
    return text.trim();
  }),
  define('lowerAscii', ['string'], 'string', (meter, text) =>
    ascii(meter, text, /[A-Z]+/g, (run) => run.toLowerCase()),
  ),
  define('upperAscii', ['string'], 'string', (meter, text) =>
    ascii(meter, text, /[a-z]+/g, (run) => run.toUpperCase()),
  ),
  define('format', ['string', 'list'], 'string', formatText),
];
