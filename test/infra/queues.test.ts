import type { Template } from 'aws-cdk-lib/assertions';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { DEAD_LETTERS, ISOLATED, QUEUE, WORKER } from '../../shared/config/functions.ts';
import { DELIVERIES_MAX } from '../../shared/engine/bury-node.ts';
import {
  denyWithoutTls,
  dev,
  functionOf,
  matching,
  prod,
  queueId,
  resources,
  synthesize,
  type Statement,
} from './synthesized.ts';

describe('queues', () => {
  test('a message stays hidden for 6 × the timeout of the function that holds it', () => {
    const mappings = resources(dev, 'AWS::Lambda::EventSourceMapping');
    expect(mappings).toHaveLength(3);
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
    const dead = dev.toJSON()['Resources'][deadLetters].Properties;
    expect(dead).toMatchObject({ MessageRetentionPeriod: QUEUE.deadLetterRetentionSeconds });
    // Burials are tried until they succeed: nothing would take a message from a second dead-letter queue.
    expect(dead).not.toHaveProperty('RedrivePolicy');
    // A message must not expire before it has been tried as often as it may be.
    expect(QUEUE.retentionSeconds).toBeGreaterThan(WORKER.maxReceiveCount * WORKER.visibilityTimeoutSeconds);
    expect(QUEUE.deadLetterRetentionSeconds).toBeGreaterThan(QUEUE.retentionSeconds);
  });

  test('a message is tried five times at least, the queues keep 4 and 14 days', () => {
    expect(WORKER.maxReceiveCount).toBeGreaterThanOrEqual(5);
    // What a buried node's error says.
    expect(DELIVERIES_MAX).toBe(WORKER.maxReceiveCount);
    const day = 24 * 60 * 60;
    expect(QUEUE.retentionSeconds).toBe(4 * day);
    expect(QUEUE.deadLetterRetentionSeconds).toBe(14 * day);
    expect(QUEUE.parkedRetentionSeconds).toBe(14 * day);
  });

  test('what was parked lies there for 14 days, and nobody receives it', () => {
    const parked = queueId(dev, 'Parked');
    expect(dev.toJSON()['Resources'][parked].Properties).toMatchObject({
      MessageRetentionPeriod: QUEUE.parkedRetentionSeconds,
    });
    const arn = { 'Fn::GetAtt': [parked, 'Arn'] };
    expect(matching(dev, 'AWS::Lambda::EventSourceMapping', { EventSourceArn: arn })).toEqual([]);
    const rights = resources(dev, 'AWS::IAM::Policy').flatMap(([, { Properties }]) => {
      const { Statement: statements } = Properties['PolicyDocument'] as { Statement: Statement[] };
      return statements.filter(({ Resource }) => JSON.stringify(Resource).includes(parked));
    });
    expect(new Set(rights.flatMap(({ Action }) => Action))).toEqual(new Set(['sqs:SendMessage']));
  });

  test('all are encrypted, and refuse what does not come by TLS', () => {
    const queues = resources(dev, 'AWS::SQS::Queue');
    expect(queues).toHaveLength(5);
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
    for (const template of [dev, prod]) {
      for (const [construct, fn, batchSize] of FED) {
        expect(
          matching(template, 'AWS::Lambda::EventSourceMapping', {
            EventSourceArn: { 'Fn::GetAtt': [queueId(template, construct), 'Arn'] },
            FunctionName: { Ref: functionOf(template, fn)[0] },
            BatchSize: batchSize,
            FunctionResponseTypes: ['ReportBatchItemFailures'],
          }),
        ).toHaveLength(1);
      }
    }
    expect(ISOLATED.batchSize).toBe(1);
  });

  test('prod caps each mapping; dev caps the one that users feed, for a capped one polls with five pollers for ever', () => {
    const caps = (template: Template) =>
      FED.map(
        ([construct]) =>
          Object.values(
            template.findResources('AWS::Lambda::EventSourceMapping', {
              Properties: { EventSourceArn: { 'Fn::GetAtt': [queueId(template, construct), 'Arn'] } },
            }),
          )[0]?.['Properties'].ScalingConfig?.MaximumConcurrency as number | undefined,
      );
    expect(caps(prod)).toEqual([
      WORKER.maximumConcurrency,
      ISOLATED.maximumConcurrency,
      DEAD_LETTERS.maximumConcurrency,
    ]);
    expect(caps(dev)).toEqual([5, undefined, undefined]);
    expect(caps(synthesize('dev', 'stepwell', { workerConcurrency: 77 }))[0]).toBe(77);
  });

  test('no function reserves concurrency: a new account has ten in all', () => {
    for (const template of [dev, prod]) {
      for (const [, { Properties }] of resources(template, 'AWS::Lambda::Function'))
        expect(Properties).not.toHaveProperty('ReservedConcurrentExecutions');
    }
  });
});

const FED = [
  ['Work', 'Worker', WORKER.batchSize],
  ['Isolated', 'IsolatedWorker', ISOLATED.batchSize],
  ['DeadLetters', 'DeadLetters', DEAD_LETTERS.batchSize],
] as const;
