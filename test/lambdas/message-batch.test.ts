import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { afterEach, describe, expect, test } from 'vitest';
import { buryBatch } from '../../lambdas/dead-letters/bury-batch.ts';
import { workBatch } from '../../lambdas/worker/work-batch.ts';
import type { EngineDeps } from '../../shared/engine/engine-deps.ts';
import { readMessage } from '../../shared/engine/read-message.ts';
import { UnreadableError } from '../../shared/engine/unreadable.ts';
import { compile, EngineHarness } from '../support/engine-harness.ts';

const CONTEXT = { memoryLimitInMB: '512', getRemainingTimeInMillis: () => 60_000 };
const plan = compile({ a: { type: 'task' } });

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

function record(id: string, body: string): SQSRecord {
  return {
    messageId: id,
    receiptHandle: id,
    body,
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '0',
      SenderId: '',
      ApproximateFirstReceiveTimestamp: '0',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:eu-west-1:000000000000:work',
    awsRegion: 'eu-west-1',
  };
}

async function withExecution() {
  const harness = new EngineHarness(plan);
  cleanups.push(() => harness.dispose());
  await harness.start();
  const [first] = harness.queue.messages;
  return { harness, body: JSON.stringify(first?.message) };
}

/** What a batch of these bodies comes to; messages are named by their place in it. */
async function handle(batch: typeof workBatch, engine: EngineDeps, bodies: readonly string[]) {
  const failures: string[] = [];
  const parked: string[] = [];
  const event: SQSEvent = { Records: bodies.map((body, at) => record(String(at), body)) };
  const response = await batch(
    {
      engine,
      reportFailure: ({ messageId }) => void failures.push(messageId),
      reportParked: ({ messageId }, { message }) => void parked.push(`${messageId}: ${message}`),
    },
    event,
    CONTEXT,
  );
  return { again: response.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier), failures, parked };
}

const UNREADABLE = [
  ['not JSON', '{ not ours'],
  ['no object', '7'],
  ['a kind that nobody knows', JSON.stringify({ v: 1, ws: 'w', ex: 'e', kind: 'teleport' })],
  ['another shape', JSON.stringify({ v: 1, ws: 'w', ex: 'e', kind: 'node', node: 7, gen: 1 })],
  ['a newer version', JSON.stringify({ v: 2, ws: 'w', ex: 'e', kind: 'recover' })],
  ['a version that is no number', JSON.stringify({ v: '1', ws: 'w', ex: 'e', kind: 'recover' })],
] as const;

describe.each([
  ['worker', workBatch],
  ['dead-letter consumer', buryBatch],
])('%s', (_, batch) => {
  test.each(UNREADABLE)('%s: parked as it came, not worked, not seen again', async (_name, body) => {
    const { harness, body: good } = await withExecution();
    const { again, failures, parked } = await handle(batch, harness.deps(), [body, good]);
    expect({ again, failures, parked: parked.length }).toEqual({ again: [], failures: [], parked: 1 });
    expect(harness.queue.parked).toEqual([body]);
    await harness.runToEnd();
    expect(await harness.hasEnded()).toBe(true);
  });

  test('a message whose execution a newer deployment wrote is parked, and its execution untouched', async () => {
    const { harness, body } = await withExecution();
    const store = new Proxy(harness.store, {
      get: (target, name) => {
        if (name === 'readHeader') return () => Promise.reject(new UnreadableError('record H has version 2'));
        const method: unknown = Reflect.get(target, name);
        return typeof method === 'function' ? method.bind(target) : method;
      },
    });
    const { again, parked } = await handle(batch, { ...harness.deps(), store }, [body]);
    expect({ again, parked }).toEqual({ again: [], parked: ['0: record H has version 2'] });
    expect(harness.queue.parked).toEqual([body]);
    expect((await harness.header()).status).toBe('running');
  });

  test('what could not be parked comes again', async () => {
    const { harness } = await withExecution();
    const queue = { send: () => Promise.resolve(), park: () => Promise.reject(new Error('SQS does not answer')) };
    const { again, failures } = await handle(batch, { ...harness.deps(), queue }, ['{']);
    expect({ again, failures }).toEqual({ again: ['0'], failures: ['0'] });
  });
});

test('a missing version is 1, and members that we do not know are ignored', () => {
  const message = { ws: 'w', ex: 'e', kind: 'node', node: 'a', gen: 1 };
  expect(readMessage(JSON.stringify({ ...message, colour: 'red' }))).toEqual({ v: 1, ...message });
});

test('why a message was not read names its version, or what is wrong with it', () => {
  const why = (body: unknown) => () => readMessage(typeof body === 'string' ? body : JSON.stringify(body));
  expect(why({ v: 3, kind: 'anything' })).toThrow('it has version 3; this deployment reads up to 1');
  expect(why({ v: 1, ws: 'w', kind: 'recover' })).toThrow('it is no message of ours: ex');
  expect(why('')).toThrow('it is not JSON');
});
