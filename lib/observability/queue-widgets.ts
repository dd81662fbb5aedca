import type { GraphWidget } from 'aws-cdk-lib/aws-cloudwatch';
import type { StackMetrics } from './stack-metrics.ts';
import { THRESHOLDS } from './thresholds.ts';
import { graph } from './widget-layout.ts';

/** Does work wait, and for how long; what lies where it should not; does the way back for lost messages keep up. */
export function queueWidgets({ queues, sweep, schedules, messagesParked }: StackMetrics): GraphWidget[][] {
  const { work, isolated, deadLetters, parked, undelivered } = queues;
  return [
    [
      graph('Queue depth', {
        left: [
          work.visible.with({ label: 'work' }),
          isolated.visible.with({ label: 'isolated' }),
          work.delayed.with({ label: 'work, delayed (timers, retries)' }),
        ],
      }),
      graph('Age of the oldest message, s', {
        left: [work.ageSeconds.with({ label: 'work' }), isolated.ageSeconds.with({ label: 'isolated' })],
        leftAnnotations: [{ value: THRESHOLDS.workAgeSeconds, label: 'alarm, while some wait' }],
      }),
      graph('Messages in flight', {
        left: [work.inFlight.with({ label: 'work' }), isolated.inFlight.with({ label: 'isolated' })],
      }),
    ],
    [
      graph('Dead, parked, undelivered', {
        left: [
          deadLetters.visible.with({ label: 'dead-letter queue' }),
          deadLetters.inFlight.with({ label: 'dead-letter queue, being buried' }),
          parked.visible.with({ label: 'parked queue' }),
          undelivered.visible.with({ label: 'undelivered queue' }),
          messagesParked.with({ label: 'parked now' }),
        ],
        right: [deadLetters.ageSeconds.with({ label: 'dead-letter queue, age in s' })],
      }),
      graph('Sweeper', {
        left: [
          sweep.looked.with({ label: 'looked at' }),
          sweep.failed.with({ label: 'put off' }),
          sweep.leftOver.with({ label: 'left over' }),
        ],
        right: [sweep.lag.with({ label: 'lag, ms' })],
        rightAnnotations: [{ value: THRESHOLDS.sweepLagMs, label: 'alarm' }],
      }),
      graph('Schedules', {
        left: [
          schedules.attempts.with({ label: 'attempts' }),
          schedules.targetErrors.with({ label: 'refused by the target' }),
          schedules.dropped.with({ label: 'given up' }),
        ],
      }),
    ],
  ];
}
