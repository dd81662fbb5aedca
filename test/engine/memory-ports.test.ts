import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../shared/adapters/memory/clock.ts';
import { MemoryExecutionStore } from '../../shared/adapters/memory/execution-store.ts';
import { MemoryWorkQueue } from '../../shared/adapters/memory/work-queue.ts';
import type { Header } from '../../shared/domain/execution/records.ts';
import { epochMs } from '../../shared/domain/time.ts';
import type { WorkMessage } from '../../shared/engine/messages.ts';
import { failed, LEASE, NOW, running, settled } from '../domain/execution/records.ts';

const KEY = { workspace: 'ws', execution: 'ex' };
const HEADER: Header = {
  ...KEY,
  workflow: 'w',
  version: 1,
  status: 'running',
  gen: 1,
  redrives: [],
  rev: 1,
  input: { at: 'record', value: { x: [1] } },
  tags: {},
  trigger: 'api',
  request: 'r',
  createdAt: NOW,
  deadline: epochMs(9e12),
  check: epochMs(5_000),
  op: 'op1',
};

describe('the store', () => {
  test('creates a header once; an equal op is our own earlier write', async () => {
    const store = new MemoryExecutionStore();
    expect(await store.createHeader(HEADER)).toEqual({ created: true });
    expect(await store.createHeader(HEADER)).toEqual({ created: true });
    expect(await store.createHeader({ ...HEADER, op: 'op2' })).toEqual({ created: false, existing: HEADER });
  });

  test('replaces a header only at the revision that was read', async () => {
    const store = new MemoryExecutionStore();
    const next = { ...HEADER, rev: 2, op: 'op2' };
    expect(await store.replaceHeader(next)).toBe(false);
    await store.createHeader(HEADER);
    expect([
      await store.replaceHeader(next),
      await store.replaceHeader(next),
      await store.replaceHeader({ ...next, op: 'op3' }),
    ]).toEqual([true, true, false]);
    expect(await store.readHeader(KEY)).toEqual(next);
  });

  test('writes a node if it is absent, or at the status and fence that were read', async () => {
    const store = new MemoryExecutionStore();
    const claim = running('a');
    expect(await store.writeNode(KEY, claim, { status: 'running', fence: 1 })).toEqual({
      written: false,
      existing: undefined,
    });
    expect(await store.writeNode(KEY, claim, 'absent')).toEqual({ written: true });
    expect(await store.writeNode(KEY, claim, 'absent')).toEqual({ written: true });
    const end = settled('a', { op: 'op2', output: 1 });
    expect(await store.writeNode(KEY, end, 'absent')).toEqual({ written: false, existing: claim });
    expect(await store.writeNode(KEY, end, { status: 'running', fence: 2 })).toMatchObject({ written: false });
    expect(await store.writeNode(KEY, end, { status: 'running', fence: 1 })).toEqual({ written: true });
    expect(await store.readNode(KEY, { node: 'a', gen: 1 })).toEqual(end);
    expect(await store.readNode(KEY, { node: 'a', gen: 2 })).toBeUndefined();
  });

  test('leaves outputs out of what it answers a refused write with, and of statuses', async () => {
    const store = new MemoryExecutionStore();
    const pure = {
      p: { status: 'succeeded', output: 2, branch: 'yes' },
      q: { status: 'failed', error: failed('q').error! },
    } as const;
    const end = settled('a', { output: 1, pure });
    const { output: _output, ...rest } = end;
    const bare = { ...rest, pure: { ...pure, p: { status: 'succeeded', branch: 'yes' } } };
    await store.writeNode(KEY, end, 'absent');
    expect(await store.writeNode(KEY, { ...end, op: 'other' }, 'absent')).toEqual({ written: false, existing: bare });
    expect(await store.readAll(KEY, 'statuses')).toEqual({ nodes: [bare], groups: [] });
    expect(await store.readAll(KEY, 'outputs')).toEqual({ nodes: [end], groups: [] });
    expect(
      await store.readNodes(
        KEY,
        [
          { node: 'a', gen: 1 },
          { node: 'b', gen: 1 },
        ],
        'outputs',
      ),
    ).toEqual([end]);
    expect(await store.readNodes(KEY, [{ node: 'a', gen: 1 }], 'statuses')).toEqual([bare]);
  });

  test('unites arrivals, and lets one worker take a group', async () => {
    const store = new MemoryExecutionStore();
    const set = { join: 'j', gen: 1, level: 0, chunk: 0 };
    await store.arrive(KEY, set, ['0l']);
    expect(await store.arrive(KEY, set, ['1d', '0l'])).toEqual(new Set(['0l', '1d']));
    expect(await store.arrive(KEY, { ...set, gen: 2 }, ['1d'])).toEqual(new Set(['1d']));
    const group = { node: 'a', gen: 1, group: 0, lease: LEASE, op: 'op1' };
    expect([await store.takeGroup(KEY, group), await store.takeGroup(KEY, group)]).toEqual([
      { taken: true },
      { taken: true },
    ]);
    expect(await store.takeGroup(KEY, { ...group, op: 'op2' })).toEqual({ taken: false, existing: group });
    expect((await store.readAll(KEY, 'statuses')).groups).toEqual([group]);
  });

  test('names executions whose check is due, oldest first', async () => {
    const store = new MemoryExecutionStore();
    const at = (execution: string, check: number | undefined) =>
      store.createHeader({ ...HEADER, execution, ...(check !== undefined && { check: epochMs(check) }) });
    const { check: _check, ...unchecked } = HEADER;
    await Promise.all([
      at('late', 300),
      at('first', 100),
      at('second', 200),
      store.createHeader({ ...unchecked, execution: 'never' }),
    ]);
    const due = async (now: number, limit: number) =>
      (await store.dueForCheck(epochMs(now), limit)).map(({ execution }) => execution);
    expect([await due(99, 9), await due(200, 9), await due(999, 2)]).toEqual([
      [],
      ['first', 'second'],
      ['first', 'second'],
    ]);
  });

  test('gives and takes copies', async () => {
    const store = new MemoryExecutionStore();
    const value = { x: [1] };
    await store.createHeader({ ...HEADER, input: { at: 'record', value } });
    value.x.push(2);
    const read = (await store.readHeader(KEY))!;
    expect(read.input).toEqual({ at: 'record', value: { x: [1] } });
    const loaded = await store.load(read.input);
    (loaded as typeof value).x.push(3);
    expect(await store.load(read.input)).toEqual({ x: [1] });
    await expect(store.load({ at: 'payload', ref: 'p', bytes: 1 })).rejects.toThrow('no payload p');
  });
});

describe('the queue', () => {
  const message: WorkMessage = { v: 1, ws: 'ws', ex: 'ex', kind: 'expire' };

  test('delays, hides what is worked, and brings back what was not deleted', async () => {
    const clock = new VirtualClock(1_000);
    const queue = new MemoryWorkQueue(clock);
    await queue.send([{ message }, { message, notBefore: epochMs(1_500) }]);
    expect(queue.visible.map(({ id }) => id)).toEqual(['m1']);
    expect(queue.nextVisibleAt).toBe(1_500);
    expect(queue.receive('m1', 2_000).delivery).toEqual({ id: 'm1', receiveCount: 1, isolated: false });
    clock.advance(500);
    expect(queue.visible.map(({ id }) => id)).toEqual(['m2']);
    clock.advance(1_500);
    const again = queue.receive('m1', 1_000).delivery;
    expect(again.receiveCount).toBe(2);
    queue.delete({ id: 'm1', receiveCount: 1 });
    queue.release({ id: 'm1', receiveCount: 1 });
    expect(queue.visible.map(({ id }) => id)).toEqual(['m2']);
    queue.release(again);
    expect(queue.visible.map(({ id }) => id)).toEqual(['m1', 'm2']);
    queue.delete(again);
    queue.lose('m2');
    expect([queue.messages, queue.sent, queue.nextVisibleAt]).toEqual([[], 2, undefined]);
    expect(() => queue.receive('m1', 1)).toThrow('no message m1');
  });
});

describe('the clock', () => {
  test('stands still until it is moved, and wakes sleepers in order, each at its time', async () => {
    const clock = new VirtualClock(1_000);
    const woken: string[] = [];
    const sleep = (ms: number) =>
      clock.sleep(ms, new AbortController().signal).then(() => woken.push(`${ms} at ${clock.now()}`));
    const all = Promise.all([sleep(300), sleep(100), sleep(900)]);
    expect([clock.nextWake, clock.after(50)]).toEqual([1_100, 1_050]);
    clock.advanceTo(epochMs(1_100));
    await Promise.resolve();
    await Promise.resolve();
    expect(woken).toEqual(['100 at 1100']);
    clock.advance(10_000);
    await all;
    expect(woken.map((text) => text.split(' ')[0])).toEqual(['100', '300', '900']);
    clock.advanceTo(epochMs(5));
    expect(clock.now()).toBe(11_100);
  });

  test('ends a sleep early when told so', async () => {
    const clock = new VirtualClock();
    const stop = new AbortController();
    const asleep = clock.sleep(1_000, stop.signal);
    stop.abort();
    await asleep;
    await clock.sleep(1_000, stop.signal);
    expect(clock.nextWake).toBeUndefined();
  });
});
