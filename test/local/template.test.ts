import { expect, test } from 'vitest';
import { resolveIntrinsics } from '../../local/template/intrinsics.ts';
import { localNames } from '../../local/template/local-names.ts';
import { readResources } from '../../local/template/resources.ts';
import { synthesizedTemplate } from '../../local/template/synth.ts';
import { ENV } from '../../shared/config/env.ts';
import { DEAD_LETTERS, ISOLATED, WORKER } from '../../shared/config/functions.ts';
import { TABLE } from '../../shared/config/table.ts';

const lookup = {
  ref: (id: string) => `ref(${id})`,
  attribute: (id: string, name: string) => `att(${id}.${name})`,
};

test.each([
  [{ Ref: 'A' }, 'ref(A)'],
  [{ 'Fn::GetAtt': ['A', 'Arn'] }, 'att(A.Arn)'],
  [{ 'Fn::Join': ['/', ['x', { Ref: 'A' }]] }, 'x/ref(A)'],
  [{ 'Fn::Sub': 'x-${A}-${A.Arn}-${!A}' }, 'x-ref(A)-att(A.Arn)-${A}'],
  [{ 'Fn::Sub': ['${v}-${A}', { v: { Ref: 'B' } }] }, 'ref(B)-ref(A)'],
  [{ deep: [{ Ref: 'A' }, 1, null, true] }, { deep: ['ref(A)', 1, null, true] }],
])('%j resolves', (value, expected) => {
  expect(resolveIntrinsics(value, lookup)).toEqual(expected);
});

test('an intrinsic that is not known stops the start instead of becoming a value', () => {
  expect(() => resolveIntrinsics({ 'Fn::ImportValue': 'x' }, lookup)).toThrow('does not know');
});

test('the synthesized template yields what the local stack creates', async () => {
  const template = await synthesizedTemplate({ stage: 'dev' });
  const places = { baseUrl: 'http://127.0.0.1:3000', queueUrl: (name: string) => `http://127.0.0.1:1/0/${name}` };
  const resources = readResources(template, localNames(template, places));

  const [table] = resources.tables;
  expect(table?.GlobalSecondaryIndexes.map((index) => index.IndexName)).toEqual([TABLE.listing.name, TABLE.sweep.name]);
  expect(table?.TimeToLiveSpecification).toEqual({ AttributeName: TABLE.ttl, Enabled: true });
  expect(resources.buckets).toEqual([expect.stringMatching(/^[a-z0-9]+$/)]);
  expect(resources.scheduleGroups).toEqual(['stepwell-dev']);
  expect(resources.queues).toHaveLength(5);
  const redriving = resources.queues.filter((queue) => queue.RedrivePolicy !== undefined);
  expect(redriving.map((queue) => queue.RedrivePolicy?.maxReceiveCount)).toEqual([
    WORKER.maxReceiveCount,
    WORKER.maxReceiveCount,
  ]);

  expect(
    resources.mappings.map(({ batchSize, reportBatchItemFailures }) => [batchSize, reportBatchItemFailures]),
  ).toEqual([
    [WORKER.batchSize, true],
    [ISOLATED.batchSize, true],
    [DEAD_LETTERS.batchSize, true],
  ]);
  expect(resources.functions.map((fn) => fn.folder)).toEqual(['api', 'worker', 'worker', 'dead-letters', 'sweeper']);
  const [api] = resources.functions;
  expect(api?.environment).toMatchObject({
    [ENV.tableName]: table?.name,
    [ENV.bucketName]: resources.buckets[0],
    [ENV.baseUrl]: places.baseUrl,
    [ENV.workQueueUrl]: expect.stringMatching(/^http:\/\/127\.0\.0\.1:1\/0\/QueuesWork/) as string,
    [ENV.workQueueArn]: expect.stringMatching(/^arn:aws:sqs:us-east-1:000000000000:QueuesWork/) as string,
    [ENV.scheduleGroup]: 'stepwell-dev',
  });
});
