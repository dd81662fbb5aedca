import { Duration } from 'aws-cdk-lib';
import type { HttpStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { Metric, SearchExpression, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import type { CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { METRICS } from '../../shared/config/metrics.ts';
import { TABLE } from '../../shared/config/table.ts';
import type { NodeFunction } from '../constructs/node-function.ts';

type FunctionName = 'api' | 'worker' | 'isolatedWorker' | 'deadLetters' | 'sweeper';
type QueueName = 'work' | 'isolated' | 'deadLetters' | 'parked' | 'undelivered';

/** What is watched. */
export interface StackParts {
  readonly stackName: string;
  readonly functions: Readonly<Record<FunctionName, NodeFunction>>;
  readonly queues: Readonly<Record<QueueName, IQueue>>;
  readonly table: Pick<ITable, 'tableName'>;
  readonly api: HttpStage;
  readonly scheduleGroup: CfnScheduleGroup;
}

/** What SQS and Lambda count each minute, over five of them: alarms and graphs look at the same figures. */
export const PERIOD = Duration.minutes(5);

export type StackMetrics = ReturnType<typeof stackMetrics>;
export type QueueMetrics = ReturnType<typeof queueMetrics>;
export type FunctionMetrics = ReturnType<typeof functionMetrics>;

/** Every metric of a stack that an alarm or the dashboard uses, its own and AWS's. */
export function stackMetrics({ stackName, functions, queues, table, api, scheduleGroup }: StackParts) {
  return {
    ...ownMetrics(stackName),
    functions: {
      api: functionMetrics(functions.api),
      worker: functionMetrics(functions.worker),
      isolatedWorker: functionMetrics(functions.isolatedWorker),
      deadLetters: functionMetrics(functions.deadLetters),
      sweeper: functionMetrics(functions.sweeper),
    } satisfies Record<FunctionName, FunctionMetrics>,
    queues: {
      work: queueMetrics(queues.work),
      isolated: queueMetrics(queues.isolated),
      deadLetters: queueMetrics(queues.deadLetters),
      parked: queueMetrics(queues.parked),
      undelivered: queueMetrics(queues.undelivered),
    } satisfies Record<QueueName, QueueMetrics>,
    table: tableMetrics(table),
    api: apiMetrics(api),
    schedules: scheduleMetrics(scheduleGroup),
  };
}

function ownMetrics(stackName: string) {
  const { namespace, dimension, executions, nodeDuration, deadLettersFiled, messagesParked, sweeper } = METRICS;
  const { sum, maximum, metric } = metricsOf(namespace, { [dimension]: stackName });
  return {
    executions: {
      started: sum(executions.started),
      succeeded: sum(executions.succeeded),
      failed: sum(executions.failed),
      cancelled: sum(executions.cancelled),
      timedOut: sum(executions.timedOut),
      active: maximum(executions.active),
      duration: (statistic: string) => metric(executions.duration, statistic),
    },
    /** One line for each type of node that ran: which there are, nobody knows beforehand. */
    nodeDurations: (statistic: string) =>
      new SearchExpression({
        expression:
          `SEARCH('{${namespace},${dimension},${nodeDuration.dimension}} MetricName="${nodeDuration.name}" ` +
          `${dimension}="${stackName}"', '${statistic}', ${PERIOD.toSeconds()})`,
        period: PERIOD,
        label: '',
      }),
    deadLettersFiled: sum(deadLettersFiled),
    messagesParked: sum(messagesParked),
    sweep: {
      lag: maximum(sweeper.lag),
      looked: sum(sweeper.looked),
      failed: sum(sweeper.failed),
      leftOver: maximum(sweeper.leftOver),
    },
  };
}

function functionMetrics({ function: fn }: NodeFunction) {
  const { sum, maximum, metric } = metricsOf('AWS/Lambda', { FunctionName: fn.functionName });
  const resource = fn.node.defaultChild;
  if (!CfnFunction.isCfnFunction(resource) || resource.memorySize === undefined)
    throw new Error(`${fn.node.path} does not say how much memory it has`);
  return {
    memoryMb: resource.memorySize,
    invocations: sum('Invocations'),
    errors: sum('Errors'),
    throttles: sum('Throttles'),
    concurrency: maximum('ConcurrentExecutions'),
    duration: (statistic: string) => metric('Duration', statistic),
    logBytes: metricsOf('AWS/Logs', { LogGroupName: fn.logGroup.logGroupName }).sum('IncomingBytes'),
  };
}

function queueMetrics(queue: IQueue) {
  const { sum, maximum, metric } = metricsOf('AWS/SQS', { QueueName: queue.queueName });
  return {
    visible: maximum('ApproximateNumberOfMessagesVisible'),
    /** Those that waited all the time, not for the blink between two receives. */
    visibleThroughout: metric('ApproximateNumberOfMessagesVisible', Stats.MINIMUM),
    inFlight: maximum('ApproximateNumberOfMessagesNotVisible'),
    inFlightThroughout: metric('ApproximateNumberOfMessagesNotVisible', Stats.MINIMUM),
    delayed: maximum('ApproximateNumberOfMessagesDelayed'),
    ageSeconds: maximum('ApproximateAgeOfOldestMessage'),
    /** Each is a request, or a part of one: SQS does not count requests. */
    requests: [
      sum('NumberOfMessagesSent'),
      sum('NumberOfMessagesReceived'),
      sum('NumberOfMessagesDeleted'),
      sum('NumberOfEmptyReceives'),
    ],
  };
}

const OPERATIONS = ['PutItem', 'UpdateItem', 'GetItem', 'BatchGetItem', 'Query'] as const;

function tableMetrics({ tableName }: Pick<ITable, 'tableName'>) {
  const ofTable = metricsOf('AWS/DynamoDB', { TableName: tableName });
  // The table's own figures leave its indexes out.
  const ofIndexes = [TABLE.listing, TABLE.sweep].map(({ name }) =>
    metricsOf('AWS/DynamoDB', { TableName: tableName, GlobalSecondaryIndexName: name }),
  );
  const all = [ofTable, ...ofIndexes];
  const throttled = (operation: string): Metric =>
    metricsOf('AWS/DynamoDB', { TableName: tableName, Operation: operation }).sum('ThrottledRequests');
  return {
    writeUnits: all.map(({ sum }) => sum('ConsumedWriteCapacityUnits')),
    readUnits: all.map(({ sum }) => sum('ConsumedReadCapacityUnits')),
    /** By operation, because only these count what an index refused, too. */
    throttledPuts: throttled('PutItem'),
    throttledUpdates: throttled('UpdateItem'),
    throttled: OPERATIONS.map(throttled),
  };
}

function apiMetrics({ api: { apiId }, stageName }: HttpStage) {
  const { sum, metric } = metricsOf('AWS/ApiGateway', { ApiId: apiId, Stage: stageName });
  return {
    requests: sum('Count'),
    clientErrors: sum('4xx'),
    serverErrors: sum('5xx'),
    latency: (statistic: string) => metric('Latency', statistic),
  };
}

function scheduleMetrics(group: CfnScheduleGroup) {
  const { sum } = metricsOf('AWS/Scheduler', { ScheduleGroup: group.ref });
  return {
    attempts: sum('InvocationAttemptCount'),
    targetErrors: sum('TargetErrorCount'),
    dropped: sum('InvocationDroppedCount'),
  };
}

function metricsOf(namespace: string, dimensionsMap: Readonly<Record<string, string>>) {
  const metric = (metricName: string, statistic: string): Metric =>
    new Metric({ namespace, metricName, dimensionsMap, statistic, period: PERIOD });
  return {
    metric,
    sum: (name: string) => metric(name, Stats.SUM),
    maximum: (name: string) => metric(name, Stats.MAXIMUM),
  };
}
