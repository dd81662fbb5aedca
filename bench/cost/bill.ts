import { PRICES } from '../../shared/config/prices.ts';
import type { WireCounts } from './wire-counts.ts';

const MILLION = 1_000_000;
const { dynamodb, sqs, lambda, httpApi, eventBridge, s3 } = PRICES;

export const usdOfGbSeconds = (gbSeconds: number): number => gbSeconds * lambda.usdPerGbSecondArm64;

/** What was counted from outside, at the prices of `shared/config/prices.ts`. Without log lines: no wire shows them. */
export function usdOfWire(
  wire: WireCounts,
  other: { readonly apiRequests: number; readonly invocations: number; readonly gbSeconds: number },
): number {
  const perMillion =
    wire.writeUnits * dynamodb.usdPerMillionWriteUnits +
    wire.readUnits * dynamodb.usdPerMillionReadUnits +
    // Messages carry their workspace as group, so queues are fair ones.
    wire.queueRequests * (sqs.usdPerMillionRequests + sqs.usdPerMillionFairQueueRequests) +
    wire.schedules * eventBridge.usdPerMillionScheduledInvocations +
    wire.objectPuts * s3.usdPerMillionPuts +
    wire.objectGets * s3.usdPerMillionGets +
    other.apiRequests * httpApi.usdPerMillionRequests +
    other.invocations * lambda.usdPerMillionRequests;
  return perMillion / MILLION + usdOfGbSeconds(other.gbSeconds);
}
