import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { ISOLATED, QUEUE, WORKER } from '../../shared/config/functions.ts';
import { dev, resources, functionOf, matching, queueId, denyWithoutTls } from './synthesized.ts';

describe('queues', () => {
  test('a message stays hidden for 6 × the timeout of the function that holds it', () => {
    const mappings = resources(dev, 'AWS::Lambda::EventSourceMapping');
    expect(mappings).toHaveLength(2);
    for (const [, { Properties }] of mappings) {
      const {
        'Fn::GetAtt': [queue],
      } = Properties['EventSourceArn'] as { 'Fn::GetAtt': [string, string] };
      const fn = (Properties['FunctionName'] as { Ref: string }).Ref;
      const visibility = dev.toJSON()['Resources'][queue].Properties.VisibilityTimeout as number;
      const timeout = dev.toJSON()['Resources'][fn].Properties.Timeout as number;
      expect(visibility).toBeGreaterThanOrEqual(6 * timeout);
    }
  });

  test('both redrive to the one dead-letter queue, which keeps longest', () => {
    const deadLetters = queueId(dev, 'DeadLetters');
    for (const construct of ['Work', 'Isolated']) {
      expect(dev.toJSON()['Resources'][queueId(dev, construct)].Properties).toMatchObject({
        VisibilityTimeout: WORKER.visibilityTimeoutSeconds,
        MessageRetentionPeriod: QUEUE.retentionSeconds,
        RedrivePolicy: {
          deadLetterTargetArn: { 'Fn::GetAtt': [deadLetters, 'Arn'] },
          maxReceiveCount: WORKER.maxReceiveCount,
        },
      });
    }
    expect(dev.toJSON()['Resources'][deadLetters].Properties).toMatchObject({
      MessageRetentionPeriod: QUEUE.deadLetterRetentionSeconds,
    });
    // A message must not expire before it has been tried as often as it may be.
    expect(QUEUE.retentionSeconds).toBeGreaterThan(WORKER.maxReceiveCount * WORKER.visibilityTimeoutSeconds);
    expect(QUEUE.deadLetterRetentionSeconds).toBeGreaterThan(QUEUE.retentionSeconds);
  });

  test('all are encrypted, and refuse what does not come by TLS', () => {
    const queues = resources(dev, 'AWS::SQS::Queue');
    expect(queues).toHaveLength(3);
    for (const [id, { Properties }] of queues) {
      expect(Properties['SqsManagedSseEnabled']).toBe(true);
      expect(
        matching(dev, 'AWS::SQS::QueuePolicy', {
          Queues: [{ Ref: id }],
          PolicyDocument: { Statement: Match.arrayWith([denyWithoutTls('sqs:*')]) },
        }),
      ).toHaveLength(1);
    }
  });

  test('mappings report failures one by one; the isolated queue feeds one message at a time', () => {
    for (const [construct, fn, batchSize, concurrency] of [
      ['Work', 'Worker', WORKER.batchSize, WORKER.maximumConcurrency],
      ['Isolated', 'IsolatedWorker', ISOLATED.batchSize, ISOLATED.maximumConcurrency],
    ] as const) {
      expect(
        matching(dev, 'AWS::Lambda::EventSourceMapping', {
          EventSourceArn: { 'Fn::GetAtt': [queueId(dev, construct), 'Arn'] },
          FunctionName: { Ref: functionOf(dev, fn)[0] },
          BatchSize: batchSize,
          FunctionResponseTypes: ['ReportBatchItemFailures'],
          ScalingConfig: { MaximumConcurrency: concurrency },
        }),
      ).toHaveLength(1);
    }
    expect(ISOLATED.batchSize).toBe(1);
  });
});
