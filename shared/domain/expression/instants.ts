import { parseDurationMs } from '../duration.ts';
import { fail } from './trouble.ts';
import { Instant, Span } from './value.ts';

/** CEL's range of timestamps: the years 1 to 9999. */
const EARLIEST_MS = daysFromCivil(1, 1, 1) * 86_400_000;
const LATEST_MS = daysFromCivil(10_000, 1, 1) * 86_400_000 - 1;

export function instantAt(ms: number): Instant {
  return ms >= EARLIEST_MS && ms <= LATEST_MS ? new Instant(ms) : fail('a timestamp lies outside the years 1 to 9999');
}

/** A duration can span all timestamps, no more: its milliseconds stay exact. */
export function spanOf(ms: number): Span {
  return Math.abs(ms) <= LATEST_MS - EARLIEST_MS ? new Span(ms) : fail('a duration is longer than 9,999 years');
}

/** A moment's calendar fields, as a wall clock shows them. */
export interface Civil {
  readonly year: number;
  /** 1–12 */
  readonly month: number;
  /** 1–31 */
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

/** Days since 1970-01-01 in the proleptic Gregorian calendar; Howard Hinnant's `days_from_civil`. */
function daysFromCivil(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayInYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayInYear;
  return era * 146_097 + dayOfEra - 719_468;
}

export function civilToMs(civil: Civil): number {
  const days = daysFromCivil(civil.year, civil.month, civil.day);
  return (((days * 24 + civil.hour) * 60 + civil.minute) * 60 + civil.second) * 1_000 + civil.millisecond;
}

export function msToCivil(ms: number): Civil {
  const days = Math.floor(ms / 86_400_000);
  const rest = ms - days * 86_400_000;
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayInYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthIndex = Math.floor((5 * dayInYear + 2) / 153);
  const month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayInYear - Math.floor((153 * monthIndex + 2) / 5) + 1,
    hour: Math.floor(rest / 3_600_000),
    minute: Math.floor(rest / 60_000) % 60,
    second: Math.floor(rest / 1_000) % 60,
    millisecond: rest % 1_000,
  };
}

/** 0 = Sunday. */
export function dayOfWeek(civil: Civil): number {
  const days = daysFromCivil(civil.year, civil.month, civil.day);
  return (((days + 4) % 7) + 7) % 7;
}

/** 0 = the first of January. */
export function dayOfYear(civil: Civil): number {
  return daysFromCivil(civil.year, civil.month, civil.day) - daysFromCivil(civil.year, 1, 1);
}

const RFC3339 =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?([Zz]|[+-]\d{2}:\d{2})?)?$/;

export interface ParsedTime {
  readonly civil: Civil;
  /** Undefined for a wall-clock time that does not say where it is. */
  readonly offsetMs: number | undefined;
}

/** RFC 3339; a bare date is midnight; an offset may be missing. Undefined for anything else, the 30th of February included. */
export function parseTime(text: string): ParsedTime | undefined {
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const field = (index: number): number => Number(match[index] ?? 0);
  const civil = {
    year: field(1),
    month: field(2),
    day: field(3),
    hour: field(4),
    minute: field(5),
    second: field(6),
    millisecond: Number((match[7] ?? '').padEnd(3, '0').slice(0, 3)),
  };
  const offsetMs = parseOffset(match[8]);
  // A date that the calendar does not have comes back as another one.
  const same = msToCivil(civilToMs(civil));
  const exists =
    same.day === civil.day && same.month === civil.month && same.hour === civil.hour && same.second === civil.second;
  return exists && same.minute === civil.minute ? { civil, offsetMs } : undefined;
}

/** `Z`, `+05:30`; undefined for anything else. */
export function parseOffset(text: string | undefined): number | undefined {
  const match = /^(?:[Zz]|([+-])(\d{2}):(\d{2}))$/.exec(text ?? '');
  if (match === null) return undefined;
  const minutes = Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0);
  return (match[1] === '-' ? -minutes : minutes) * 60_000;
}

const pad = (value: number, width: number): string => String(value).padStart(width, '0');

export function instantText(instant: Instant): string {
  const at = msToCivil(instant.ms);
  const date = `${pad(at.year, 4)}-${pad(at.month, 2)}-${pad(at.day, 2)}`;
  return `${date}T${pad(at.hour, 2)}:${pad(at.minute, 2)}:${pad(at.second, 2)}.${pad(at.millisecond, 3)}Z`;
}

/** CEL's and protobuf's text of a duration: seconds, `3600s`, `1.5s`. */
export function spanText(span: Span): string {
  return `${span.ms / 1_000}s`;
}

const COMPOUND =
  /^(-?)(?:(\d{1,9}(?:\.\d{1,9})?)d)?(?:(\d{1,12}(?:\.\d{1,9})?)h)?(?:(\d{1,12}(?:\.\d{1,9})?)m)?(?:(\d{1,15}(?:\.\d{1,9})?)s)?(?:(\d{1,15}(?:\.\d{1,9})?)ms)?$/;
const UNITS_MS = [86_400_000, 3_600_000, 60_000, 1_000, 1] as const;

/** What definitions take (`3d`, `PT1H`), and CEL's own `1h30m`, `-1.5h`. */
export function parseSpan(text: string): Span | undefined {
  const whole = parseDurationMs(text);
  if (whole !== undefined) return spanOf(whole);
  const match = COMPOUND.exec(text);
  if (match === null || !/\d/.test(text)) return undefined;
  const ms = UNITS_MS.reduce((total, unitMs, index) => total + unitMs * Number(match[index + 2] ?? 0), 0);
  return spanOf(Math.round(match[1] === '-' ? -ms : ms));
}
