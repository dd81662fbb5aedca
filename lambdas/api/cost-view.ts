import type { CostBody } from '../../shared/contracts/schemas.ts';
import { usdOf } from '../../shared/metering/usd.ts';
import { UNITS, type Unit, type Usage } from '../../shared/metering/usage.ts';

const UNIT_DIGITS = 6;
/** A transition costs a millionth of a dollar: the last digit is a billionth of that. */
const USD_DIGITS = 12;

export function costBody(usage: Usage): CostBody {
  const units = Object.fromEntries(UNITS.map((unit) => [unit, rounded(usage[unit], UNIT_DIGITS)]));
  return { ...(units as Record<Unit, number>), usd: rounded(usdOf(usage), USD_DIGITS) };
}

export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
