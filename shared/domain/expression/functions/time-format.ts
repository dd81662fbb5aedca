import { type Civil, dayOfWeek, msToCivil } from '../instants.ts';
import type { Meter } from '../meter.ts';
import { fail } from '../trouble.ts';
import type { Instant } from '../value.ts';
import { offsetAt } from '../zones.ts';

/**
 * `t.format("EEE, dd MMM yyyy HH:mm xxx", "Europe/Berlin")`. Letters are those of Unicode's date patterns, names are
 * English whatever the machine's locale: `yyyy yy` · `MMMM MMM MM M` · `dd d` · `EEEE EEE` · `HH H` (0–23) · `hh h` (1–12) ·
 * `mm m` · `ss s` · `SSS` · `a` (AM, PM) · `xxx` (+01:00) · `XXX` (the same, Z for UTC). Other letters stand in 'quotes';
 * `''` is a quote.
 */
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;

interface Shown {
  readonly civil: Civil;
  readonly offsetMs: number;
}

const two = (value: number): string => String(value).padStart(2, '0');
const hour12 = (civil: Civil): number => ((civil.hour + 11) % 12) + 1;
const month = ({ civil }: Shown): string => MONTHS[civil.month - 1] as string;
const weekday = ({ civil }: Shown): string => DAYS[dayOfWeek(civil)] as string;

function offset(offsetMs: number): string {
  const minutes = Math.floor(Math.abs(offsetMs) / 60_000);
  return `${offsetMs < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

const TOKENS: ReadonlyMap<string, (shown: Shown) => string> = new Map([
  ['yyyy', ({ civil }) => String(civil.year).padStart(4, '0')],
  ['yy', ({ civil }) => two(civil.year % 100)],
  ['MMMM', month],
  ['MMM', (shown) => month(shown).slice(0, 3)],
  ['MM', ({ civil }) => two(civil.month)],
  ['M', ({ civil }) => String(civil.month)],
  ['dd', ({ civil }) => two(civil.day)],
  ['d', ({ civil }) => String(civil.day)],
  ['EEEE', weekday],
  ['EEE', (shown) => weekday(shown).slice(0, 3)],
  ['HH', ({ civil }) => two(civil.hour)],
  ['H', ({ civil }) => String(civil.hour)],
  ['hh', ({ civil }) => two(hour12(civil))],
  ['h', ({ civil }) => String(hour12(civil))],
  ['mm', ({ civil }) => two(civil.minute)],
  ['m', ({ civil }) => String(civil.minute)],
  ['ss', ({ civil }) => two(civil.second)],
  ['s', ({ civil }) => String(civil.second)],
  ['SSS', ({ civil }) => String(civil.millisecond).padStart(3, '0')],
  ['a', ({ civil }) => (civil.hour < 12 ? 'AM' : 'PM')],
  ['xxx', ({ offsetMs }) => offset(offsetMs)],
  ['XXX', ({ offsetMs }) => (offsetMs === 0 ? 'Z' : offset(offsetMs))],
]);

/** A quoted text, a run of one letter, or anything else. */
const PIECE = /'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+|'/g;

export function formatInstant(meter: Meter, at: Instant, pattern: string, zone: string): string {
  const offsetMs = offsetAt(meter, at.ms, zone);
  const shown: Shown = { civil: msToCivil(at.ms + offsetMs), offsetMs };
  const text = pattern.replace(PIECE, (piece: string, quoted: string | undefined, letter: string | undefined) => {
    if (quoted !== undefined) return quoted === '' ? "'" : quoted.replaceAll("''", "'");
    if (piece === "'") return fail("format(): a quote ' is not closed");
    if (letter === undefined) return piece;
    return (
      TOKENS.get(piece)?.(shown) ??
      fail(`format(): unknown pattern letters '${piece.slice(0, 20)}'; plain text stands in 'quotes'`)
    );
  });
  meter.text(text.length);
  return text;
}
