import { LAMBDA_FOLDER_METADATA } from '../../shared/config/functions.ts';
import { PRICES } from '../../shared/config/prices.ts';
import type { Finding, Pricing } from './finding.ts';
import { counted, perMillion, timesPerMonth } from './month.ts';
import { at, referredBy, textAt, type NamedResource, type PricedTemplate } from './priced-template.ts';
import { sweepingCost } from './sweeping.ts';

const SECONDS: Readonly<Record<string, number>> = { minute: 60, hour: 3_600, day: 86_400 };

/** What runs by the clock although nobody uses the stack, and what it does then. */
export const scheduleCost: Pricing = (schedules, template) =>
  schedules
    .filter(({ properties }) => properties['State'] !== 'DISABLED')
    .flatMap((schedule) => costOf(schedule, template));

function costOf({ id, properties }: NamedResource, template: PricedTemplate): Finding[] {
  const expression = textAt(properties, 'ScheduleExpression') ?? '';
  const everySeconds = rateSeconds(expression);
  if (everySeconds === undefined)
    return [{ what: id, problem: `the expression '${expression}': only rates are priced` }];
  const target = referredBy(at(properties, 'Target', 'Arn'));
  const fn = target === undefined ? undefined : template.Resources[target];
  // Of no other target is it known what it does when it finds nothing to do.
  if (fn?.Metadata?.[LAMBDA_FOLDER_METADATA] !== 'sweeper') {
    return [
      { what: id, problem: `its target ${target ?? ''} is not the sweeper: what an idle run costs is not known` },
    ];
  }
  const runs = timesPerMonth(everySeconds);
  return [
    {
      what: 'schedule of the sweeper',
      why: `${counted(runs)} invocations by EventBridge Scheduler, ${expression}`,
      usdPerMonth: perMillion(runs, PRICES.eventBridge.usdPerMillionScheduledInvocations),
    },
    ...sweepingCost(runs, fn.Properties ?? {}, template),
  ];
}

function rateSeconds(expression: string): number | undefined {
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const seconds = unit === undefined ? undefined : SECONDS[unit];
  return seconds === undefined ? undefined : Number(count) * seconds;
}
