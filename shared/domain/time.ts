import * as z from 'zod';

/** Milliseconds since the Unix epoch, UTC. */
export const EpochMs = z.number().int().nonnegative().brand<'EpochMs'>();
export type EpochMs = z.infer<typeof EpochMs>;

export function epochMs(value: number): EpochMs {
  return Math.round(value) as EpochMs;
}

/** RFC 3339 with milliseconds, UTC: how every instant leaves the API. */
export function toRfc3339(at: EpochMs): string {
  const second = Math.floor(at / 1_000);
  // The instants of one execution lie close together, and there are thousands.
  if (second !== lastSecond) {
    lastText = new Date(second * 1_000).toISOString().slice(0, -'000Z'.length);
    lastSecond = second;
  }
  return `${lastText}${String(at - second * 1_000).padStart(3, '0')}Z`;
}

let lastSecond = NaN;
let lastText = '';

const RFC3339 =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?:[Zz]|[+-]\d{2}:\d{2}))?$/;

/** Parses RFC 3339 (a bare date means midnight UTC); undefined for anything else, including the 30th of February. */
export function parseRfc3339(text: string): EpochMs | undefined {
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const [, year, month, day] = match;
  const daysInMonth = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  if (Number(month) < 1 || Number(month) > 12 || Number(day) < 1 || Number(day) > daysInMonth) return undefined;
  const ms = Date.parse(text.toUpperCase().replace(' ', 'T'));
  return Number.isNaN(ms) || ms < 0 ? undefined : epochMs(ms);
}
