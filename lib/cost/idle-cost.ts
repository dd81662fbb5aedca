import { alarmCost, compositeAlarmCost } from './alarms.ts';
import { isCostItem, isUnpriced, type CostItem, type Pricing, type Unpriced } from './finding.ts';
import { eventRuleCost, isFreeWhenIdle, tableCost } from './free-when-idle.ts';
import { dashboardCost, keyCost } from './monthly-fees.ts';
import { pollingCost } from './polling.ts';
import { resourcesOfType, type PricedTemplate } from './priced-template.ts';
import { scheduleCost } from './schedules.ts';

export interface IdleCost {
  readonly items: readonly CostItem[];
  /** Without what is `unpriced`. */
  readonly usdPerMonth: number;
  readonly unpriced: readonly Unpriced[];
}

/** The types that can cost something although nobody uses the stack, in the order of a bill. */
const PRICED: ReadonlyMap<string, Pricing> = new Map([
  ['AWS::Lambda::EventSourceMapping', pollingCost],
  ['AWS::Scheduler::Schedule', scheduleCost],
  ['AWS::KMS::Key', keyCost],
  ['AWS::CloudWatch::Dashboard', dashboardCost],
  ['AWS::CloudWatch::Alarm', alarmCost],
  ['AWS::CloudWatch::CompositeAlarm', compositeAlarmCost],
  ['AWS::DynamoDB::Table', tableCost],
  ['AWS::DynamoDB::GlobalTable', tableCost],
  ['AWS::Events::Rule', eventRuleCost],
]);

/**
 * What a stack costs a month of 730 hours in which nobody uses it, without AWS's free tiers, empty as it is after its
 * deployment. Custom metrics are not in it: an idle stack publishes none (`IDLE_SWEEP`).
 */
export function idleCost(template: PricedTemplate): IdleCost {
  const known = [...PRICED].flatMap(([type, price]) => price(resourcesOfType(template, type), template));
  const findings = [...known, ...unknownTypes(template)];
  const items = findings.filter(isCostItem);
  return {
    items,
    usdPerMonth: items.reduce((sum, { usdPerMonth }) => sum + usdPerMonth, 0),
    unpriced: findings.filter(isUnpriced),
  };
}

function unknownTypes({ Resources }: PricedTemplate): Unpriced[] {
  return Object.entries(Resources)
    .filter(([, { Type }]) => !PRICED.has(Type) && !isFreeWhenIdle(Type))
    .map(([what, { Type }]) => ({ what, problem: `${Type}: lib/cost does not know what one costs idle` }));
}
