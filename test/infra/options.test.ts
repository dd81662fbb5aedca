import { describe, expect, test } from 'vitest';
import { readOptions } from '../../lib/options.ts';
import { stageNamed } from '../../lib/stage.ts';
import { dev, functionOf, matching, prod, resources, statementsOf, synthesize } from './synthesized.ts';

describe('options come from cdk.json, and nothing is guessed', () => {
  test('none at all is right', () => {
    expect(readOptions(undefined, 'dev')).toEqual({});
    expect(readOptions({ prod: { tracing: false } }, 'dev')).toEqual({});
  });

  test('those of the stage are taken', () => {
    const context = { dev: { tracing: true }, prod: { alarmEmail: 'ops@example.com', apiRequestsPerSecond: 50 } };
    expect(readOptions(context, 'prod')).toEqual({ alarmEmail: 'ops@example.com', apiRequestsPerSecond: 50 });
  });

  test.each<[unknown, string]>([
    [{ staging: {} }, 'context.stepwell has staging; it has dev and prod'],
    [{ prod: { tracin: true } }, 'context.stepwell.prod.tracin does not exist; there are customerKey'],
    [{ prod: { tracing: 'yes' } }, 'context.stepwell.prod.tracing is "yes"; it is true or false'],
    [{ prod: { alarmEmail: 'nobody' } }, 'is "nobody"; it is an e-mail address'],
    [{ prod: { workerConcurrency: 1 } }, 'is 1; it is a whole number from 2 to 1000'],
    [{ prod: { apiRequestsPerSecond: 0 } }, 'is 0; it is a whole number from 1 to 2500'],
    [{ prod: { constructor: true } }, 'context.stepwell.prod.constructor does not exist'],
    [{ prod: true }, 'context.stepwell.prod is true; it is an object of options'],
    ['on', 'context.stepwell is "on"; it is an object of options'],
  ])('%j is refused', (context, message) => {
    expect(() => readOptions(context, 'prod')).toThrow(message);
  });

  test('several mistakes are told at once', () => {
    expect(() => readOptions({ dev: { a: 1, tracing: 2 } }, 'dev')).toThrow(/\.a does not exist.*tracing is 2/);
  });
});

describe('what a stage is', () => {
  test('there are two', () => {
    expect(() => stageNamed('staging')).toThrow('it is dev or prod');
  });

  test('dev costs next to nothing: no key, no alarm, no dashboard, no trace, no event', () => {
    for (const type of [
      'AWS::KMS::Key',
      'AWS::CloudWatch::Alarm',
      'AWS::CloudWatch::Dashboard',
      'AWS::Events::EventBus',
    ])
      expect(resources(dev, type)).toEqual([]);
    expect(matching(dev, 'AWS::Lambda::Function', { TracingConfig: { Mode: 'Active' } })).toEqual([]);
  });

  test('nothing of dev is left when it is deleted; prod keeps all that cannot be made again', () => {
    const kept = (template: typeof dev) =>
      Object.entries(template.toJSON()['Resources'] as Record<string, { Type: string; DeletionPolicy?: string }>)
        .filter(([, { DeletionPolicy }]) => DeletionPolicy?.startsWith('Retain'))
        .map(([, { Type }]) => Type)
        .sort();
    expect(kept(dev)).toEqual([]);
    expect([...new Set(kept(prod))]).toEqual([
      'AWS::DynamoDB::Table',
      'AWS::KMS::Key',
      'AWS::Logs::LogGroup',
      'AWS::S3::Bucket',
      'AWS::SQS::Queue',
    ]);
  });
});

describe('a key of the account’s own', () => {
  test('encrypts table and bucket, is rotated, and outlives the stack', () => {
    const [id, key] = resources(prod, 'AWS::KMS::Key')[0]!;
    expect(key).toMatchObject({ DeletionPolicy: 'Retain', Properties: { EnableKeyRotation: true } });
    const arn = { 'Fn::GetAtt': [id, 'Arn'] };
    expect(
      matching(prod, 'AWS::DynamoDB::Table', { SSESpecification: { SSEType: 'KMS', KMSMasterKeyId: arn } }),
    ).toHaveLength(1);
    expect(JSON.stringify(resources(prod, 'AWS::S3::Bucket'))).toContain('"SSEAlgorithm":"aws:kms"');
    expect(JSON.stringify(resources(prod, 'AWS::S3::Bucket'))).toContain('"BucketKeyEnabled":true');
  });

  test('functions use it through DynamoDB and S3 alone', () => {
    const kms = statementsOf(prod, 'Worker').filter(({ Action }) => JSON.stringify(Action).includes('kms:'));
    expect(kms).toHaveLength(2);
    for (const { Condition } of kms) expect(JSON.stringify(Condition)).toContain('kms:ViaService');
  });
});

describe('tracing', () => {
  test('is on in prod for whoever works, never for the sweeper, which runs each minute for nothing', () => {
    const traced = resources(prod, 'AWS::Lambda::Function').filter(
      ([, { Properties }]) => JSON.stringify(Properties['TracingConfig']) === '{"Mode":"Active"}',
    );
    expect(traced).toHaveLength(4);
    expect(traced.map(([id]) => id)).not.toContain(functionOf(prod, 'Sweeper')[0]);
  });

  test('the one statement about every resource is X-Ray’s', () => {
    const everywhere = resources(prod, 'AWS::IAM::Policy').flatMap(([, { Properties }]) =>
      (Properties['PolicyDocument'] as { Statement: { Action: unknown; Resource: unknown }[] }).Statement.filter(
        ({ Resource }) => Resource === '*',
      ),
    );
    expect(new Set(everywhere.map(({ Action }) => JSON.stringify(Action)))).toEqual(
      new Set(['["xray:PutTraceSegments","xray:PutTelemetryRecords"]']),
    );
  });
});

describe('lifecycle events', () => {
  const announcing = synthesize('dev', 'stepwell', { lifecycleEvents: true });

  test('have a bus of their own, which whoever ends executions may write to and knows by name', () => {
    const bus = resources(announcing, 'AWS::Events::EventBus')[0]![0];
    for (const construct of ['Api', 'Worker', 'IsolatedWorker', 'DeadLetters', 'Sweeper']) {
      expect(statementsOf(announcing, construct)).toContainEqual({
        Effect: 'Allow',
        Action: 'events:PutEvents',
        Resource: { 'Fn::GetAtt': [bus, 'Arn'] },
      });
      const { Variables } = functionOf(announcing, construct)[1].Properties['Environment'] as { Variables: object };
      expect(Variables).toMatchObject({ STEPWELL_EVENT_BUS: { Ref: bus } });
    }
  });

  test('off, nobody may write any', () => {
    expect(JSON.stringify(dev.toJSON())).not.toContain('events:');
    expect(JSON.stringify(prod.toJSON())).not.toContain('events:PutEvents');
  });
});

test('the access log alone goes to the cheaper class: metrics are extracted from the standard one', () => {
  const cheaper = synthesize('prod', 'stepwell', { infrequentAccessLogs: true });
  const groups = matching(cheaper, 'AWS::Logs::LogGroup', { LogGroupClass: 'INFREQUENT_ACCESS' });
  expect(groups).toHaveLength(1);
  expect(groups[0]).toMatch(/^PublicApiInfrequentAccessLog/);
  // A group cannot change its class: another one takes its place, under another name.
  const named = (template: typeof prod) =>
    resources(template, 'AWS::Logs::LogGroup').flatMap(([, { Properties }]) =>
      JSON.stringify(Properties['LogGroupName'] ?? []),
    );
  expect(resources(prod, 'AWS::Logs::LogGroup').map(([id]) => id)).not.toContain(groups[0]);
  expect(named(cheaper).filter((name) => name !== '[]')).not.toEqual(named(prod).filter((name) => name !== '[]'));
});
