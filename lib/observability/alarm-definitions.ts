import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import type { StackMetrics } from './stack-metrics.ts';
import { PERIOD } from './stack-metrics.ts';
import { THRESHOLDS } from './thresholds.ts';

export interface AlarmDefinition {
  readonly id: string;
  /** `critical`: executions stand still, or will. `warning`: somebody should look today. */
  readonly severity: 'critical' | 'warning';
  readonly metric: IMetric;
  readonly threshold: number;
  /** What rings: figures from the threshold upwards, or those below it and silence. */
  readonly rings: 'from' | 'below-or-silent';
  /** So many in a row, five minutes each. */
  readonly periods: number;
  /** One sentence for a mail at night. */
  readonly why: string;
  /** In docs/runbook.md, below "Alarms". */
  readonly heading: string;
}

/**
 * Each metric that an alarm looks at costs ten cents a month, so each fault is watched where it surely shows, once. A node
 * that kills the isolated worker ends as a dead letter; a consumer of the dead-letter queue that crashes leaves messages
 * there; a throttled API answers 503; functions have no concurrency of their own, so what the worker is refused, all are.
 */
export function alarmDefinitions(metrics: StackMetrics): readonly AlarmDefinition[] {
  return [...deadLetterAlarms(metrics), ...queueAlarms(metrics), ...serviceAlarms(metrics), ...sweeperAlarms(metrics)];
}

function deadLetterAlarms({ deadLettersFiled, queues: { deadLetters } }: StackMetrics): readonly AlarmDefinition[] {
  return [
    {
      id: 'DeadLettersFiled',
      severity: 'warning',
      metric: deadLettersFiled,
      threshold: THRESHOLDS.deadLettersFiled,
      rings: 'from',
      periods: 1,
      why: 'Nodes failed for good and their executions with them; they wait to be replayed or discarded.',
      heading: 'Dead letters were filed',
    },
    {
      id: 'DeadLetterQueueAge',
      severity: 'critical',
      metric: deadLetters.ageSeconds,
      threshold: THRESHOLDS.deadLetterAgeSeconds,
      rings: 'from',
      periods: 1,
      why: 'A message has been in the dead-letter queue for longer than a burial and a second try take.',
      heading: 'Messages wait in the dead-letter queue',
    },
    {
      // The age alone would say OK after the third try (THRESHOLDS.deadLetterAgeSeconds), while nothing is mended.
      id: 'BurialsFail',
      severity: 'critical',
      metric: deadLetters.inFlightThroughout,
      threshold: THRESHOLDS.burialsHeld,
      rings: 'from',
      periods: 6,
      why: 'For half an hour the same messages have been taken from the dead-letter queue without an end.',
      heading: 'Burials fail',
    },
  ];
}

function queueAlarms({ queues: { work, parked }, schedules }: StackMetrics): readonly AlarmDefinition[] {
  return [
    {
      id: 'MessagesParked',
      severity: 'critical',
      metric: parked.visible,
      threshold: THRESHOLDS.parkedMessages,
      rings: 'from',
      periods: 1,
      why: 'There are messages that this deployment cannot read, or whose execution it cannot.',
      heading: 'Messages in the parked queue',
    },
    {
      id: 'SchedulesUndelivered',
      severity: 'warning',
      // Not the depth of the undelivered queue: who may not send a timer may not send it there, either.
      metric: schedules.dropped,
      threshold: THRESHOLDS.schedulesDropped,
      rings: 'from',
      periods: 1,
      why: 'EventBridge Scheduler gave up a timer or a start of the sweeper; its reason may lie in the undelivered queue.',
      heading: 'Schedules were not delivered',
    },
    {
      id: 'WorkWaits',
      severity: 'warning',
      // A message whose worker died stays hidden for an hour and a half, while the sweeper has long since sent another one.
      metric: new MathExpression({
        expression: 'IF(waiting > 0, age, 0)',
        usingMetrics: { waiting: work.visibleThroughout, age: work.ageSeconds },
        period: PERIOD,
        label: 'age of the oldest message, while some wait',
      }),
      threshold: THRESHOLDS.workAgeSeconds,
      rings: 'from',
      periods: 2,
      why: 'Nodes wait for a worker: the work queue has not been empty, and its oldest message is half an hour old.',
      heading: 'Work waits in the queue',
    },
    {
      id: 'MessagesInFlight',
      severity: 'critical',
      metric: work.inFlight,
      threshold: THRESHOLDS.messagesInFlight,
      rings: 'from',
      periods: 1,
      why: 'More than 100,000 messages of the work queue are in flight; at 120,000 SQS hands out no more, without an error.',
      heading: 'Too many messages in flight',
    },
  ];
}

function serviceAlarms({ api, functions: { worker, sweeper }, table }: StackMetrics): readonly AlarmDefinition[] {
  return [
    {
      id: 'ApiErrors',
      severity: 'critical',
      metric: new MathExpression({
        expression: `IF(errors >= ${THRESHOLDS.apiErrorsMin}, 100 * errors / requests, 0)`,
        usingMetrics: { errors: api.serverErrors, requests: api.requests },
        period: PERIOD,
        label: 'answers of 500 and above, %',
      }),
      threshold: THRESHOLDS.apiErrorPercent,
      rings: 'from',
      periods: 1,
      why: 'The API answers a twentieth of its requests, and at least ten in five minutes, with 500 or above.',
      heading: 'The API answers with errors',
    },
    {
      id: 'FunctionErrors',
      severity: 'critical',
      metric: new MathExpression({
        expression: 'SUM([worker, sweeper])',
        usingMetrics: { worker: worker.errors, sweeper: sweeper.errors },
        period: PERIOD,
        label: 'failed invocations of worker and sweeper',
      }),
      threshold: THRESHOLDS.functionErrors,
      rings: 'from',
      periods: 1,
      why: 'The worker or the sweeper crashes, times out or does not start, three times in five minutes or more.',
      heading: 'Functions fail',
    },
    {
      id: 'WorkerThrottled',
      severity: 'warning',
      metric: worker.throttles,
      threshold: THRESHOLDS.workerThrottles,
      rings: 'from',
      periods: 3,
      why: 'For a quarter of an hour Lambda has been refusing to start workers: the account has no more concurrency.',
      heading: 'The worker is throttled',
    },
    {
      id: 'TableThrottled',
      severity: 'warning',
      metric: new MathExpression({
        expression: 'SUM([puts, updates])',
        usingMetrics: { puts: table.throttledPuts, updates: table.throttledUpdates },
        period: PERIOD,
        label: 'writes that DynamoDB refused',
      }),
      threshold: THRESHOLDS.tableThrottles,
      rings: 'from',
      periods: 3,
      why: 'For a quarter of an hour DynamoDB has been refusing writes, of the table or of an index.',
      heading: 'The table refuses writes',
    },
  ];
}

function sweeperAlarms({ sweep, functions: { sweeper } }: StackMetrics): readonly AlarmDefinition[] {
  return [
    {
      id: 'SweepLag',
      severity: 'warning',
      metric: sweep.lag,
      threshold: THRESHOLDS.sweepLagMs,
      rings: 'from',
      periods: 2,
      why: 'Executions whose messages were lost wait for ten minutes and more until the sweeper looks at them.',
      heading: 'SweepLag grows',
    },
    {
      id: 'SweeperSilent',
      severity: 'critical',
      metric: sweeper.invocations,
      threshold: THRESHOLDS.sweepsMin,
      rings: 'below-or-silent',
      periods: 2,
      why: 'The sweeper has not run for ten minutes: an execution whose message is lost stands still.',
      heading: 'The sweeper does not run',
    },
  ];
}
