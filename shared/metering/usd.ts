import { PRICES } from '../config/prices.ts';
import type { Unit, Usage } from './usage.ts';

const MILLION = 1_000_000;
const BYTES_PER_GB = 1_024 ** 3;

const { dynamodb, sqs, lambda, httpApi, eventBridge, s3, cloudWatch } = PRICES;

/** USD for one of each. Of `writeUnits` and `readUnits` the indexes' are a part, hence free here. */
const USD_PER_UNIT: Readonly<Record<Unit, number>> = {
  writeUnits: dynamodb.usdPerMillionWriteUnits / MILLION,
  indexWriteUnits: 0,
  readUnits: dynamodb.usdPerMillionReadUnits / MILLION,
  indexReadUnits: 0,
  queueRequests: (sqs.usdPerMillionRequests + sqs.usdPerMillionFairQueueRequests) / MILLION,
  schedules: eventBridge.usdPerMillionScheduledInvocations / MILLION,
  events: eventBridge.usdPerMillionCustomEvents / MILLION,
  objectPuts: s3.usdPerMillionPuts / MILLION,
  objectGets: s3.usdPerMillionGets / MILLION,
  apiRequests: httpApi.usdPerMillionRequests / MILLION,
  invocations: lambda.usdPerMillionRequests / MILLION,
  gbSeconds: lambda.usdPerGbSecondArm64,
  logBytes: cloudWatch.usdPerLogGbIngestedStandard / BYTES_PER_GB,
};

/** What the usage costs by the price table: us-east-1, first tier, no free tier. */
export function usdOf(usage: Usage): number {
  return (Object.keys(USD_PER_UNIT) as Unit[]).reduce((sum, unit) => sum + usage[unit] * USD_PER_UNIT[unit], 0);
}
