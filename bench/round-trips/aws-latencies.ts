import type { Latency } from './virtual-ports.ts';

/**
 * What calls take on AWS, p50, as others have measured and published it; the sources stand with the figures. A model:
 * nothing here was measured in an account of ours.
 */
export const AWS_LATENCIES = {
  /** PutItem from a Lambda function, 7.55 ms (https://github.com/alexdebrie/dynamodb-performance-testing, 2020). */
  dynamodbWriteMs: 7.6,
  /** A strongly consistent read of one item: assumed, no published figure was found. */
  dynamodbReadMs: 4,
  /**
   * From sending to a standard queue until the function begins, light load, 16.2 ms
   * (https://bitesizedserverless.com/bite/serverless-messaging-latency-compared/, eu-west-1, 2022).
   */
  queueMs: 16.2,
  /** The part of it for which the sender waits: assumed to be one half. */
  sendMs: 8.1,
} as const;

/** On the virtual clock: the send itself, then the rest of the way. */
export const AWS_MODEL: { readonly latency: Latency; readonly hopMs: number } = {
  latency: {
    readMs: AWS_LATENCIES.dynamodbReadMs,
    writeMs: AWS_LATENCIES.dynamodbWriteMs,
    sendMs: AWS_LATENCIES.sendMs,
  },
  hopMs: AWS_LATENCIES.queueMs - AWS_LATENCIES.sendMs,
};
