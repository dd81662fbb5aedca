import { type Civil, civilToMs, msToCivil, parseOffset } from './instants.ts';
import type { Meter } from './meter.ts';
import { fail } from './trouble.ts';

/** Wall clocks: IANA names through Intl (whose zone data is the only thing here that differs between machines), or `+05:30`. */
const HOUR_MS = 3_600_000;
const CALENDARS_MAX = 64;
const calendars = new Map<string, Intl.DateTimeFormat>();

export function civilIn(meter: Meter, ms: number, zone: string): Civil {
  return msToCivil(ms + offsetAt(meter, ms, zone));
}

/**
 * When a wall clock in that zone shows this. A time that the clock skips moves forward by what is skipped, one that
 * comes twice is the first: what Temporal calls "compatible".
 */
export function fromWallClock(meter: Meter, civil: Civil, zone: string): number {
  const local = civilToMs(civil);
  const before = local - offsetAt(meter, local - 24 * HOUR_MS, zone);
  const after = local - offsetAt(meter, local + 24 * HOUR_MS, zone);
  if (before + offsetAt(meter, before, zone) === local) return before;
  return after + offsetAt(meter, after, zone) === local ? after : before;
}

export function offsetAt(meter: Meter, ms: number, zone: string): number {
  if (zone === 'UTC') return 0;
  const fixed = parseOffset(zone);
  if (fixed !== undefined) return fixed;
  meter.zone(zone);
  const second = Math.floor(ms / 1_000) * 1_000;
  const fields = new Map(
    calendarOf(zone)
      .formatToParts(second)
      .map((part) => [part.type, Number(part.value)]),
  );
  const field = (name: Intl.DateTimeFormatPartTypes): number => fields.get(name) as number;
  const shown = civilToMs({
    year: field('year'),
    month: field('month'),
    day: field('day'),
    hour: field('hour'),
    minute: field('minute'),
    second: field('second'),
    millisecond: 0,
  });
  return shown - second;
}

function calendarOf(zone: string): Intl.DateTimeFormat {
  const known = calendars.get(zone);
  if (known !== undefined) return known;
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(zone))
    return fail('the time zone is not an IANA name such as Europe/Berlin');
  let calendar: Intl.DateTimeFormat;
  try {
    calendar = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    return fail('the time zone is unknown: an IANA name such as Europe/Berlin is needed');
  }
  if (calendars.size >= CALENDARS_MAX) calendars.clear();
  calendars.set(zone, calendar);
  return calendar;
}
