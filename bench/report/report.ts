import type { BundleReport } from '../bundles/bundles.ts';
import type { CostReport } from '../cost/cost.ts';
import type { Effort } from '../harness/effort.ts';
import type { Machine } from '../harness/machine.ts';
import type { RoundTripReport } from '../round-trips/round-trips.ts';
import type { ScaleReport } from '../scale/scale.ts';
import type { SpeedReport } from '../speed/speed.ts';

/** All that was measured. What machines read (`--json`) has these names; names are added, never changed. */
export interface BenchReport {
  readonly effort: Effort;
  readonly seconds: number;
  readonly cost: CostReport;
  readonly scale: ScaleReport['rows'];
  readonly scaleRatio: ScaleReport['usdRatio'];
  readonly speed: SpeedReport;
  readonly roundTrips: RoundTripReport;
  readonly bundles: BundleReport;
  readonly machine: Machine;
}

/** Nothing here is known to more digits than that. */
const DIGITS = 4;

export function reportJson(report: BenchReport): string {
  const rounded = (_: string, value: unknown): unknown =>
    typeof value === 'number' ? Number(value.toFixed(DIGITS)) : value;
  return `${JSON.stringify(report, rounded, 2)}\n`;
}
