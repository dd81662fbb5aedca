import { afterEach, describe, expect, test } from 'vitest';
import { acceptCallback } from '../../shared/engine/callback.ts';
import { cancelExecution } from '../../shared/engine/cancel-execution.ts';
import type { WorkMessage } from '../../shared/engine/messages.ts';
import { StoredDefinitionError } from '../../shared/engine/stored-definition-error.ts';
import { CRASHES_MAX, SHORT_LEASE_MS } from '../../shared/engine/time-budget.ts';
import { bury, dieOf, isGroup, isNode, type DeadMessage } from '../support/burial.ts';
import { compile, EngineHarness, inOrder, type HarnessOptions, type Nodes } from '../support/engine-harness.ts';
import { FaultPlan, Worker } from '../support/faulty-ports.ts';

const task = (...needs: string[]) => ({ type: 'task', ...(needs.length > 0 && { needs }) });
/** So long that it gets a message of its own. */
const long = (...needs: string[]) => ({ ...task(...needs), timeout: '5m' });

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function started(nodes: Nodes, options: HarnessOptions = {}): Promise<EngineHarness> {
  const harness = new EngineHarness(compile(nodes), options);
  cleanups.push(() => harness.dispose());
  await harness.start();
  return harness;
}

const statuses = async (harness: EngineHarness) =>
  Object.fromEntries(Object.entries((await harness.result()).nodes).map(([id, { status }]) => [id, status]));

const messageOf = (harness: EngineHarness, node: string, more: object = {}): DeadMessage => ({
  id: 'dead',
  message: { v: 1, ws: harness.key.workspace, ex: harness.key.execution, kind: 'node', node, gen: 1, ...more },
});

describe('a node whose message is dead fails, and its execution goes on from there', () => {
  test('uncaught: the execution ends as failed', async () => {
    const harness = await started({ a: task(), b: long('a'), c: task('b') });
    await bury(harness, await dieOf(harness, isNode('b')));
    expect(harness.runsOf('b')).toHaveLength(0);
    await harness.runToEnd();
    expect(await harness.result()).toMatchObject({
      status: 'failed',
      reason: 'node_failed',
      error: 'b',
      nodes: { b: { status: 'failed', error: 'dispatch_dead' }, c: { status: 'skipped', reason: 'upstream_failed' } },
    });
    const { error } = await harness.header();
    expect(error).toMatchObject({ category: 'internal', retryable: false });
    expect(error?.message).toMatch(/could not be worked 5 times.*redrive/);
  });

  test('an error edge takes it like any other failure', async () => {
    const harness = await started({ a: task(), b: long('a'), h: task('b.error'), c: task('b') });
    await bury(harness, await dieOf(harness, isNode('b')));
    await harness.runToEnd();
    expect(await harness.result()).toMatchObject({ status: 'succeeded' });
    expect(await statuses(harness)).toEqual({ a: 'succeeded', b: 'failed', h: 'succeeded', c: 'skipped' });
  });

  test('the very first message: nothing runs but what runs always', async () => {
    const harness = await started({
      a: task(),
      p: { type: 'pass', needs: ['a'] },
      b: task(),
      z: { ...task('a', 'b'), join: 'always' },
    });
    await bury(harness, await dieOf(harness, isNode('$start')));
    await harness.runToEnd();
    expect(await harness.result()).toMatchObject({ status: 'failed', reason: 'node_failed' });
    expect(await statuses(harness)).toEqual({ a: 'skipped', p: 'skipped', b: 'skipped', z: 'succeeded' });
  });

  test('a join without an effect, and a gate: the node behind the gate fails, whether or not its `if` holds', async () => {
    const nodes = { a: task(), w: { type: 'approval', needs: ['a'] }, b: task() };
    for (const [dead, more] of [
      ['p', { p: { type: 'pass', needs: ['w', 'b'] }, q: task('p.error') }],
      ['g?', { g: { ...task('w', 'b'), if: '{{ false }}' }, q: task('g.error') }],
    ] as const) {
      const harness = await started({ ...nodes, ...more });
      await harness.runToEnd();
      // An API call runs nothing itself: it leaves the join to a message.
      await harness.request((deps) =>
        acceptCallback(deps, (_, value) => ({ value, problems: [] }), {
          ...harness.key,
          node: 'w',
          gen: 1,
          payload: { output: 1 },
          digest: 'd',
          requestId: 'r',
        }),
      );
      await bury(harness, await dieOf(harness, isNode(dead)));
      await harness.runToEnd();
      const { status, nodes: ends } = await harness.result();
      expect(ends[dead.replace('?', '')]).toMatchObject({ status: 'failed', error: 'dispatch_dead' });
      expect({ status, q: ends['q']?.status }).toEqual({ status: 'succeeded', q: 'succeeded' });
    }
  });

  test('a group: each of its nodes that has not ended', async () => {
    const fan = Object.fromEntries(Array.from({ length: 25 }, (_, at) => [`f${at}`, task('a')]));
    const harness = await started({ a: task(), ...fan, z: { ...task(...Object.keys(fan)), join: 'always' } });
    const dead = await dieOf(harness, isGroup);
    await bury(harness, dead);
    await harness.runToEnd();
    const ends = Object.values((await harness.result()).nodes);
    expect(ends.filter(({ error }) => error === 'dispatch_dead')).toHaveLength(15);
    expect(ends.filter(({ status }) => status === 'succeeded')).toHaveLength(12);
    expect(harness.runs).toHaveLength(12);
    expect(await harness.hasEnded()).toBe(true);
  });

  test('a retry whose time has come', async () => {
    const script = { a: { fail: 'http_503', retryable: true } };
    const harness = await started({ a: { ...task(), retry: { delays: ['1h', '1h'] } } }, { script });
    const dead = await dieOf(harness, (message) => isNode('a')(message));
    await bury(harness, dead);
    await harness.runToEnd();
    expect(await harness.result()).toMatchObject({ status: 'failed', nodes: { a: { error: 'dispatch_dead' } } });
    expect(harness.runsOf('a')).toHaveLength(1);
  });
});

describe('what somebody may still be at is waited for', () => {
  test('a node that is running: it ends as it ends', async () => {
    const harness = await started({ a: long(), b: task('a') }, { holds: (node) => node === 'a' });
    await harness.runToEnd(inOrder, () => Promise.resolve(harness.runsOf('a').length === 1));
    await bury(harness, messageOf(harness, 'a'));
    await harness.runToEnd();
    expect(await statuses(harness)).toEqual({ a: 'succeeded', b: 'succeeded' });
  });

  test('a child that its parent’s worker covers', async () => {
    const harness = await started({ a: task(), b: task('a') }, { holds: (node) => node === 'a' });
    await harness.runToEnd(inOrder, () => Promise.resolve(harness.runsOf('a').length === 1));
    await bury(harness, messageOf(harness, 'a'));
    await harness.runToEnd();
    expect(await statuses(harness)).toEqual({ a: 'succeeded', b: 'succeeded' });
    expect(harness.runsOf('a')).toHaveLength(1);
  });

  test('a group that somebody has taken', async () => {
    const fan = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`f${at}`, task('a')]));
    const harness = await started({ a: task(), ...fan }, { holds: (node) => node === 'f11' });
    let group: WorkMessage | undefined;
    await harness.runToEnd(inOrder, () => {
      group ??= harness.queue.messages.find(({ message }) => isGroup(message))?.message;
      return Promise.resolve(harness.runsOf('f11').length === 1);
    });
    expect(group).toBeDefined();
    await bury(harness, { id: 'dead', message: group! });
    await harness.runToEnd();
    expect(await harness.result()).toMatchObject({ status: 'succeeded' });
    expect(harness.runs).toHaveLength(13);
  });

  test('a retry that is not due, a timer and a callback', async () => {
    const script = { a: [{ fail: 'http_503', retryable: true }, { output: 1 }] };
    const harness = await started(
      {
        a: { ...task(), retry: { delays: ['1h'] } },
        t: { type: 'wait', with: { duration: '2h' } },
        w: { type: 'approval', with: { expires: '3h' } },
      },
      { script },
    );
    const isWaiting = async () =>
      Object.values(await statuses(harness)).every((status) => /waiting|retrying/.test(status));
    await harness.runToEnd(inOrder, isWaiting);
    // As if their wake-ups had been lost with the dead messages.
    for (const { id } of harness.queue.messages) harness.queue.lose(id);
    for (const node of ['a', 't', 'w']) await bury(harness, messageOf(harness, node));
    expect(await isWaiting()).toBe(true);
    await harness.runToEnd();
    expect((await harness.result()).nodes).toMatchObject({
      a: { status: 'succeeded' },
      t: { status: 'succeeded' },
      w: { status: 'failed', error: 'callback_expired' },
    });
  });

  test('a timer whose wake-up is dead ends as was decided when it began', async () => {
    const harness = await started({ t: { type: 'wait', with: { duration: '2h' } }, b: task('t') });
    await bury(harness, await dieOf(harness, isNode('t')));
    await harness.runToEnd();
    expect(await statuses(harness)).toEqual({ t: 'succeeded', b: 'succeeded' });
  });

  test('a node that is not ready is left alone', async () => {
    const harness = await started({ a: task(), b: task('a') }, { holds: (node) => node === 'a' });
    await harness.runToEnd(inOrder, () => Promise.resolve(harness.runsOf('a').length === 1));
    await bury(harness, messageOf(harness, 'b'));
    await harness.runToEnd();
    expect(await statuses(harness)).toEqual({ a: 'succeeded', b: 'succeeded' });
  });
});

describe('what a dead worker ran is told by that', () => {
  /** Its worker dies with the attempt, and the lease ends. */
  async function abandoned(node: object, deaths = 1): Promise<EngineHarness> {
    let left = deaths;
    const faults = new FaultPlan(({ name, args }) => {
      const record = args[1] as { readonly node?: string; readonly status?: string } | undefined;
      if (name !== 'writeNode' || record?.node !== 'a' || record.status !== 'succeeded' || left === 0) return undefined;
      left -= 1;
      return 'died_before';
    });
    const harness = await started({ a: { ...long(), ...node }, b: task('a.error') }, { faults });
    await harness.runToEnd(inOrder, () => Promise.resolve(left === 0));
    for (const { id } of harness.queue.messages) harness.queue.lose(id);
    return harness;
  }

  test('as long as its lease lasts nobody knows that it is dead: a message for later finds out', async () => {
    const harness = await abandoned({});
    await bury(harness, messageOf(harness, 'a'));
    expect(harness.queue.messages).toMatchObject([{ message: { kind: 'node', node: 'a' }, isolated: true }]);
    await harness.runToEnd();
    expect(await statuses(harness)).toEqual({ a: 'succeeded', b: 'skipped' });
    expect(harness.runsOf('a')).toHaveLength(2);
  });

  test.each([
    ['one that may be repeated', {}, 1, 'dispatch_dead'],
    ['one that may run at most once', { delivery: 'at-most-once' }, 1, 'interrupted'],
    ['one that has killed its worker often', {}, CRASHES_MAX, 'poisoned'],
  ] as const)('%s', async (_, node, deaths, code) => {
    const harness = await abandoned(node, deaths);
    harness.clock.advanceTo(harness.clock.after(2 * 300_000));
    await bury(harness, messageOf(harness, 'a'));
    await harness.runToEnd();
    expect(await harness.result()).toMatchObject({ status: 'succeeded', nodes: { a: { error: code } } });
    expect(harness.runsOf('a')).toHaveLength(deaths);
  });
});

describe('what has no node to bury', () => {
  test('an execution that has ended, one that there is not, another generation and an unknown node: nothing', async () => {
    const harness = await started({ a: task(), b: long('a') });
    await harness.runToEnd(inOrder, async () => (await statuses(harness))['a'] === 'succeeded');
    const before = JSON.stringify([await harness.header(), await harness.store.readAll(harness.key, 'outputs')]);
    const sent = harness.queue.sent;
    await bury(harness, messageOf(harness, 'b', { gen: 2 }));
    await bury(harness, messageOf(harness, 'nobody'));
    await bury(harness, messageOf(harness, 'a', { ex: 'nothing' }));
    expect(JSON.stringify([await harness.header(), await harness.store.readAll(harness.key, 'outputs')])).toBe(before);
    expect(harness.queue.sent).toBe(sent);
    await harness.runToEnd();
    await bury(harness, messageOf(harness, 'b'));
    expect(await harness.result()).toMatchObject({ status: 'succeeded' });
    expect(harness.queue.messages).toEqual([]);
  });

  test('a stopped execution is closed', async () => {
    const harness = await started({ w: { type: 'approval' } });
    await harness.runToEnd();
    const faults = new FaultPlan(({ number }) => (number === 4 ? 'died_before' : undefined));
    const worker = new Worker(faults, harness.clock);
    await Promise.race([cancelExecution(harness.deps(worker), harness.key, 'r'), worker.gone]);
    expect(await harness.header()).toMatchObject({ status: 'running', stop: { status: 'cancelled' } });
    await bury(harness, messageOf(harness, 'w'));
    expect(await harness.header()).toMatchObject({ status: 'cancelled' });
  });

  test('an execution whose time is over has run out of time', async () => {
    const harness = await started({ w: { type: 'approval' } });
    await harness.runToEnd();
    harness.clock.advanceTo((await harness.header()).deadline);
    await bury(harness, messageOf(harness, 'w'));
    expect(await harness.header()).toMatchObject({ status: 'timed_out' });
  });

  test('a recovery is done once more', async () => {
    const harness = await started({ a: task(), b: long('a') });
    await dieOf(harness, isNode('b'));
    await bury(harness, { id: 'dead', message: { v: 1, ws: 'ws', ex: harness.key.execution, kind: 'recover' } });
    await harness.runToEnd();
    expect(await harness.result()).toMatchObject({ status: 'succeeded' });
  });
});

test('put back from the dead-letter queue, however often and in whatever queue, it changes nothing', async () => {
  const harness = await started({ a: task(), b: long('a'), h: task('b.error'), c: task('h') });
  const dead = await dieOf(harness, isNode('b'));
  await bury(harness, dead);
  await harness.queue.send([{ message: dead.message }, { message: dead.message }]);
  await bury(harness, dead);
  await harness.runToEnd();
  const before = JSON.stringify([await harness.header(), await harness.store.readAll(harness.key, 'outputs')]);
  expect(await statuses(harness)).toEqual({ a: 'succeeded', b: 'failed', h: 'succeeded', c: 'succeeded' });
  await harness.queue.send([{ message: dead.message }, { message: dead.message }]);
  await bury(harness, dead);
  await bury(harness, dead);
  await harness.runToEnd();
  expect(JSON.stringify([await harness.header(), await harness.store.readAll(harness.key, 'outputs')])).toBe(before);
  expect(['a', 'b', 'h', 'c'].map((node) => harness.runsOf(node).length)).toEqual([1, 0, 1, 1]);
});

test('put back while its node is still open, it is worked as any other', async () => {
  const harness = await started({ a: task(), b: long('a') });
  const { message } = await dieOf(harness, isNode('b'));
  await harness.queue.send([{ message }, { message }]);
  await harness.runToEnd();
  expect(await statuses(harness)).toEqual({ a: 'succeeded', b: 'succeeded' });
  expect(harness.runsOf('b')).toHaveLength(1);
});

describe('an execution whose definition cannot be run here', () => {
  /** As `bury`, by a deployment that does not know the definition any more. */
  async function buryBlind(harness: EngineHarness, { message }: DeadMessage): Promise<unknown> {
    const { buryMessage } = await import('../../shared/engine/bury-message.ts');
    const plans = { load: () => Promise.reject(new StoredDefinitionError('no node type is called teleport')) };
    const delivery = { id: 'dead', receiveCount: 6, isolated: false };
    return buryMessage({ ...harness.deps(), plans }, message, delivery, 60_000).catch((error: unknown) => error);
  }

  test('ends all the same, and says why', async () => {
    const harness = await started({ a: task(), b: long('a') });
    const dead = await dieOf(harness, isNode('b'));
    harness.clock.advanceTo(harness.clock.after(2 * SHORT_LEASE_MS));
    expect(await buryBlind(harness, dead)).toBeUndefined();
    expect(await harness.header()).toMatchObject({
      status: 'failed',
      reason: 'node_failed',
      error: { node: 'b', code: 'dispatch_dead', message: expect.stringContaining('teleport') as string },
      progress: { total: 1, succeeded: 1 },
    });
    expect((await harness.header()).check).toBeUndefined();
    expect(await buryBlind(harness, dead)).toBeUndefined();
  });

  test('not while somebody works: the message comes again, and nothing starts meanwhile', async () => {
    const harness = await started({ a: long(), b: task('a') }, { holds: (node) => node === 'a' });
    await harness.runToEnd(inOrder, () => Promise.resolve(harness.runsOf('a').length === 1));
    expect(await buryBlind(harness, messageOf(harness, 'a'))).toMatchObject({ name: 'StillLeasedError' });
    expect(await harness.header()).toMatchObject({ status: 'running', stop: { status: 'failed' } });
    await harness.runToEnd();
    harness.clock.advanceTo(harness.clock.after(1_000_000));
    expect(await buryBlind(harness, messageOf(harness, 'a'))).toBeUndefined();
    expect(await harness.header()).toMatchObject({ status: 'failed', reason: 'node_failed' });
    expect(harness.runsOf('b')).toHaveLength(0);
  });
});
