import type { IdleCost } from './idle-cost.ts';
import { HOURS_PER_MONTH } from './month.ts';

const usd = (amount: number): string => amount.toFixed(3);

/** For a terminal; ends with the total, and with what it lacks. */
export function idleCostTable(stack: string, { items, usdPerMonth, unpriced }: IdleCost): string {
  const rows = items.map(({ what, why, usdPerMonth: amount }) => [what, usd(amount), why] as const);
  const total = [unpriced.length === 0 ? 'total' : 'total, at least', usd(usdPerMonth), ''] as const;
  const widthOf = (column: 0 | 1): number => Math.max(...[...rows, total].map((row) => row[column].length));
  const whatWidth = widthOf(0);
  const usdWidth = widthOf(1);
  const lines = [...rows, total].map(([what, amount, why]) =>
    `  ${what.padEnd(whatWidth)}  ${amount.padStart(usdWidth)}  ${why}`.trimEnd(),
  );
  return [
    `${stack} idle, USD a month (${HOURS_PER_MONTH} h, us-east-1, no free tier):`,
    ...lines,
    ...unpriced.map(({ what, problem }) => `  not priced: ${what}: ${problem}`),
    '',
  ].join('\n');
}
