import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WorkMessage } from '../../shared/engine/messages.ts';
import { acceptCallback } from '../../shared/engine/callback.ts';
import { readMessage } from '../../shared/engine/read-message.ts';
import { AwsServices } from '../contracts/aws-services.ts';
import { readRecording, RecordedExecution, type Recording } from '../support/recorded-execution.ts';

/**
 * What version 1 wrote (test/fixtures/v1) is read, and gone on with, by today's code. The files were recorded from the
 * real adapters and are never recorded again for the same version: if this fails, either today's code is wrong or it
 * needs a new version.
 */
const FIXTURES = join(import.meta.dirname, '../fixtures/v1');
const recording = readRecording(join(FIXTURES, 'execution.json'));
const messages = JSON.parse(readFileSync(join(FIXTURES, 'messages.json'), 'utf8')) as Record<string, unknown>[];

let services: AwsServices;
beforeAll(async () => {
  services = await AwsServices.start();
});
afterAll(() => services[Symbol.asyncDispose]());

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** The recorded table, as it lay there at the time. */
async function restored(items: Recording['items'] = recording.items): Promise<RecordedExecution> {
  const { workspace, execution, at } = recording;
  const recorded = new RecordedExecution(await services.newTable(), { workspace, execution }, at);
  cleanups.push(() => recorded.dispose());
  await recorded.put(items);
  return recorded;
}

describe('messages', () => {
  test.each(messages)('$kind', (message) => {
    expect(readMessage(JSON.stringify(message))).toEqual(message);
    const { v: _, ...unversioned } = message;
    expect(readMessage(JSON.stringify(unversioned))).toEqual(message);
  });

  test('there is one of every kind', () => {
    const kinds = WorkMessage.options.map(({ shape }) => shape.kind.value);
    expect(new Set(messages.map(({ kind }) => kind))).toEqual(new Set(kinds));
  });
});

describe('records', () => {
  test('every kind was recorded, and reads', async () => {
    const recorded = await restored();
    const kinds = new Set(recording.items.map(({ sk }) => sk?.S?.replace(/[#0-9].*/, '')));
    expect(kinds).toEqual(new Set(['H', 'J', 'N', 'S', 'V', 'recorded']));
    expect(await recorded.store.readHeader(recorded.key)).toMatchObject({
      workflow: 'recorded',
      version: 1,
      status: 'running',
      gen: 1,
      input: { at: 'record', value: { order: 7 } },
      tags: { team: 'a' },
    });
    const { nodes, groups } = await recorded.store.readAll(recorded.key, 'outputs');
    const byNode = Object.fromEntries(nodes.map((record) => [record.node, record]));
    expect(new Set(nodes.map(({ status }) => status))).toEqual(
      new Set(['succeeded', 'failed', 'running', 'retrying', 'waiting']),
    );
    expect(byNode['a']).toMatchObject({
      output: { n: 5 },
      pure: { doubled: { status: 'succeeded', output: 10 }, size: { branch: 'big' } },
    });
    expect(byNode['breaks']).toMatchObject({ status: 'failed', error: { code: 'boom', category: 'target' } });
    expect(byNode['retries']).toMatchObject({ status: 'retrying', attempt: 2, due: recording.at + 3_600_000 });
    expect(byNode['timer']).toMatchObject({ status: 'waiting', wait: { for: 'timer', due: recording.at + 7_200_000 } });
    expect(byNode['asks']).toMatchObject({ wait: { for: 'callback', schema: { type: 'object' } } });
    expect(byNode['dies']).toMatchObject({ status: 'running', fence: 1, lease: { since: recording.at } });
    expect(groups).toMatchObject([{ node: 'a', group: 0 }]);
  });
});

describe('a recorded execution goes on to its end', () => {
  /** An answer is given as soon as nothing else is left to do. */
  async function toItsEnd(recorded: RecordedExecution): Promise<void> {
    const hasEnded = async () => (await recorded.store.readHeader(recorded.key))?.status !== 'running';
    const answer = { node: 'asks', gen: 1, payload: { output: { yes: true } }, digest: 'd', requestId: 'r' };
    await acceptCallback(recorded.deps(), (_, value) => ({ value, problems: [] }), { ...recorded.key, ...answer });
    await recorded.drain(hasEnded);
    expect(recorded.failures).toEqual([]);
    expect(recorded.queue.parked).toEqual([]);
    expect(await recorded.store.readHeader(recorded.key)).toMatchObject({
      status: 'succeeded',
      output: { at: 'record', value: { doubled: 10, answer: { yes: true }, saw: { from: 'joins' } } },
    });
    // What had ended did not run again.
    const settled = recording.items.filter(({ status }) => ['succeeded', 'failed'].includes(status?.S ?? ''));
    const before = new Set(settled.map(({ sk }) => sk?.S?.replace('N#1#', '')));
    const ran = recorded.runs.map(({ node }) => node);
    expect(ran.filter((node) => before.has(node))).toEqual([]);
    expect(ran.toSorted()).toEqual([...new Set(ran)].sort());
    expect(ran).toEqual(expect.arrayContaining(['big', 'dies', 'ends', 'f39', 'joins', 'retries']));
    expect(recorded.runs.find(({ node }) => node === 'joins')?.input).toEqual({ saw: true });
  }

  test('by the messages that were in the queue', async () => {
    const recorded = await restored();
    for (const { id, body, receiveCount } of recording.messages)
      expect(await recorded.deliver(body, id, receiveCount + 1)).toBe(true);
    await toItsEnd(recorded);
  });

  test('by one recovery, from the records alone', async () => {
    const recorded = await restored();
    const { workspace: ws, execution: ex, at } = recording;
    // After the lease of the worker that died.
    recorded.clock.advanceTo(recorded.clock.after(2 * 300_000));
    expect(recorded.clock.now()).toBeGreaterThan(at);
    expect(await recorded.deliver(JSON.stringify({ ws, ex, kind: 'recover', by: 'm0' }), 'm0')).toBe(true);
    await toItsEnd(recorded);
  });
});

describe('what a newer version wrote is not touched: the message is parked', () => {
  test.each([
    ['the header', 'H'],
    ['a node', 'N#1#a'],
    ['a group', 'S#1#a#0'],
    ['the definition', 'V#0000000001'],
  ])('%s', async (_, sk) => {
    const items = recording.items.map((item) => (item['sk']?.S === sk ? { ...item, v: { N: '2' } } : item));
    expect(items).not.toEqual(recording.items);
    const recorded = await restored(items);
    const { workspace: ws, execution: ex } = recording;
    const body = JSON.stringify({ v: 1, ws, ex, kind: 'recover' });
    expect(await recorded.deliver(body, 'm0')).toBe(true);
    expect(recorded.queue.parked).toEqual([body]);
    expect(recorded.queue.sent).toBe(0);
    const partitions = [`${ws}#X#${ex}`, `${ws}#W`, `${ws}#W#recorded`];
    const sorted = (all: Recording['items']) => all.map((item) => JSON.stringify(item)).sort();
    const withV = items.map((item) => Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))));
    expect(sorted(await recorded.items(partitions))).toEqual(sorted(withV));
  });
});
