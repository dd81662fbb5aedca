import { Duration } from 'aws-cdk-lib';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { PRICES } from '../../shared/config/prices.ts';
import type { FunctionMetrics, StackMetrics } from './stack-metrics.ts';

/** What is counted, and its price by the million. */
interface Charge {
  readonly counted: readonly Metric[];
  readonly usdPerMillion: number;
}

const SECONDS_PER_DAY = 86_400;
const MILLION = 1_000_000;
const MS_PER_SECOND = 1_000;
const MB_PER_GB = 1_024;
const BYTES_PER_GB = MB_PER_GB ** 3;
/** Metric math knows no exponents; a price below 10⁻⁶ USD a million is none of ours. */
const PRICE_DIGITS = 9;

/** Stands beside the graph. */
export const ESTIMATE_NOTE =
  '**About the estimate.** Prices of us-east-1, first tier, no free tier (`shared/config/prices.ts`). What is used is in it: ' +
  'units of the table and its indexes, invocations and GB-seconds, messages, API requests, schedules, log bytes. Messages are ' +
  'counted one by one although ten may share a request, so queues cost less.\n\nNot in it: storage and backups, S3, KMS, ' +
  'traces, custom metrics, data transfer, and what the stack costs by the month when idle (alarms, dashboard, key).';

/** USD a day at the pace of each hour, one line for each part of the bill. */
export function costPerDay(metrics: StackMetrics): readonly MathExpression[] {
  const { table, functions, queues, api, schedules } = metrics;
  const all = Object.values<FunctionMetrics>(functions);
  const { sqs, dynamodb, lambda, httpApi, eventBridge, cloudWatch } = PRICES;
  return [
    usdPerDay('writes', 'DynamoDB writes', [
      { counted: table.writeUnits, usdPerMillion: dynamodb.usdPerMillionWriteUnits },
    ]),
    usdPerDay('reads', 'DynamoDB reads', [
      { counted: table.readUnits, usdPerMillion: dynamodb.usdPerMillionReadUnits },
    ]),
    usdPerDay('lambda', 'Lambda', [
      { counted: all.map(({ invocations }) => invocations), usdPerMillion: lambda.usdPerMillionRequests },
      ...all.map(({ duration, memoryMb }) => ({
        counted: [duration('Sum')],
        usdPerMillion: (MILLION * lambda.usdPerGbSecondArm64 * memoryMb) / MB_PER_GB / MS_PER_SECOND,
      })),
    ]),
    usdPerDay('sqs', 'SQS', [
      {
        counted: [...queues.work.requests, ...queues.isolated.requests],
        usdPerMillion: sqs.usdPerMillionRequests + sqs.usdPerMillionFairQueueRequests,
      },
      {
        counted: [...queues.deadLetters.requests, ...queues.parked.requests, ...queues.undelivered.requests],
        usdPerMillion: sqs.usdPerMillionRequests,
      },
    ]),
    usdPerDay('api', 'API Gateway', [{ counted: [api.requests], usdPerMillion: httpApi.usdPerMillionRequests }]),
    usdPerDay('schedules', 'Scheduler', [
      { counted: [schedules.attempts], usdPerMillion: eventBridge.usdPerMillionScheduledInvocations },
    ]),
    usdPerDay('logs', 'Logs', [
      {
        counted: all.map(({ logBytes }) => logBytes),
        usdPerMillion: (MILLION * cloudWatch.usdPerLogGbIngestedStandard) / BYTES_PER_GB,
      },
    ]),
  ];
}

/** `id` begins the ids of its metrics: those of all lines in one graph have to differ. */
function usdPerDay(id: string, label: string, charges: readonly Charge[]): MathExpression {
  const period = Duration.hours(1);
  const usingMetrics: Record<string, Metric> = {};
  const named = (metric: Metric): string => {
    const name = `${id}${Object.keys(usingMetrics).length}`;
    usingMetrics[name] = metric.with({ period });
    return name;
  };
  const sums = charges.map(({ counted, usdPerMillion }) => {
    // SUM of a list passes over what has no data; with + an empty one empties the whole.
    const filled = counted.map((metric) => `FILL(${named(metric)}, 0)`);
    return `SUM([${filled.join(', ')}]) * ${decimal(usdPerMillion)}`;
  });
  // Whatever period a graph is looked at with: so much in a period is so much a day.
  const expression = `(${sums.join(' + ')}) / ${MILLION} * ${SECONDS_PER_DAY} / PERIOD(${id}0)`;
  return new MathExpression({ expression, usingMetrics, period, label });
}

function decimal(usd: number): string {
  return String(Number(usd.toFixed(PRICE_DIGITS)));
}
