import {
  CreateQueueCommand,
  GetQueueUrlCommand,
  QueueDoesNotExist,
  SetQueueAttributesCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { QueueResource } from '../template/resources.ts';

/** Creates the queues, or gives existing ones the template's settings; those that others redrive to come first. */
export async function provisionQueues(sqs: SQSClient, queues: readonly QueueResource[]): Promise<void> {
  const redrives = (queue: QueueResource): number => (queue.RedrivePolicy === undefined ? 0 : 1);
  for (const queue of [...queues].sort((a, b) => redrives(a) - redrives(b))) {
    const Attributes = attributesOf(queue);
    const QueueUrl = await existingUrl(sqs, queue.name);
    if (QueueUrl === undefined) await sqs.send(new CreateQueueCommand({ QueueName: queue.name, Attributes }));
    else await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
  }
}

async function existingUrl(sqs: SQSClient, name: string): Promise<string | undefined> {
  try {
    return (await sqs.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl;
  } catch (error) {
    if (error instanceof QueueDoesNotExist) return undefined;
    throw error;
  }
}

function attributesOf(queue: QueueResource): Record<string, string> {
  const { VisibilityTimeout, MessageRetentionPeriod, DelaySeconds, RedrivePolicy } = queue;
  return {
    ...(VisibilityTimeout !== undefined && { VisibilityTimeout: String(VisibilityTimeout) }),
    ...(MessageRetentionPeriod !== undefined && { MessageRetentionPeriod: String(MessageRetentionPeriod) }),
    ...(DelaySeconds !== undefined && { DelaySeconds: String(DelaySeconds) }),
    ...(RedrivePolicy !== undefined && { RedrivePolicy: JSON.stringify(patient(RedrivePolicy)) }),
  };
}

/**
 * On AWS a crash takes one worker's messages along. Here it is the whole machine that is switched off, however often: that
 * must not count against whatever was in flight.
 */
function patient({ maxReceiveCount, ...policy }: NonNullable<QueueResource['RedrivePolicy']>) {
  return { ...policy, maxReceiveCount: maxReceiveCount * LOCAL_PATIENCE };
}

const LOCAL_PATIENCE = 20;
