import { BOUNDS } from '../bounds.ts';
import type { Meter } from '../meter.ts';
import { matches } from '../regex.ts';
import { fail } from '../trouble.ts';
import { describeKind, kindOf, type Value } from '../value.ts';
import { offsetOf, pointsBefore } from './code-points.ts';
import { define, type Signature } from './signature.ts';
import { formatText } from './string-format.ts';

function offset(what: string, meter: Meter, text: string, at: number): number {
  return offsetOf(meter, text, at) ?? fail(`${what}(): position ${at} is outside the text`);
}

function substring(meter: Meter, text: string, from: number, to?: number): string {
  const start = offset('substring', meter, text, from);
  const end = to === undefined ? text.length : offset('substring', meter, text, to);
  if (start > end) return fail(`substring(): position ${from} lies behind ${to}`);
  meter.text(end - start);
  return text.slice(start, end);
}

function indexOf(meter: Meter, text: string, part: string, from = 0): number {
  meter.search(text.length, part.length);
  return position(meter, text, text.indexOf(part, offset('indexOf', meter, text, from)));
}

function lastIndexOf(meter: Meter, text: string, part: string, from?: number): number {
  meter.search(text.length, part.length);
  return position(
    meter,
    text,
    text.lastIndexOf(part, from === undefined ? text.length : offset('lastIndexOf', meter, text, from)),
  );
}

function position(meter: Meter, text: string, found: number): number {
  return found < 0 ? -1 : pointsBefore(meter, text, found);
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
  meter.scan(text.length * 2);
  if (!/\P{ASCII}/u.test(text)) return change(text);
  meter.spend(text.length);
  meter.allocate(text.length * 32);
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
