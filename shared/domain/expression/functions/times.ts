import { BOUNDS } from '../bounds.ts';
import { type Civil, civilToMs, dayOfWeek, dayOfYear, instantAt, parseSpan, parseTime } from '../instants.ts';
import type { Meter } from '../meter.ts';
import { fail } from '../trouble.ts';
import type { Instant, Span } from '../value.ts';
import { civilIn, fromWallClock } from '../zones.ts';
import { define, type Signature } from './signature.ts';
import { formatInstant } from './time-format.ts';

/** With an offset, or a bare date, which is midnight UTC. Never the machine's zone. */
function timestamp(_meter: Meter, text: string): Instant {
  const parsed = parseTime(text);
  if (parsed === undefined) return fail('timestamp(): not an RFC 3339 time such as 2026-12-24T18:00:00Z');
  if (parsed.offsetMs === undefined && text.length > 10) {
    return fail('timestamp(): the time has no offset (Z, +01:00): say where it is with timestamp(s, zone)');
  }
  return instantAt(civilToMs(parsed.civil) - (parsed.offsetMs ?? 0));
}

/** What a wall clock in that zone shows. A text that has an offset says already when it is, and the zone changes nothing. */
function timestampIn(meter: Meter, text: string, zone: string): Instant {
  const parsed = parseTime(text);
  if (parsed === undefined) return fail('timestamp(): not a time such as 2026-12-24T18:00:00');
  if (parsed.offsetMs !== undefined) return timestamp(meter, text);
  return instantAt(fromWallClock(meter, parsed.civil, zone));
}

function duration(_meter: Meter, text: string): Span {
  return parseSpan(text) ?? fail('duration(): not a duration such as 90s, 1h30m, 3d or PT15M');
}

/** CEL's getters, each with an optional zone; months, weekdays and `getDayOfMonth` count from 0, `getDate` from 1. */
function getter(name: string, field: (civil: Civil) => number): readonly Signature[] {
  const read = (meter: Meter, at: Instant, zone = 'UTC'): number => field(civilIn(meter, at.ms, zone));
  return [define(name, ['timestamp'], 'number', read), define(name, ['timestamp', 'string'], 'number', read)];
}

const format = (meter: Meter, at: Instant, pattern: string, zone = 'UTC'): string => {
  if (pattern.length > BOUNDS.patternLengthMax)
    return fail(`format(): the pattern is longer than ${BOUNDS.patternLengthMax} characters`);
  meter.spend(50 + pattern.length);
  return formatInstant(meter, at, pattern, zone);
};

export const TIME_FUNCTIONS: readonly Signature[] = [
  define('timestamp', ['string'], 'timestamp', timestamp),
  define('timestamp', ['string', 'string'], 'timestamp', timestampIn),
  define('timestamp', ['number'], 'timestamp', (_meter, seconds) => instantAt(Math.round(seconds * 1_000))),
  define('timestamp', ['timestamp'], 'timestamp', (_meter, at) => at),
  define('duration', ['string'], 'duration', duration),
  define('duration', ['duration'], 'duration', (_meter, span) => span),
  define('format', ['timestamp', 'string'], 'string', format),
  define('format', ['timestamp', 'string', 'string'], 'string', format),
  define('epochMs', ['timestamp'], 'number', (_meter, at) => at.ms),
  ...getter('getFullYear', (civil) => civil.year),
  ...getter('getMonth', (civil) => civil.month - 1),
  ...getter('getDate', (civil) => civil.day),
  ...getter('getDayOfMonth', (civil) => civil.day - 1),
  ...getter('getDayOfWeek', dayOfWeek),
  ...getter('getDayOfYear', dayOfYear),
  ...getter('getHours', (civil) => civil.hour),
  ...getter('getMinutes', (civil) => civil.minute),
  ...getter('getSeconds', (civil) => civil.second),
  ...getter('getMilliseconds', (civil) => civil.millisecond),
  // Of a duration: the whole of it in that unit, but for milliseconds, which are what remains beyond seconds.
  define('getHours', ['duration'], 'number', (_meter, span) => Math.trunc(span.ms / 3_600_000) + 0),
  define('getMinutes', ['duration'], 'number', (_meter, span) => Math.trunc(span.ms / 60_000) + 0),
  define('getSeconds', ['duration'], 'number', (_meter, span) => Math.trunc(span.ms / 1_000) + 0),
  define('getMilliseconds', ['duration'], 'number', (_meter, span) => (span.ms % 1_000) + 0),
];
