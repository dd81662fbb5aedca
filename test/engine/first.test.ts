import { expect, test } from 'vitest';
import { compile, EngineHarness, type Chooser } from '../support/engine-harness.ts';
import { everyOrder } from '../support/orders.ts';

const SEEN = { a: '{{ nodes.a.status }}', b: '{{ nodes.b.status }}' };
const task = (needs: string[] = [], more: Record<string, string | object> = {}) =>
  ({ type: 'task', ...(needs.length > 0 && { needs }), ...more }) as never;

/**
 *   a ─┐
 *      ├─▶ f (first) ─▶ g      b ends before f runs again, before g runs, or after everything
 *   b ─┘
 */
const plan = compile({
  a: task(),
  b: task(),
  f: task(['a', 'b'], { join: 'first', with: SEEN, retry: { delays: ['0s'] } }),
  p: { type: 'transform', needs: ['f'], with: { value: SEEN } },
  g: task(['p'], { with: { ...SEEN, p: '{{ nodes.p.output }}' } }),
});

test('what a `first` join and those below it see is decided when it is claimed, whenever its other sources end', async () => {
  const views = new Set<string>();
  const orders = await everyOrder(async (choose: Chooser) => {
    const script = { f: [{ fail: 'http_503', retryable: true }, {}] };
    const harness = new EngineHarness(plan, { script, holds: () => true });
    await harness.start();
    await harness.runToEnd(choose);
    harness.dispose();
    expect((await harness.result()).status).toBe('succeeded');
    const [first, again] = harness.runsOf('f').map(({ input }) => input);
    expect(again).toEqual(first);
    expect(harness.runsOf('g').map(({ input }) => input)).toEqual([{ ...(first as object), p: first }]);
    views.add(JSON.stringify(first));
  });
  expect(orders).toBeGreaterThan(5);
  expect([...views].toSorted()).toEqual(['{"a":"pending","b":"succeeded"}', '{"a":"succeeded","b":"pending"}']);
});

test('losers run on, and the execution waits for them', async () => {
  const harness = new EngineHarness(plan, { script: { b: { takesMs: 5_000 } } });
  await harness.start();
  await harness.runToEnd(undefined, () => Promise.resolve(harness.runsOf('g').length > 0));
  expect(await harness.hasEnded()).toBe(false);
  await harness.runToEnd();
  expect(await harness.result()).toMatchObject({ status: 'succeeded', nodes: { b: { status: 'succeeded' } } });
  harness.dispose();
});

test('a loser that fails fails the execution: `first` tolerates, it does not catch', async () => {
  const harness = new EngineHarness(plan, { script: { b: { takesMs: 5_000, fail: 'boom' } } });
  await harness.start();
  await harness.runToEnd();
  expect(await harness.result()).toMatchObject({
    status: 'failed',
    reason: 'node_failed',
    error: 'b',
    nodes: { g: { status: 'succeeded' } },
  });
  harness.dispose();
});
