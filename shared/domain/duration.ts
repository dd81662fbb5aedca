/** Durations as users write them: `500ms 30s 5m 1h 7d` or ISO 8601 (`PT1H30M`, `P7D`, `P2W`; no months or years: their length varies). */
const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const SHORT = /^(\d{1,15}(?:\.\d{1,6})?)(ms|s|m|h|d)$/;
const ISO =
  /^P(?=.)(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?=.)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,6})?)S)?)?$/;

/** Whole milliseconds, or undefined when the text is not a duration. */
export function parseDurationMs(text: string): number | undefined {
  const short = SHORT.exec(text);
  if (short !== null) return Math.round(Number(short[1]) * UNIT_MS[short[2] as keyof typeof UNIT_MS]);
  const iso = ISO.exec(text);
  if (iso === null) return undefined;
  const [weeks, days, hours, minutes, seconds] = iso.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return Math.round((weeks * 7 + days) * UNIT_MS.d + hours * UNIT_MS.h + minutes * UNIT_MS.m + seconds * UNIT_MS.s);
}
