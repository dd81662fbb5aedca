import { describe, expect, test } from 'vitest';
import { cancelExecution } from '../../shared/engine/cancel-execution.ts';
import { startExecution, startHeld } from '../../shared/engine/start-execution.ts';
import { compile, EngineHarness } from '../support/engine-harness.ts';

const NODES = {
  a: { type: 'task' },
  b: { type: 'task', needs: ['a'] },
  c: { type: 'task', needs: ['b'] },
  d: { type: 'task', needs: ['b'], join: 'always' },
};
const plan = compile(NODES);

async function whileRuns(node: string): Promise<EngineHarness> {
  const harness = new EngineHarness(plan, { script: { [node]: { takesMs: 9_000 } } });
  await harness.start();
  await harness.runToEnd(undefined, () => Promise.resolve(harness.runsOf(node).length > 0));
  return harness;
}

const cancel = (harness: EngineHarness) => cancelExecution(harness.deps(), harness.key, 'r');

/** A held execution, as the API starts one. */
async function held(timed = plan): Promise<EngineHarness> {
  const harness = new EngineHarness(timed);
  const input = { at: 'record', value: null } as const;
  const request = { ...harness.key, plan: timed, input, hold: true, tags: {}, trigger: 'api', request: 'r' };
  expect(await startExecution(harness.deps(), request)).toMatchObject({
    kind: 'started',
    header: { status: 'pending' },
  });
  return harness;
}

describe('cancel', () => {
  test('ends what runs, starts nothing more, `always` included', async () => {
    const harness = await whileRuns('b');
    expect(await cancel(harness)).toMatchObject({
      kind: 'accepted',
      header: { status: 'running', stop: { status: 'cancelled' } },
    });
    // b would take seven seconds more: its worker sees the stop within two.
    const started = harness.clock.now();
    await harness.runToEnd(undefined, () => harness.hasEnded());
    expect(harness.clock.now() - started).toBeLessThanOrEqual(2_000);
    expect(await harness.result()).toMatchObject({
      status: 'cancelled',
      reason: 'cancelled',
      nodes: { a: { status: 'succeeded' }, b: { status: 'cancelled' } },
    });
    expect(harness.runs.map(({ node }) => node)).toEqual(['a', 'b']);
    expect((await harness.header()).progress).toMatchObject({ succeeded: 1, cancelled: 3 });
  });

  test('is looked for by ten attempts at once as often as by one', async () => {
    const looks = async (attempts: number, takesMs: number, firstTakesMs = takesMs) => {
      const names = Array.from({ length: attempts }, (_, at) => `t${at}`);
      const harness = new EngineHarness(compile(Object.fromEntries(names.map((name) => [name, { type: 'task' }]))), {
        script: Object.fromEntries(names.map((name, at) => [name, { takesMs: at === 0 ? firstTakesMs : takesMs }])),
      });
      await harness.start();
      await harness.runToEnd();
      expect(harness.runs).toHaveLength(attempts);
      return harness.faults.names.filter((name) => name === 'readHeader').length;
    };
    // The other reads are those of claims and commits.
    expect((await looks(1, 9_000)) - (await looks(1, 1_000))).toBe(4);
    expect((await looks(10, 9_000)) - (await looks(10, 1_000))).toBe(4);
    // Not only until the first of them ends.
    expect((await looks(10, 9_000, 1_000)) - (await looks(10, 1_000))).toBe(4);
  });

  test('again is accepted, after the end it is terminal, of nothing not found', async () => {
    const harness = await whileRuns('b');
    await cancel(harness);
    expect(await cancel(harness)).toMatchObject({ kind: 'accepted' });
    await harness.runToEnd();
    expect(await cancel(harness)).toEqual({ kind: 'terminal' });
    expect(await cancelExecution(harness.deps(), { ...harness.key, execution: 'x' }, 'r')).toEqual({
      kind: 'not_found',
    });
  });

  test('of a held execution ends it at once; it cannot be started any more', async () => {
    const harness = await held();
    expect(await cancel(harness)).toMatchObject({ kind: 'accepted', header: { status: 'cancelled' } });
    expect(await startHeld(harness.deps(), harness.key)).toEqual({ kind: 'terminal' });
    await harness.runToEnd();
    expect(harness.runs).toEqual([]);
  });
});

describe('a held execution', () => {
  test('runs when started, once however often that is said', async () => {
    const harness = await held();
    expect(await startHeld(harness.deps(), harness.key)).toMatchObject({ kind: 'started' });
    expect(await startHeld(harness.deps(), harness.key)).toMatchObject({ kind: 'started' });
    await harness.runToEnd();
    expect(harness.runs.map(({ node }) => node).toSorted()).toEqual(['a', 'b', 'c', 'd']);
  });

  test('its timeout starts with it', async () => {
    const harness = await held(compile({ w: { type: 'wait', with: { duration: '50m' } } }, { timeout: '1h' }));
    harness.clock.advance(1_800_000);
    await startHeld(harness.deps(), harness.key);
    await harness.runToEnd();
    expect((await harness.result()).status).toBe('succeeded');
  });

  test('that nobody starts is over after its timeout', async () => {
    const harness = await held(compile(NODES, { timeout: '1h' }));
    await harness.runToEnd();
    expect(await harness.result()).toMatchObject({ status: 'timed_out', reason: 'hold_expired' });
    expect(await startHeld(harness.deps(), { ...harness.key, execution: 'x' })).toEqual({ kind: 'not_found' });
  });
});

describe('a start', () => {
  test('again with the same request is the same execution; with another it is a conflict', async () => {
    const harness = new EngineHarness(plan);
    const input = { at: 'record', value: null } as const;
    const request = { ...harness.key, plan, input, hold: false, tags: {}, trigger: 'api', request: 'r' };
    const answers = await Promise.all([1, 2, 3].map(() => startExecution(harness.deps(), request)));
    expect(answers.map(({ kind }) => kind).toSorted()).toEqual(['replayed', 'replayed', 'started']);
    expect(await startExecution(harness.deps(), { ...request, request: 'other' })).toEqual({ kind: 'conflict' });
    await harness.runToEnd();
    expect(harness.runsOf('a')).toHaveLength(1);
    expect(await startExecution(harness.deps(), request)).toMatchObject({
      kind: 'replayed',
      header: { status: 'succeeded' },
    });
    expect(harness.queue.messages).toEqual([]);
  });
});

test('the timeout of an execution ends what runs, and is to the second where the definition says so', async () => {
  const harness = new EngineHarness(compile({ a: { type: 'task', timeout: '5m' } }, { timeout: '1m' }), {
    script: { a: { takesMs: 200_000 } },
  });
  await harness.start();
  const started = harness.clock.now();
  await harness.runToEnd(undefined, () => harness.hasEnded());
  expect(await harness.result()).toMatchObject({
    status: 'timed_out',
    reason: 'timeout',
    nodes: { a: { status: 'cancelled' } },
  });
  expect(harness.clock.now() - started).toBeLessThanOrEqual(62_000);
});
