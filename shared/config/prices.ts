/**
 * What AWS charges in us-east-1, in USD, first price tier, without free tiers; November 2026. The one price table: what an
 * idle stack costs and what an execution costs are both computed from it. Read from stored copies of the pages named here
 * and of AWS's price lists, not from a bill: whoever changes a figure names where it stands.
 */
export const PRICES = {
  /** https://aws.amazon.com/dynamodb/pricing/on-demand/ (guides older than November 2024 show twice these unit prices). */
  dynamodb: {
    /** A unit writes 1 KB; an index entry is another write. */
    usdPerMillionWriteUnits: 0.625,
    /** A unit reads 4 KB strongly consistent; eventually consistent it is half a unit. */
    usdPerMillionReadUnits: 0.125,
    usdPerStoredGbMonth: 0.25,
    usdPerPointInTimeRecoveryGbMonth: 0.2,
  },
  /** https://aws.amazon.com/sqs/pricing/ Each call is a request, empty receives too; each 64 KB of a payload is another. */
  sqs: {
    usdPerMillionRequests: 0.4,
    /** On top, for messages with a group id on a standard queue. Which calls carry it is not documented: taken for all three. */
    usdPerMillionFairQueueRequests: 0.1,
  },
  /** https://aws.amazon.com/lambda/pricing/ */
  lambda: {
    usdPerMillionRequests: 0.2,
    usdPerGbSecondArm64: 0.000_013_333_4,
  },
  /** https://aws.amazon.com/api-gateway/pricing/ Metered in steps of 512 KB. */
  httpApi: { usdPerMillionRequests: 1 },
  /** https://aws.amazon.com/eventbridge/pricing/ */
  eventBridge: {
    usdPerMillionScheduledInvocations: 1,
    /** Per 64 KB of an event that we put; those of AWS services are free. */
    usdPerMillionCustomEvents: 1,
  },
  /** https://aws.amazon.com/s3/pricing/ */
  s3: {
    usdPerMillionPuts: 5,
    usdPerMillionGets: 0.4,
    usdPerStoredGbMonth: 0.023,
  },
  /** https://aws.amazon.com/kms/pricing/ Customer managed keys; the first two yearly rotations add a key-month each (until 2024 each did). */
  kms: {
    usdPerKeyMonth: 1,
    usdPerMillionRequests: 3,
  },
  /** https://aws.amazon.com/cloudwatch/pricing/ */
  cloudWatch: {
    usdPerLogGbIngestedStandard: 0.5,
    usdPerLogGbIngestedInfrequentAccess: 0.25,
    usdPerStoredLogGbMonth: 0.03,
    /** Of each combination of dimensions, for the hours in which it is published. */
    usdPerCustomMetricMonth: 0.3,
    /** Of each metric that an alarm watches: one that computes with three costs three times as much. */
    usdPerAlarmMetricMonth: 0.1,
    usdPerHighResolutionAlarmMetricMonth: 0.3,
    usdPerCompositeAlarmMonth: 0.5,
    usdPerDashboardMonth: 3,
  },
  /** https://aws.amazon.com/xray/pricing/ */
  xray: { usdPerMillionTracesRecorded: 5 },
  /** https://aws.amazon.com/sns/pricing/ */
  sns: { usdPerMillionEmails: 20 },
} as const;
