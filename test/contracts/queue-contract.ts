import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { epochMs, type EpochMs } from '../../shared/domain/time.ts';
import type { WorkMessage } from '../../shared/engine/messages.ts';
import type { WorkQueue } from '../../shared/engine/ports.ts';

export type QueueName = 'work' | 'isolated';

export interface Received {
  readonly id: string;
  readonly message: unknown;
  readonly receiveCount: number;
  /** When it was, by the clock of the queue's adapter. */
  readonly at: EpochMs;
  /** Names this delivery. */
  readonly receipt: string;
}

/** A work queue seen from both ends, with nothing in it. */
export interface OpenQueue {
  readonly queue: WorkQueue;
  now(): EpochMs;
  /** Up to ten messages, hidden from others for so long; waits up to `waitMs` for the first. */
  receive(from: QueueName, options: { readonly visibilityMs: number; readonly waitMs: number }): Promise<Received[]>;
  delete(from: QueueName, received: Received): Promise<void>;
  parked(): Promise<readonly string[]>;
  /** How many messages have still to wait, in the queue or beyond it. */
  delayed(): Promise<number>;
}

export interface QueueSubject extends AsyncDisposable {
  open(): Promise<OpenQueue>;
}

const LONG_MS = 60_000;
const WAIT_MS = 5_000;
const SHORTEST_MS = 1_000;

/** What the engine may rely on whatever carries its messages (`shared/engine/ports.ts`). */
export function describeQueueContract(name: string, start: () => Promise<QueueSubject>): void {
  // At the same time, because real queues take a real second to bring a message back.
  describe.concurrent(`the work queue: ${name}`, () => {
    let subject: QueueSubject;
    beforeAll(async () => {
      subject = await start();
    });
    afterAll(() => subject[Symbol.asyncDispose]());
    const open = (): Promise<OpenQueue> => subject.open();

    sendCases(open);
    isolationCases(open);
    parkCases(open);
    delayCases(open);
    deliveryCases(open);
  });
}

const node = (id: string): WorkMessage => ({ v: 1, ws: 'ws', ex: 'ex', kind: 'node', node: id, gen: 1 });
const nodes = (count: number) => Array.from({ length: count }, (_, at) => node(`n${at}`));

/** What can be received at once, until an empty answer. */
async function drain(opened: OpenQueue, from: QueueName, atLeast: number): Promise<Received[]> {
  const all: Received[] = [];
  for (;;) {
    const waitMs = all.length < atLeast ? WAIT_MS : 0;
    const received = await opened.receive(from, { visibilityMs: LONG_MS, waitMs });
    if (received.length === 0) return all;
    all.push(...received);
  }
}

async function receiveOne(opened: OpenQueue, visibilityMs = LONG_MS): Promise<Received> {
  const [received] = await opened.receive('work', { visibilityMs, waitMs: WAIT_MS });
  if (received === undefined) throw new Error('nothing came');
  return received;
}

const texts = (messages: readonly unknown[]) => messages.map((message) => JSON.stringify(message)).sort();

function sendCases(open: () => Promise<OpenQueue>): void {
  test.each([0, 1, 10, 11, 25, 100])('of %i messages brings each', async (count) => {
    const opened = await open();
    await opened.queue.send(nodes(count).map((message) => ({ message })));
    const received = await drain(opened, 'work', count);
    expect(texts(received.map(({ message }) => message))).toEqual(texts(nodes(count)));
    expect(new Set(received.map(({ id }) => id)).size).toBe(count);
    expect(received.every(({ receiveCount }) => receiveCount === 1)).toBe(true);
  });

  test.each<WorkMessage>([
    { v: 1, ws: 'ws', ex: 'ex', kind: 'group', node: 'a', gen: 2, group: 17 },
    { v: 1, ws: 'ws', ex: 'ex', kind: 'node', node: 'a', gen: 1, recovery: true, isolated: true },
    { v: 1, ws: 'ws', ex: 'ex', kind: 'recover' },
    { v: 1, ws: 'ws', ex: 'ex', kind: 'recover', by: 'message-1' },
    { v: 1, ws: 'ws', ex: 'ex', kind: 'expire' },
    { v: 1, ws: 'ws', ex: 'ex', kind: 'node', node: 'größe 支払い "quoted" <&> \\', gen: 1 },
    { v: 1, ws: 'w'.repeat(40), ex: 'x'.repeat(64), kind: 'node', node: 'n'.repeat(500), gen: 2 ** 40 },
  ])('brings a message as it was sent: %j', async (message) => {
    const opened = await open();
    await opened.queue.send([{ message }]);
    expect((await receiveOne(opened)).message).toEqual(message);
  });

  test('takes the same message twice for two', async () => {
    const opened = await open();
    await opened.queue.send([{ message: node('a') }]);
    await opened.queue.send([{ message: node('a') }]);
    const received = await drain(opened, 'work', 2);
    expect(new Set(received.map(({ id }) => id)).size).toBe(2);
  });

  test('takes what several send at once', async () => {
    const opened = await open();
    await Promise.all(nodes(20).map((message) => opened.queue.send([{ message }])));
    expect(await drain(opened, 'work', 20)).toHaveLength(20);
  });

  test('is not changed by what happens to a message after it was sent', async () => {
    const opened = await open();
    const message = node('a');
    await opened.queue.send([{ message }]);
    Reflect.set(message, 'node', 'changed');
    expect((await receiveOne(opened)).message).toEqual(node('a'));
  });
}

function parkCases(open: () => Promise<OpenQueue>): void {
  test.each(['{"v":2,"ws":"ws"}', 'no JSON at all', 'größe 支払い'])(
    'parks %s as it is, where no worker looks',
    async (body) => {
      const opened = await open();
      await opened.queue.park(body);
      expect(await opened.parked()).toEqual([body]);
      expect(await drain(opened, 'work', 0)).toEqual([]);
      expect(await drain(opened, 'isolated', 0)).toEqual([]);
    },
  );
}

function isolationCases(open: () => Promise<OpenQueue>): void {
  const isolated = (id: string) => ({ ...node(id), isolated: true }) as const;

  test('keeps isolated messages to a queue of their own', async () => {
    const opened = await open();
    await opened.queue.send([{ message: isolated('a'), isolated: true }]);
    expect((await drain(opened, 'isolated', 1)).map(({ message }) => message)).toEqual([isolated('a')]);
    expect(await drain(opened, 'work', 0)).toEqual([]);
  });

  test('sorts a mixed batch into both', async () => {
    const opened = await open();
    const plain = nodes(12);
    const alone = nodes(12).map(({ v }, at) => ({ ...isolated(`i${at}`), v }));
    const outgoing = plain.flatMap((message, at) => [{ message }, { message: alone[at] ?? message, isolated: true }]);
    await opened.queue.send(outgoing);
    expect(texts((await drain(opened, 'work', 12)).map(({ message }) => message))).toEqual(texts(plain));
    expect(texts((await drain(opened, 'isolated', 12)).map(({ message }) => message))).toEqual(texts(alone));
  });

  test('delays isolated messages, too', async () => {
    const opened = await open();
    const notBefore = epochMs(opened.now() + SHORTEST_MS);
    await opened.queue.send([{ message: isolated('a'), isolated: true, notBefore }]);
    const [received] = await opened.receive('isolated', { visibilityMs: LONG_MS, waitMs: WAIT_MS });
    expect(received?.at).toBeGreaterThanOrEqual(notBefore);
  });
}

function delayCases(open: () => Promise<OpenQueue>): void {
  test.each([
    ['now', 0],
    ['an hour ago', -3_600_000],
  ])('delivers at once what is due %s', async (_when, ms) => {
    const opened = await open();
    await opened.queue.send([{ message: node('a'), notBefore: epochMs(opened.now() + ms) }]);
    expect(await opened.delayed()).toBe(0);
    await receiveOne(opened);
  });

  test.each([1, 999, 1_000, 1_001])('does not deliver what is due in %i ms any earlier', async (ms) => {
    const opened = await open();
    const notBefore = epochMs(opened.now() + ms);
    await opened.queue.send([{ message: node('a'), notBefore }]);
    expect((await receiveOne(opened)).at).toBeGreaterThanOrEqual(notBefore);
  });

  test.each([
    ['14 minutes 59', 899_000],
    ['15 minutes', 900_000],
    ['15 minutes and a bit', 900_001],
    ['15 minutes 1', 901_000],
    ['a day', 86_400_000],
    ['30 days', 2_592_000_000],
  ])('keeps what is due in %s', async (_when, ms) => {
    const opened = await open();
    await opened.queue.send([{ message: node('a'), notBefore: epochMs(opened.now() + ms) }]);
    expect(await opened.delayed()).toBe(1);
    expect(await drain(opened, 'work', 0)).toEqual([]);
  });

  test('keeps some of a batch and delivers the others', async () => {
    const opened = await open();
    const delays = [0, 500_000, 2_000_000];
    const outgoing = nodes(30).map((message, at) => {
      const delay = delays[at % delays.length] ?? 0;
      return { message, ...(delay > 0 && { notBefore: epochMs(opened.now() + delay) }) };
    });
    await opened.queue.send(outgoing);
    expect(await drain(opened, 'work', 10)).toHaveLength(10);
    expect(await opened.delayed()).toBe(20);
  });
}

function deliveryCases(open: () => Promise<OpenQueue>): void {
  test('hides a message from others while it is worked', async () => {
    const opened = await open();
    await opened.queue.send([{ message: node('a') }]);
    await receiveOne(opened);
    expect(await opened.receive('work', { visibilityMs: LONG_MS, waitMs: 0 })).toEqual([]);
  });

  test('brings back what was not deleted: the same message, received once more', async () => {
    const opened = await open();
    await opened.queue.send([{ message: node('a') }]);
    const first = await receiveOne(opened, SHORTEST_MS);
    const second = await receiveOne(opened);
    expect(second).toMatchObject({ id: first.id, message: first.message, receiveCount: 2 });
    expect(second.at).toBeGreaterThanOrEqual(first.at);
  });

  test('does not bring back what was deleted', async () => {
    const opened = await open();
    await opened.queue.send([{ message: node('a') }, { message: node('b') }]);
    const [first, second] = await drain(opened, 'work', 2).then((all) => all as [Received, Received]);
    await opened.delete('work', first);
    await opened.delete('work', first);
    await opened.delete('work', second);
    expect(await opened.receive('work', { visibilityMs: LONG_MS, waitMs: 2 * SHORTEST_MS })).toEqual([]);
  });

  test('does not let whoever had a message before delete it from under the one who has it now', async () => {
    const opened = await open();
    await opened.queue.send([{ message: node('a') }]);
    const first = await receiveOne(opened, SHORTEST_MS);
    await receiveOne(opened, SHORTEST_MS);
    await opened.delete('work', first);
    expect(await receiveOne(opened)).toMatchObject({ id: first.id, receiveCount: 3 });
  });

  test('deletes one delivery of many and brings back the others', async () => {
    const opened = await open();
    await opened.queue.send(nodes(5).map((message) => ({ message })));
    const first = await opened.receive('work', { visibilityMs: SHORTEST_MS, waitMs: WAIT_MS });
    const deleted = first[0];
    if (deleted !== undefined) await opened.delete('work', deleted);
    const again = await drain(opened, 'work', 4);
    const expected = texts(nodes(5)).filter((text) => text !== JSON.stringify(deleted?.message));
    expect(texts(again.map(({ message }) => message))).toEqual(expected);
  });
}
