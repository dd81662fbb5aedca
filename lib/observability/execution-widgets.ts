import type { GraphWidget, IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { MathExpression, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { PERIOD, type StackMetrics } from './stack-metrics.ts';
import { graph } from './widget-layout.ts';

/** Were executions started, did they end well, how long did they take. */
export function executionWidgets({ executions, nodeDurations, deadLettersFiled }: StackMetrics): GraphWidget[][] {
  const { started, succeeded, failed, cancelled, timedOut, active, duration } = executions;
  return [
    [
      graph('Active executions', { left: [active.with({ label: 'active, counted each 5 minutes' })] }),
      graph('Starts and ends', {
        left: [
          started.with({ label: 'started' }),
          succeeded.with({ label: 'succeeded' }),
          failed.with({ label: 'failed' }),
          timedOut.with({ label: 'timed out' }),
          cancelled.with({ label: 'cancelled' }),
        ],
      }),
      graph('Failure rate, %', {
        left: [failureRate(executions)],
        right: [deadLettersFiled.with({ label: 'dead letters filed' })],
        leftYAxis: { min: 0, max: 100, showUnits: false },
      }),
    ],
    [
      graph('Execution duration, ms', {
        left: [50, 90, 99].map((percent) => duration(Stats.percentile(percent)).with({ label: `p${percent}` })),
      }),
      graph('Node duration by type, p50, ms', { left: [nodeDurations(Stats.percentile(50))] }),
      graph('Node duration by type, p99, ms', { left: [nodeDurations(Stats.percentile(99))] }),
    ],
  ];
}

/** Of those that ended of themselves: a cancelled one is no failure, nor a success. */
function failureRate({ succeeded, failed, timedOut }: StackMetrics['executions']): IMetric {
  return new MathExpression({
    expression: '100 * SUM([FILL(failed, 0), FILL(timedOut, 0)]) / SUM([succeeded, failed, timedOut])',
    usingMetrics: { succeeded, failed, timedOut },
    period: PERIOD,
    label: 'failed or timed out',
  });
}
