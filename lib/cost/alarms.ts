import { PRICES } from '../../shared/config/prices.ts';
import type { Pricing } from './finding.ts';
import { at, listAt, numberAt, textAt, type NamedResource } from './priced-template.ts';

const STANDARD_RESOLUTION_SECONDS = 60;
/** Watch as many metrics as they find, or several for one: how many is not in the template. */
const OPEN_ENDED = /\b(SELECT|SEARCH|ANOMALY_DETECTION_BAND)\b/;

interface Watched {
  readonly id: string;
  /** One for each metric, in seconds; undefined where there are more than the template tells. */
  readonly periods: readonly number[] | undefined;
}

/** An alarm is billed by the metrics that it watches, whether it ever rings or not. */
export const alarmCost: Pricing = (alarms) => {
  const watched = alarms.map(watchedBy);
  const unpriced = watched
    .filter(({ periods }) => periods === undefined)
    .map(({ id }) => ({ what: id, problem: 'it watches a number of metrics that the template does not tell' }));
  const priced = watched.flatMap(({ periods }) => (periods === undefined ? [] : [periods]));
  if (priced.length === 0) return unpriced;
  const periods = priced.flat();
  const fast = periods.filter((seconds) => seconds < STANDARD_RESOLUTION_SECONDS).length;
  const { usdPerAlarmMetricMonth, usdPerHighResolutionAlarmMetricMonth } = PRICES.cloudWatch;
  return [
    {
      what: priced.length === 1 ? '1 alarm' : `${priced.length} alarms`,
      why: `metrics watched: ${periods.length}, in high resolution: ${fast}`,
      usdPerMonth: (periods.length - fast) * usdPerAlarmMetricMonth + fast * usdPerHighResolutionAlarmMetricMonth,
    },
    ...unpriced,
  ];
};

function watchedBy({ id, properties }: NamedResource): Watched {
  const metrics = listAt(properties, 'Metrics');
  if (metrics.some((metric) => OPEN_ENDED.test(textAt(metric, 'Expression') ?? ''))) return { id, periods: undefined };
  const stats = metrics.flatMap((metric) => at(metric, 'MetricStat') ?? []);
  const single = metrics.length === 0 ? [properties] : [];
  const periodOf = (stat: unknown): number => numberAt(stat, 'Period') ?? STANDARD_RESOLUTION_SECONDS;
  return { id, periods: [...stats, ...single].map(periodOf) };
}

export const compositeAlarmCost: Pricing = (alarms) =>
  alarms.map(({ id }) => ({
    what: `composite alarm ${id}`,
    why: 'on top of the alarms that it joins',
    usdPerMonth: PRICES.cloudWatch.usdPerCompositeAlarmMonth,
  }));
