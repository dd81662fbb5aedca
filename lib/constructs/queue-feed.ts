import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { acknowledge } from '../nag.ts';
import type { NodeFunction } from './node-function.ts';

/** What Lambda needs of the function's role to poll a queue for it, and no more. */
const POLL_ACTIONS = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'] as const;

export interface Feeding {
  readonly batchSize: number;
  /** Undefined: as many as the account allows, and fewer pollers when there is nothing to do. */
  readonly maximumConcurrency: number | undefined;
}

/** By hand: CDK's `SqsEventSource` grants more than Lambda uses. */
export function feedFrom(queue: Queue, fn: NodeFunction, { batchSize, maximumConcurrency }: Feeding): void {
  fn.allow(POLL_ACTIONS, [queue.queueArn]);
  const mapping = new EventSourceMapping(fn, 'Feed', {
    target: fn.function,
    eventSourceArn: queue.queueArn,
    batchSize,
    // Without it Lambda ignores what the handler says, and deletes what failed.
    reportBatchItemFailures: true,
    ...(maximumConcurrency !== undefined && { maxConcurrency: maximumConcurrency }),
  });
  acknowledge(mapping, {
    'Serverless-LambdaEventSourceMappingDestination':
      'SQS mappings have none: what fails goes to the dead-letter queue.',
  });
}
