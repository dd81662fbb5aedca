import { expect, test } from 'vitest';
import { LIMITS } from '../../shared/domain/limits.ts';
import type { ExecutionStore } from '../../shared/engine/ports.ts';
import { CRASHES_MAX } from '../../shared/engine/time-budget.ts';
import { compile, EngineHarness } from '../support/engine-harness.ts';

/** The store with one of its methods replaced. */
function replacing<K extends keyof ExecutionStore>(
  store: ExecutionStore,
  method: K,
  replacement: ExecutionStore[K],
): ExecutionStore {
  return new Proxy(store, {
    get(target, property) {
      if (property === method) return replacement;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** As if the first node had been through this many attempts: what a thousand redrives would come to. */
function busy(store: ExecutionStore, attempts: number): ExecutionStore {
  return replacing(store, 'readAll', async (...args) => {
    const { nodes, groups } = await store.readAll(...args);
    return {
      groups,
      nodes: nodes.map((record) => (record.node === 'first' ? { ...record, attempt: attempts } : record)),
    };
  });
}

/** The worker of this node never gets as far as its commit. */
function killing(store: ExecutionStore, node: string): ExecutionStore {
  return replacing(store, 'writeNode', async (key, record, expected, alongside) => {
    if (record.node === node && record.status === 'succeeded') throw new Error('the worker is dead');
    return store.writeNode(key, record, expected, alongside);
  });
}

const plan = compile({
  first: { type: 'task' },
  again: { type: 'task', needs: ['first'], retry: { attempts: 40, delays: ['0s'] } },
  after: { type: 'task', needs: ['again'], join: 'always' },
});

test('an execution that uses up its transition budget ends as failed with that reason, and nothing starts after it', async () => {
  const script = { again: { fail: 'http_503', retryable: true } };
  const harness = new EngineHarness(plan, { script, watch: (store) => busy(store, LIMITS.transitionsFloor / 2) });
  await harness.start();
  await harness.runToEnd();
  expect(await harness.header()).toMatchObject({ status: 'failed', reason: 'transition_budget' });
  expect(harness.runsOf('again')).toHaveLength(16);
  expect(harness.runsOf('after')).toHaveLength(0);
  harness.dispose();
});

test('within the budget the node uses up its attempts', async () => {
  const harness = new EngineHarness(plan, { script: { again: { fail: 'http_503', retryable: true } } });
  await harness.start();
  await harness.runToEnd();
  expect(harness.runsOf('again')).toHaveLength(40);
  expect(await harness.header()).toMatchObject({ status: 'failed', reason: 'node_failed' });
  harness.dispose();
});

test.each(['when_visible', 'lost'] as const)(
  'a node that kills its worker every time fails as poisoned after a bounded number of starts (messages: %s)',
  async (afterFault) => {
    const killer = compile({ killer: { type: 'task' }, other: { type: 'task' } });
    const harness = new EngineHarness(killer, { afterFault, watch: (store) => killing(store, 'killer') });
    await harness.start();
    await harness.sweepToEnd();
    expect(await harness.result()).toMatchObject({
      status: 'failed',
      nodes: { killer: { status: 'failed', error: 'poisoned' }, other: { status: 'succeeded' } },
    });
    // One covered start, then as many claims as are needed to be sure.
    expect(harness.runsOf('killer')).toHaveLength(1 + CRASHES_MAX);
    expect(new Set(harness.runsOf('killer').map(({ key }) => key)).size).toBe(1);
    harness.dispose();
  },
);

test('`delivery: at-most-once`: the worker dies, the effect is not repeated, the node fails as interrupted', async () => {
  const once = compile({
    pay: { type: 'task', delivery: 'at-most-once' },
    told: { type: 'task', needs: ['pay.error'] },
  });
  const harness = new EngineHarness(once, { afterFault: 'when_visible', watch: (store) => killing(store, 'pay') });
  await harness.start();
  await harness.sweepToEnd();
  expect(harness.runsOf('pay')).toHaveLength(1);
  expect(await harness.result()).toMatchObject({
    status: 'succeeded',
    nodes: { pay: { status: 'failed', error: 'interrupted' }, told: { status: 'succeeded' } },
  });
  harness.dispose();
});
