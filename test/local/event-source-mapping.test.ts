import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { clientOf } from '../../local/aws-identity.ts';
import type { Fauxqs } from '../../local/emulators/fauxqs.ts';
import { startFauxqs } from '../../local/emulators/fauxqs.ts';
import type { EventSourceMappingOptions, QueueHandler } from '../../local/lambda/event-source-mapping.ts';
import { EventSourceMapping } from '../../local/lambda/event-source-mapping.ts';

const WAIT = { timeout: 15_000, interval: 20 };
// As long as SQS allows at the least, so that nothing here waits longer than a second or two.
const QUICK = { visibilitySeconds: 1, heartbeatMs: 300, retryVisibilitySeconds: 1 };

let fauxqs: Fauxqs;
let sqs: SQSClient;
let queues = 0;
const started: EventSourceMapping[] = [];

beforeAll(async () => {
  fauxqs = await startFauxqs(undefined);
  sqs = new SQSClient({ ...clientOf(fauxqs.endpoint), useQueueUrlAsEndpoint: false });
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((mapping) => mapping.stop(0)));
});
afterAll(async () => {
  sqs.destroy();
  await fauxqs.stop();
});

interface TestQueue {
  readonly name: string;
  readonly url: string;
}

async function newQueue(Attributes: Record<string, string> = {}): Promise<TestQueue> {
  queues += 1;
  const name = `queue-${queues}`;
  await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes }));
  return { name, url: `${fauxqs.endpoint}/000000000000/${name}` };
}

async function send(queue: TestQueue, ...bodies: string[]): Promise<void> {
  const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
  await sqs.send(new SendMessageBatchCommand({ QueueUrl: queue.url, Entries }));
}

type Overrides = Partial<EventSourceMappingOptions> & { batchSize?: number; reportBatchItemFailures?: boolean };

function feed(queue: TestQueue, handler: QueueHandler, overrides: Overrides = {}): EventSourceMapping {
  const { batchSize = 10, reportBatchItemFailures = true, ...options } = overrides;
  const mapping = new EventSourceMapping({
    sqs,
    hiding: sqs,
    queueUrl: queue.url,
    mapping: {
      functionName: 'fn',
      queueArn: `arn:aws:sqs:us-east-1:000000000000:${queue.name}`,
      queueName: queue.name,
      batchSize,
      reportBatchItemFailures,
      maximumConcurrency: undefined,
    },
    fn: { name: 'fn', folder: 'worker', timeoutSeconds: 30, memoryMb: 128, environment: {} },
    concurrency: 8,
    handler,
    log: () => undefined,
    timing: QUICK,
    ...options,
  });
  started.push(mapping);
  return mapping;
}

/** Messages that are visible or in flight. */
async function left(queue: TestQueue): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queue.url, AttributeNames: ['All'] }),
  );
  return Number(Attributes.ApproximateNumberOfMessages) + Number(Attributes.ApproximateNumberOfMessagesNotVisible);
}

test('a batch is handed over as Lambda does, and deleted when the handler returns', async () => {
  const queue = await newQueue();
  await send(queue, 'a', 'b', 'c');
  const handler = vi.fn<QueueHandler>(async () => ({ batchItemFailures: [] }));
  feed(queue, handler);
  await vi.waitFor(async () => expect(await left(queue)).toBe(0), WAIT);
  const [event, context] = handler.mock.calls[0]!;
  expect(event.Records.map((record) => record.body)).toEqual(['a', 'b', 'c']);
  expect(event.Records[0]).toMatchObject({
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${queue.name}`,
    awsRegion: 'us-east-1',
    attributes: { ApproximateReceiveCount: '1' },
  });
  expect(context.awsRequestId).toMatch(/^[0-9a-f-]{36}$/);
  expect(context.getRemainingTimeInMillis()).toBeGreaterThan(20_000);
});

test('the batch size is the mapping’s', async () => {
  const queue = await newQueue();
  await send(queue, '1', '2', '3');
  const sizes: number[] = [];
  feed(queue, async (event) => void sizes.push(event.Records.length), { batchSize: 1 });
  await vi.waitFor(async () => expect(await left(queue)).toBe(0), WAIT);
  expect(sizes).toEqual([1, 1, 1]);
});

test('of a batch that failed in part, only the failed messages come back, counted', async () => {
  const queue = await newQueue();
  await send(queue, 'good', 'bad');
  const seen: string[] = [];
  feed(queue, async (event) => {
    seen.push(...event.Records.map((record) => `${record.body}:${record.attributes.ApproximateReceiveCount}`));
    const bad = event.Records.filter((r) => r.body === 'bad' && r.attributes.ApproximateReceiveCount === '1');
    return { batchItemFailures: bad.map((record) => ({ itemIdentifier: record.messageId })) };
  });
  await vi.waitFor(async () => expect(await left(queue)).toBe(0), WAIT);
  expect(seen).toEqual(['good:1', 'bad:1', 'bad:2']);
});

test.each([
  ['throws', async () => Promise.reject(new Error('boom'))],
  ['names a message that was not in the batch', async () => ({ batchItemFailures: [{ itemIdentifier: 'x' }] })],
  ['names no message', async () => ({ batchItemFailures: [{ itemIdentifier: '' }] })],
] satisfies [string, () => Promise<unknown>][])('a handler that %s failed the whole batch', async (_what, first) => {
  const queue = await newQueue();
  await send(queue, 'a', 'b');
  const counts: string[] = [];
  feed(queue, async (event) => {
    counts.push(...event.Records.map((record) => record.attributes.ApproximateReceiveCount));
    return counts.length <= 2 ? await first() : undefined;
  });
  await vi.waitFor(async () => expect(await left(queue)).toBe(0), WAIT);
  expect(counts).toEqual(['1', '1', '2', '2']);
});

test('a mapping without ReportBatchItemFailures deletes whatever the handler reports', async () => {
  const queue = await newQueue();
  await send(queue, 'a');
  const handler = vi.fn<QueueHandler>(async (event) => ({
    batchItemFailures: [{ itemIdentifier: event.Records[0]!.messageId }],
  }));
  feed(queue, handler, { reportBatchItemFailures: false });
  await vi.waitFor(async () => expect(await left(queue)).toBe(0), WAIT);
  expect(handler).toHaveBeenCalledTimes(1);
});

test('a message that keeps failing ends in the dead-letter queue', async () => {
  const dead = await newQueue();
  const redrive = { deadLetterTargetArn: `arn:aws:sqs:us-east-1:000000000000:${dead.name}`, maxReceiveCount: 2 };
  const queue = await newQueue({ RedrivePolicy: JSON.stringify(redrive) });
  await send(queue, 'poison');
  const handler = vi.fn<QueueHandler>(() => Promise.reject(new Error('boom')));
  feed(queue, handler);
  await vi.waitFor(async () => expect(await left(dead)).toBe(1), WAIT);
  expect(await left(queue)).toBe(0);
  expect(handler).toHaveBeenCalledTimes(2);
});

test('no more invocations run at once than the cap', async () => {
  const queue = await newQueue();
  await send(queue, ...Array.from({ length: 9 }, (_, index) => String(index)));
  let running = 0;
  let most = 0;
  let release: () => void = () => undefined;
  const full = new Promise<void>((resolve) => {
    release = resolve;
  });
  feed(
    queue,
    async () => {
      running += 1;
      most = Math.max(most, running);
      if (most === 3) release();
      await full;
      running -= 1;
    },
    { batchSize: 1, concurrency: 3 },
  );
  await vi.waitFor(async () => expect(await left(queue)).toBe(0), WAIT);
  expect(most).toBe(3);
});

test('a message whose handler takes longer than its visibility is handed out once', async () => {
  const queue = await newQueue();
  await send(queue, 'slow');
  const sentAt = Date.now();
  const receives = vi.fn<QueueHandler>(async () => {
    // Somebody else who polls sees nothing for as long as the invocation runs.
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queue.url, WaitTimeSeconds: 5 }));
    expect(Messages).toEqual([]);
  });
  // Wide enough that a busy machine which misses a few beats does not let go of the message.
  const timing = { ...QUICK, visibilitySeconds: 2 };
  feed(queue, receives, { concurrency: 1, timing });
  await vi.waitFor(async () => expect(await left(queue)).toBe(0), WAIT);
  expect(Date.now() - sentAt).toBeGreaterThan(2 * timing.visibilitySeconds * 1_000);
  expect(receives).toHaveBeenCalledTimes(1);
});

test('an invocation that outlives the function’s timeout has failed', async () => {
  const queue = await newQueue();
  await send(queue, 'a');
  const fn = { name: 'fn', folder: 'worker', timeoutSeconds: 0.2, memoryMb: 128, environment: {} };
  const handler = vi.fn<QueueHandler>(async () => undefined);
  handler.mockReturnValueOnce(new Promise(() => undefined));
  feed(queue, handler, { fn });
  await vi.waitFor(async () => expect(await left(queue)).toBe(0), WAIT);
  expect(handler).toHaveBeenCalledTimes(2);
});

test('stop waits for what runs, and takes nothing more', async () => {
  const queue = await newQueue();
  await send(queue, 'a');
  const { promise: entered, resolve: enter } = Promise.withResolvers<void>();
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const mapping = feed(queue, async () => {
    enter();
    await gate;
  });
  await entered;
  const stopped = mapping.stop();
  await sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'later' }));
  open();
  await stopped;
  expect(await left(queue)).toBe(1);
});

test('stop gives up on what does not end', async () => {
  const queue = await newQueue();
  await send(queue, 'a');
  const { promise: entered, resolve: enter } = Promise.withResolvers<void>();
  const mapping = feed(queue, () => {
    enter();
    return new Promise(() => undefined);
  });
  await entered;
  await mapping.stop(50);
  expect(await left(queue)).toBe(1);
});
