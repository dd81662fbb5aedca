import { DynamoDBClient, DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createWorkerHandler } from '../../lambdas/worker/handler.ts';
import { ACCOUNT, clientOf } from '../../local/aws-identity.ts';
import { versionKey } from '../../shared/adapters/aws/dynamo/keys.ts';
import { keyAttributes } from '../../shared/adapters/aws/dynamo/attributes.ts';
import { ENV } from '../../shared/config/env.ts';
import { WORKER } from '../../shared/config/functions.ts';
import { startRecordingTarget, type RecordingTarget } from '../support/recording-target.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

/** The workspace of the local stack's own key. */
const WORKSPACE = 'default';
/** Messages for these nodes fail whenever they are delivered. */
const blocked = new Set<string>();
const isFor = (node: string, body: string): boolean => body.includes(`"kind":"node","node":"${node}"`);
/** What was delivered and failed. */
const failed: string[] = [];
const WAIT = { timeout: 40_000, interval: 100 };

let target: RecordingTarget;
let running: TestStack;
let sqs: SQSClient;

beforeAll(async () => {
  target = await startRecordingTarget();
  running = await startTestStack({
    httpAllow: target.authority,
    createWorkerHandler: (env) => {
      const handler = createWorkerHandler(env);
      return async ({ Records }, context) => {
        const isBlocked = ({ body }: { readonly body: string }) => [...blocked].some((node) => isFor(node, body));
        const refused = Records.filter(isBlocked);
        failed.push(...refused.map(({ body }) => body));
        const { batchItemFailures } = await handler({ Records: Records.filter((one) => !isBlocked(one)) }, context);
        const again = refused.map(({ messageId }) => ({ itemIdentifier: messageId }));
        return { batchItemFailures: [...batchItemFailures, ...again] };
      };
    },
  });
  sqs = new SQSClient({ ...clientOf(running.stack.endpoints.sqs), useQueueUrlAsEndpoint: false });
  await dieAsDeployed();
});

afterAll(async () => {
  sqs.destroy();
  await running.stop();
  await target.stop();
});

/** Messages die after as many deliveries as on AWS; a laptop is more patient, because it is switched off now and then. */
async function dieAsDeployed(): Promise<void> {
  for (const { name, RedrivePolicy } of running.stack.resources.queues) {
    if (RedrivePolicy === undefined) continue;
    const QueueUrl = `${running.stack.endpoints.sqs}/${ACCOUNT}/${name}`;
    const Attributes = { RedrivePolicy: JSON.stringify(RedrivePolicy) };
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
  }
}

/** `work`, `parked`, `dead`: addresses. */
function queueUrl(queue: 'work' | 'parked' | 'dead'): string {
  if (queue === 'work') return running.stack.env[ENV.workQueueUrl] ?? '';
  // The API may not park, and does not know where that would be.
  const worker = running.stack.resources.functions.find(({ folder }) => folder === 'worker');
  if (queue === 'parked') return worker?.environment[ENV.parkedQueueUrl] ?? '';
  const dead = running.stack.resources.queues.find(({ name }) => name.startsWith('QueuesDeadLetters'));
  return `${running.stack.endpoints.sqs}/${ACCOUNT}/${dead?.name}`;
}

const put = (queue: 'work' | 'dead', body: string) =>
  sqs.send(new SendMessageCommand({ QueueUrl: queueUrl(queue), MessageBody: body }));

async function takeParked(): Promise<string[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: queueUrl('parked'), MaxNumberOfMessages: 10, VisibilityTimeout: 0 }),
  );
  return Messages.map(({ Body = '' }) => Body);
}

const http = (path: string, needs: readonly string[] = []) => ({
  type: 'http',
  ...(needs.length > 0 && { needs }),
  with: { url: `${target.url}${path}` },
});

test('a message that fails every time: its node fails as dispatch_dead, its error edge takes it, the rest goes on', async () => {
  blocked.add('charge');
  const execution = await running.api.run({
    name: 'caught',
    nodes: {
      price: http('/price'),
      // Long enough for a message of its own.
      charge: { ...http('/charge', ['price']), timeout: '5m' },
      refund: http('/refund', ['charge.error']),
      ship: http('/ship', ['charge']),
    },
  });
  blocked.delete('charge');
  expect(failed.filter((body) => isFor('charge', body))).toHaveLength(WORKER.maxReceiveCount);
  expect(execution).toMatchObject({
    status: 'succeeded',
    nodes: {
      price: { status: 'succeeded' },
      charge: { status: 'failed', error: { code: 'dispatch_dead', category: 'internal' } },
      refund: { status: 'succeeded' },
      ship: { status: 'skipped', reason: 'branch' },
    },
  });
  expect(target.calls('/charge')).toHaveLength(0);
  expect(target.calls('/refund')).toHaveLength(1);
});

test('uncaught it ends the execution; put back twice, in either queue, its message changes nothing', async () => {
  blocked.add('pay');
  const execution = await running.api.run({
    name: 'uncaught',
    nodes: { first: http('/first'), pay: { ...http('/pay', ['first']), timeout: '5m' }, last: http('/last', ['pay']) },
  });
  blocked.delete('pay');
  expect(execution).toMatchObject({
    status: 'failed',
    reason: 'node_failed',
    error: { node: 'pay', code: 'dispatch_dead' },
    nodes: { last: { status: 'skipped', reason: 'upstream_failed' } },
  });
  const body = failed.find((text) => isFor('pay', text)) ?? '';
  for (const queue of ['work', 'dead', 'work', 'dead'] as const) await put(queue, body);
  // A later execution has gone through both queues: so have they.
  await running.api.run({ name: 'later', nodes: { a: http('/later') } });
  await vi.waitFor(async () => expect(await waitingIn('work', 'dead')).toBe(0), WAIT);
  expect(await running.api.execution(execution.id)).toEqual(execution);
  expect(target.calls('/pay')).toHaveLength(0);
  expect(target.calls('/first')).toHaveLength(1);
});

test('sent to the dead-letter queue by hand, the very first message ends its execution', async () => {
  blocked.add('$start');
  await running.api.save({ name: 'never-began', nodes: { a: http('/never-began') } });
  const id = await running.api.start('never-began');
  await vi.waitFor(() => expect(failed.some((body) => body.includes(id))).toBe(true), WAIT);
  await put('dead', JSON.stringify({ v: 1, ws: WORKSPACE, ex: id, kind: 'node', node: '$start', gen: 1 }));
  const execution = await running.api.ended(id);
  blocked.delete('$start');
  expect(execution).toMatchObject({ status: 'failed', reason: 'node_failed', error: { code: 'dispatch_dead' } });
  expect(target.calls('/never-began')).toHaveLength(0);
});

test('what cannot be read is parked, whichever queue it comes from, and the stack goes on', async () => {
  const bodies = [
    'not ours at all',
    JSON.stringify({ v: 2, ws: WORKSPACE, ex: 'e', kind: 'node', node: { path: ['a'] } }),
    JSON.stringify({ v: 1, ws: WORKSPACE, ex: 'e', kind: 'teleport' }),
  ];
  for (const body of bodies) await put('work', body);
  await put('dead', 'dead and not ours');
  const seen = new Set<string>();
  await vi.waitFor(async () => {
    for (const body of await takeParked()) seen.add(body);
    expect([...seen].sort()).toEqual([...bodies, 'dead and not ours'].sort());
  }, WAIT);
  expect(await running.api.run({ name: 'after-that', nodes: { a: http('/after') } })).toMatchObject({
    status: 'succeeded',
  });
  await vi.waitFor(async () => expect(await waitingIn('work', 'dead')).toBe(0), WAIT);
});

test('an execution whose stored definition is gone ends as failed, and can still be read', async () => {
  await running.api.save({ name: 'gone', nodes: { a: http('/gone') } });
  const id = await running.api.start('gone', { hold: true });
  const dynamodb = new DynamoDBClient(clientOf(running.stack.endpoints.dynamodb));
  const Key = keyAttributes(versionKey(WORKSPACE, 'gone', 1));
  await dynamodb.send(new DeleteItemCommand({ TableName: running.stack.env[ENV.tableName], Key }));
  dynamodb.destroy();
  await running.api.call('POST', `/v1/executions/${id}/start`);
  const execution = await running.api.ended(id);
  expect(execution).toMatchObject({ status: 'failed', reason: 'node_failed', error: { code: 'dispatch_dead' } });
  expect(execution.error.message).toContain("version 1 of 'gone' is not stored");
});

/** Messages in these queues, hidden ones included. */
async function waitingIn(...queues: ('work' | 'dead')[]): Promise<number> {
  const counts = await Promise.all(
    queues.map(async (queue) => {
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: queueUrl(queue), AttributeNames: ['All'] }),
      );
      const count = (name: 'ApproximateNumberOfMessages' | 'ApproximateNumberOfMessagesNotVisible') =>
        Number(Attributes[name] ?? 0);
      return count('ApproximateNumberOfMessages') + count('ApproximateNumberOfMessagesNotVisible');
    }),
  );
  return counts.reduce((sum, each) => sum + each, 0);
}
