/** AWS's own month: a year's hours by twelve. */
export const HOURS_PER_MONTH = 730;
const SECONDS_PER_HOUR = 3_600;
const MILLION = 1_000_000;

export const timesPerMonth = (everySeconds: number): number => (HOURS_PER_MONTH * SECONDS_PER_HOUR) / everySeconds;

export const perMillion = (count: number, usdPerMillion: number): number => (count / MILLION) * usdPerMillion;

/** As people read it: 43,800. */
export const counted = (count: number): string => Math.round(count).toLocaleString('en-US');
