import { describe, expect, test } from 'vitest';
import type { Plan } from '../../shared/domain/workflow/plan.ts';
import { acceptCallback } from '../../shared/engine/callback.ts';
import { cancelExecution } from '../../shared/engine/cancel-execution.ts';
import type { SchemaCheck } from '../../shared/engine/engine-deps.ts';
import { redrive, type RedriveRequest, type RedriveResult } from '../../shared/engine/redrive.ts';
import { discard, replay } from '../../shared/engine/replay.ts';
import { compile, EngineHarness, type HarnessOptions, type Nodes } from '../support/engine-harness.ts';
import type { Outcome } from '../support/scripted-task.ts';

const task = (...needs: string[]) => ({ type: 'task', ...(needs.length > 0 && { needs }) });
const FAILS: Outcome = { fail: 'boom' };

async function ended(nodes: Nodes, options: HarnessOptions = {}, more: Parameters<typeof compile>[1] = {}) {
  const harness = new EngineHarness(compile(nodes, more), options);
  await harness.start();
  await harness.runToEnd();
  return harness;
}

async function redriven(harness: EngineHarness, request: Partial<RedriveRequest> = {}): Promise<RedriveResult> {
  const result = await redrive(harness.deps(), { ...harness.key, freshKeys: false, requestId: 'r', ...request });
  await harness.runToEnd();
  return result;
}

/** The plan of another version of the workflow that is being tested. */
function version(number: number, nodes: Nodes): Plan {
  return { ...compile(nodes), version: number };
}

const statuses = async (harness: EngineHarness) => {
  const { status, nodes } = await harness.result();
  return { status, ...Object.fromEntries(Object.entries(nodes).map(([id, node]) => [id, node.status])) };
};
const keysOf = (harness: EngineHarness, node: string) =>
  harness.runsOf(node).map(({ key }) => key.slice(key.indexOf(':') + 1));

describe('a plain redrive', () => {
  test('repeats what failed under the same key, and what waited for it; successes are not repeated', async () => {
    //   a ─┬▶ b ─┬▶ d
    //      └▶ c ─┘
    const nodes = { a: task(), b: task('a'), c: task('a'), d: task('b', 'c') };
    const harness = await ended(nodes, { script: { b: [FAILS, FAILS, {}] } });
    expect(await statuses(harness)).toEqual({
      status: 'failed',
      a: 'succeeded',
      b: 'failed',
      c: 'succeeded',
      d: 'skipped',
    });
    harness.retell({ b: {} });
    expect(await redriven(harness)).toMatchObject({ kind: 'accepted', header: { gen: 2, status: 'running' } });
    expect(await statuses(harness)).toEqual({
      status: 'succeeded',
      a: 'succeeded',
      b: 'succeeded',
      c: 'succeeded',
      d: 'succeeded',
    });
    expect([keysOf(harness, 'a'), keysOf(harness, 'b'), keysOf(harness, 'c'), keysOf(harness, 'd')]).toEqual([
      ['a:1'],
      ['b:1', 'b:1'],
      ['c:1'],
      ['d:1'],
    ]);
  });

  test('a pure node that failed after an effect that succeeded is computed again without the effect', async () => {
    const nodes = {
      pay: task(),
      sum: { type: 'transform', needs: ['pay'], with: { value: '{{ nodes.pay.output.missing }}' } },
      ship: { ...task('sum'), with: { seen: '{{ nodes.sum.output }}' } },
    };
    const harness = await ended(nodes);
    expect(await statuses(harness)).toMatchObject({ status: 'failed', pay: 'succeeded', sum: 'failed' });
    const mended = { ...nodes, sum: { ...nodes.sum, with: { value: '{{ nodes.pay.output.from }}' } } };
    harness.plans.set(2, version(2, mended));
    expect(await redriven(harness, { target: version(2, mended) })).toMatchObject({ kind: 'accepted' });
    expect(await statuses(harness)).toMatchObject({ status: 'succeeded', sum: 'succeeded', ship: 'succeeded' });
    expect(harness.runsOf('pay')).toHaveLength(1);
    expect(harness.runsOf('ship').map(({ input }) => input)).toEqual([{ seen: 'pay' }]);
  });

  test('joins see kept and repeated branches, whichever came first', async () => {
    const wide = Array.from({ length: 70 }, (_, at) => `f${at}`);
    const nodes = {
      a: task(),
      ...Object.fromEntries(wide.map((id) => [id, task('a')])),
      z: task(...wide),
      e: { type: 'pass', needs: ['z'] },
    };
    const harness = await ended(nodes, { script: { f3: FAILS, f68: FAILS } });
    harness.retell({});
    await redriven(harness);
    expect(await statuses(harness)).toMatchObject({ status: 'succeeded', z: 'succeeded', e: 'succeeded' });
    expect(harness.runs.map(({ node }) => node).filter((node) => node === 'f3' || node === 'f68')).toHaveLength(4);
    expect(harness.runs).toHaveLength(1 + 70 + 2 + 1);
  });

  test('goes on where a cancel stopped it; what waits for people waits again', async () => {
    const nodes = { a: task(), w: { type: 'approval', needs: ['a'] }, b: task('w') };
    const harness = await ended(nodes);
    await cancelExecution(harness.deps(), harness.key, 'r');
    await harness.runToEnd();
    expect(await statuses(harness)).toMatchObject({ status: 'cancelled', w: 'cancelled', b: 'undecided' });
    await redriven(harness);
    expect(await statuses(harness)).toMatchObject({ status: 'running', w: 'waiting' });
    const answer = { ...harness.key, node: 'w', payload: { output: 1 }, digest: 'd', requestId: 'r' };
    const check: SchemaCheck = (_, value) => ({ value, problems: [] });
    expect(await acceptCallback(harness.deps(), check, { ...answer, gen: 1 })).toEqual({ kind: 'used' });
    expect(await acceptCallback(harness.deps(), check, { ...answer, gen: 2 })).toEqual({ kind: 'accepted' });
    await harness.runToEnd();
    expect(await statuses(harness)).toMatchObject({ status: 'succeeded', b: 'succeeded' });
  });

  test('starts an execution that was cancelled before it was started', async () => {
    const harness = new EngineHarness(compile({ a: task() }));
    await harness.start({ hold: true });
    await cancelExecution(harness.deps(), harness.key, 'r');
    await redriven(harness);
    expect(await statuses(harness)).toEqual({ status: 'succeeded', a: 'succeeded' });
  });

  test('gives attempts and time anew', async () => {
    const nodes = { a: { ...task(), retry: { delays: ['1m'] } } };
    const flaky = { fail: 'http_503', category: 'transient', retryable: true } as const;
    const harness = await ended(nodes, { script: { a: flaky } }, { timeout: '1h' });
    expect(harness.runsOf('a').map(({ attempt }) => attempt)).toEqual([1, 2]);
    harness.clock.advance(7_200_000);
    await redriven(harness);
    expect(harness.runsOf('a').map(({ attempt }) => attempt)).toEqual([1, 2, 1, 2]);
    expect(await harness.header()).toMatchObject({ status: 'failed', reason: 'node_failed', gen: 2 });
  });

  test('ends a repeated execution at its new deadline', async () => {
    const nodes = { a: task(), w: { type: 'approval', needs: ['a'] } };
    const harness = await ended(nodes, {}, { timeout: '1h' });
    expect(await harness.header()).toMatchObject({ status: 'timed_out' });
    await redriven(harness);
    expect(await harness.header()).toMatchObject({
      status: 'timed_out',
      gen: 2,
      redrives: [{ after: { status: 'timed_out' } }],
    });
  });

  test('is refused while the execution runs, and where nothing failed', async () => {
    const waiting = await ended({ w: { type: 'approval' } });
    expect(await redriven(waiting)).toEqual({ kind: 'running' });
    expect(await redriven(await ended({ a: task() }))).toEqual({ kind: 'nothing' });
    expect(await redriven(waiting, { execution: 'another' })).toEqual({ kind: 'not_found' });
  });

  test('of two at once one wins, and the other is told that it runs', async () => {
    const harness = await ended({ a: task() }, { script: { a: FAILS } });
    const deps = harness.deps();
    const request = { ...harness.key, freshKeys: false, requestId: 'r' };
    const results = await Promise.all([redrive(deps, request), redrive(deps, request), redrive(deps, request)]);
    expect(results.map(({ kind }) => kind).sort()).toEqual(['accepted', 'running', 'running']);
    await harness.runToEnd();
    expect(await harness.header()).toMatchObject({ gen: 2 });
  });

  test('evaluates the output of another version where that is what failed', async () => {
    const harness = await ended({ a: task() }, {}, { output: '{{ nodes.a.output.missing }}' });
    expect(await harness.header()).toMatchObject({ status: 'failed', reason: 'output_failed' });
    expect(await redriven(harness)).toEqual({ kind: 'nothing' });
    const mended = { ...compile({ a: task() }, { output: '{{ nodes.a.output.from }}' }), version: 2 };
    harness.plans.set(2, mended);
    expect(await redriven(harness, { target: mended })).toMatchObject({ kind: 'accepted' });
    expect(await harness.result()).toMatchObject({ status: 'succeeded', output: 'a' });
    expect(harness.runs).toHaveLength(1);
  });
});

describe('a redrive from named nodes', () => {
  const nodes = {
    a: { ...task(), with: '{{ input.n }}' },
    b: { ...task('a'), with: '{{ input.n }}' },
    c: task('b'),
    x: task('a'),
  };

  test('runs them and all below again, under other keys; the rest is kept', async () => {
    const harness = await ended(nodes, { input: { n: 1 } });
    await redriven(harness, { from: ['b'] });
    expect([keysOf(harness, 'a'), keysOf(harness, 'b'), keysOf(harness, 'c'), keysOf(harness, 'x')]).toEqual([
      ['a:1'],
      ['b:1', 'b:2'],
      ['c:1', 'c:2'],
      ['x:1'],
    ]);
  });

  test('shows another input to what runs again', async () => {
    const harness = await ended(nodes, { input: { n: 1 } }, { output: '{{ input.n }}' });
    await redriven(harness, { from: ['b'], input: { at: 'record', value: { n: 2 } } });
    expect(harness.runsOf('b').map(({ input }) => input)).toEqual([1, 2]);
    expect(await harness.result()).toMatchObject({ status: 'succeeded', output: 2 });
    await redriven(harness, { from: ['c'] });
    expect(await harness.result()).toMatchObject({ status: 'succeeded', output: 2 });
  });

  test('can be done again and again', async () => {
    const harness = await ended(nodes, { input: { n: 1 } });
    for (let round = 2; round < 6; round += 1) await redriven(harness, { from: round % 2 === 0 ? ['a'] : ['c'] });
    expect(await harness.header()).toMatchObject({ status: 'succeeded', gen: 5 });
    expect([keysOf(harness, 'a'), keysOf(harness, 'c')]).toEqual([
      ['a:1', 'a:2', 'a:3'],
      ['c:1', 'c:2', 'c:3', 'c:4', 'c:5'],
    ]);
  });
});

describe('what comes late from the generation before', () => {
  test('messages put back by hand do nothing', async () => {
    const harness = await ended({ a: task(), b: task('a'), c: task('b') }, { script: { b: FAILS } });
    harness.retell({});
    await redriven(harness);
    const runs = harness.runs.length;
    const { workspace: ws, execution: ex } = harness.key;
    const base = { v: 1, ws, ex } as const;
    await harness
      .deps()
      .queue.send([
        { message: { ...base, kind: 'node', node: 'b', gen: 1, recovery: true } },
        { message: { ...base, kind: 'node', node: 'b', gen: 2 } },
        { message: { ...base, kind: 'node', node: '$start', gen: 1 } },
        { message: { ...base, kind: 'group', node: 'a', gen: 1, group: 0 } },
        { message: { ...base, kind: 'recover', by: 'm1' } },
        { message: { ...base, kind: 'redriven', gen: 2 } },
        { message: { ...base, kind: 'expire' } },
      ]);
    await harness.runToEnd();
    expect(harness.runs).toHaveLength(runs);
    expect(await statuses(harness)).toMatchObject({ status: 'succeeded' });
  });
});

describe('dead letters', () => {
  const nodes = { a: task(), b: { ...task('a'), with: { to: '{{ nodes.a.output.from }}' } }, c: task('b') };
  const letters = (harness: EngineHarness) => harness.store.deadLettersOf(harness.key);

  test('are filed for failures that fail the execution, with what the node saw', async () => {
    const flaky = { fail: 'http_503', category: 'transient', retryable: true } as const;
    const retrying = { ...nodes, b: { ...nodes.b, retry: { delays: ['1m'] } } };
    const harness = await ended(retrying, { script: { b: flaky } });
    expect(await letters(harness)).toMatchObject([
      {
        node: 'b',
        gen: 1,
        status: 'open',
        attempt: 2,
        attempts: [{ attempt: 1 }, { attempt: 2 }],
        error: { code: 'http_503', category: 'transient' },
        input: { value: { to: 'a' } },
      },
    ]);
  });

  test('are not filed for failures that were caught, tolerated or skipped', async () => {
    const handled = { a: task(), h: task('a.error'), t: { ...task(), onError: 'continue' }, u: task('t') };
    expect(await letters(await ended(handled, { script: { a: FAILS, t: FAILS } }))).toEqual([]);
  });

  test('are filed for pure nodes, too', async () => {
    const pure = { a: task(), p: { type: 'transform', needs: ['a'], with: { value: '{{ nodes.a.output.x }}' } } };
    expect(await letters(await ended(pure))).toMatchObject([
      { node: 'p', error: { code: 'expression_failed' }, attempt: 1 },
    ]);
  });

  test('can be replayed once: the execution goes on to its end', async () => {
    const harness = await ended(nodes, { script: { b: FAILS } });
    harness.retell({});
    const key = { ...harness.key, node: 'b', gen: 1 };
    expect(await replay(harness.deps(), { key, requestId: 'r' })).toMatchObject({ kind: 'accepted' });
    expect(await letters(harness)).toMatchObject([{ status: 'replayed' }]);
    expect(await replay(harness.deps(), { key, requestId: 'r' })).toEqual({ kind: 'closed' });
    await harness.runToEnd();
    expect(await statuses(harness)).toMatchObject({ status: 'succeeded', c: 'succeeded' });
    expect(await replay(harness.deps(), { key, requestId: 'r' })).toEqual({ kind: 'closed' });
    expect(keysOf(harness, 'b')).toEqual(['b:1', 'b:1']);
  });

  test('a replay that fails again files a new one', async () => {
    const harness = await ended(nodes, { script: { b: FAILS } });
    await replay(harness.deps(), { key: { ...harness.key, node: 'b', gen: 1 }, requestId: 'r' });
    await harness.runToEnd();
    expect((await letters(harness)).map(({ gen, status }) => [gen, status])).toEqual([
      [1, 'replayed'],
      [2, 'open'],
    ]);
  });

  test('can be replayed with edited input, under another key; a later repetition keeps both', async () => {
    const harness = await ended(nodes, { script: { b: FAILS } });
    const replayed = (gen: number, more: { with?: { to: string } } = {}) =>
      replay(harness.deps(), { key: { ...harness.key, node: 'b', gen }, requestId: 'r', ...more });
    await replayed(1, { with: { to: 'somebody else' } });
    await harness.runToEnd();
    harness.retell({});
    await replayed(2);
    await harness.runToEnd();
    expect(harness.runsOf('b').map(({ input }) => input)).toEqual([
      { to: 'a' },
      { to: 'somebody else' },
      { to: 'somebody else' },
    ]);
    expect(keysOf(harness, 'b')).toEqual(['b:1', 'b:2', 'b:2']);
    expect(await statuses(harness)).toMatchObject({ status: 'succeeded' });
  });

  test('one of two failures is replayed alone', async () => {
    const two = { a: task(), b: task(), c: task('a'), d: task('b') };
    const harness = await ended(two, { script: { a: FAILS, b: FAILS } });
    harness.retell({ b: FAILS });
    await replay(harness.deps(), { key: { ...harness.key, node: 'a', gen: 1 }, requestId: 'r' });
    await harness.runToEnd();
    expect(await statuses(harness)).toMatchObject({ status: 'failed', a: 'succeeded', c: 'succeeded', b: 'failed' });
    expect(harness.runsOf('b')).toHaveLength(1);
    const statusOf = Object.fromEntries((await letters(harness)).map(({ node, status }) => [node, status]));
    expect(statusOf).toEqual({ a: 'replayed', b: 'open' });
  });

  test('are closed by a redrive of the whole execution, and can be discarded once', async () => {
    const harness = await ended(nodes, { script: { b: FAILS } });
    await redriven(harness);
    const [first, second] = await letters(harness);
    expect([first?.status, second?.status]).toEqual(['replayed', 'open']);
    expect(await discard(harness.deps(), second!)).toBe(true);
    expect(await discard(harness.deps(), second!)).toBe(false);
    expect(await replay(harness.deps(), { key: second!, requestId: 'r' })).toEqual({ kind: 'closed' });
  });
});
