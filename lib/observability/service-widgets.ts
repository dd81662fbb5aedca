import type { GraphWidget, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { MathExpression, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { PERIOD, type FunctionMetrics, type StackMetrics } from './stack-metrics.ts';
import { graph } from './widget-layout.ts';

/** Functions, API and table, as AWS sees them. */
export function serviceWidgets({ functions, api, table }: StackMetrics): GraphWidget[][] {
  const { sweeper, ...called } = functions;
  const each = (metric: (of: FunctionMetrics) => Metric, of: Record<string, FunctionMetrics> = functions): Metric[] =>
    Object.entries(of).map(([name, its]) => metric(its).with({ label: name }));
  return [
    [
      graph('Function errors', { left: each(({ errors }) => errors) }),
      graph('Function throttles', { left: each(({ throttles }) => throttles) }),
      graph('Function concurrency', { left: each(({ concurrency }) => concurrency) }),
    ],
    [
      graph('Function duration, p99, ms', {
        left: each(({ duration }) => duration(Stats.percentile(99)), called),
        right: each(({ duration }) => duration(Stats.percentile(99)), { sweeper }),
      }),
      graph('API latency, ms', {
        left: [50, 90, 99].map((percent) => api.latency(Stats.percentile(percent)).with({ label: `p${percent}` })),
      }),
      graph('API requests and errors', {
        left: [api.requests.with({ label: 'requests' })],
        right: [api.clientErrors.with({ label: '4xx' }), api.serverErrors.with({ label: '5xx' })],
      }),
    ],
    [
      graph('DynamoDB units', {
        left: [unitsOf('writes', table.writeUnits), unitsOf('reads', table.readUnits)],
      }),
      graph('DynamoDB throttles', {
        left: table.throttled.map((metric) => metric.with({ label: String(metric.dimensions?.['Operation']) })),
      }),
    ],
  ];
}

/** Of the table and its indexes together. */
function unitsOf(label: string, units: readonly Metric[]): MathExpression {
  const named = units.map((metric, index) => [`${label}${index}`, metric] as const);
  return new MathExpression({
    expression: `SUM([${named.map(([id]) => id).join(', ')}])`,
    usingMetrics: Object.fromEntries(named),
    period: PERIOD,
    label,
  });
}
