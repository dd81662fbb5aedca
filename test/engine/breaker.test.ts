import { beforeEach, describe, expect, test } from 'vitest';
import { MemoryBreakerStore } from '../../shared/adapters/memory/breaker-store.ts';
import { VirtualClock } from '../../shared/adapters/memory/clock.ts';
import type { NodeRecord } from '../../shared/domain/execution/records.ts';
import { compile, EngineHarness, type HarnessOptions, type Nodes } from '../support/engine-harness.ts';
import { FaultPlan, type Fault } from '../support/faulty-ports.ts';

/** The breaker and the time of all executions of a test; every delivery of a message is a worker of its own. */
let shared: { breakers: MemoryBreakerStore; clock: VirtualClock };
beforeEach(() => {
  shared = { breakers: new MemoryBreakerStore(), clock: new VirtualClock() };
});

const DOWN = { fail: 'http_503', category: 'transient', retryable: true } as const;
const pay = (more: Nodes[string] = {}): Nodes[string] => ({
  type: 'task',
  with: { target: 'pay.example' },
  retry: { attempts: 1 },
  ...more,
});
const PAY = { pay: pay() };

async function started(options: HarnessOptions = {}, nodes: Nodes = PAY, more: Nodes[string] = {}) {
  const harness = new EngineHarness(compile(nodes, more), { shared, ...options });
  await harness.start();
  return harness;
}

/** Whatever can happen without time passing. */
async function now(...harnesses: readonly EngineHarness[]): Promise<void> {
  for (const harness of harnesses) await harness.runToEnd(undefined, undefined, shared.clock.now());
}

async function fails(times: number, options: HarnessOptions = {}): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    const harness = await started({ script: { pay: DOWN }, ...options });
    await now(harness);
    expect((await harness.result()).error).toBe('pay');
  }
}

async function recordOf(harness: EngineHarness, node = 'pay'): Promise<NodeRecord> {
  const record = await harness.store.readNode(harness.key, { node, gen: 1 });
  if (record === undefined) throw new Error(`there is no record of ${node}`);
  return record;
}

/** An execution that was refused, just now. */
async function refused(options: HarnessOptions = {}, nodes: Nodes = PAY): Promise<EngineHarness> {
  const harness = await started(options, nodes);
  await now(harness);
  expect(harness.runsOf('pay')).toEqual([]);
  expect(await recordOf(harness)).toMatchObject({ status: 'retrying', attempt: 1 });
  return harness;
}

describe('five failures in a row, of five workers,', () => {
  test('open it: the sixth makes no call, burns no attempt and waits for a probe', async () => {
    await fails(5);
    const opened = shared.clock.now();
    const sixth = await refused();
    expect(await recordOf(sixth)).toMatchObject({
      due: opened + 65_000,
      attempts: [{ attempt: 1, refusals: 1, error: { code: 'breaker_open', category: 'policy', retryable: true } }],
    });
    await sixth.runToEnd();
    expect(await sixth.result()).toMatchObject({ status: 'succeeded' });
    expect(sixth.runsOf('pay')).toMatchObject([{ attempt: 1 }]);
    expect(shared.clock.now()).toBeGreaterThanOrEqual(opened + 60_000);
    // What was made of it is one attempt, without a trace of having waited.
    expect(await recordOf(sixth)).toMatchObject({ attempt: 1, attempts: [{ attempt: 1 }] });
    expect((await recordOf(sixth)).attempts[0]).not.toHaveProperty('refusals');
  });

  test('do not open it with a success in between', async () => {
    await fails(4);
    await now(await started());
    await fails(4);
    const ninth = await started();
    await now(ninth);
    expect(ninth.runsOf('pay')).toHaveLength(1);
  });

  test('are counted also as attempts of one node', async () => {
    const nodes = { pay: pay({ retry: { attempts: 7, first: '1s', factor: 1 } }) };
    const harness = await started({ script: { pay: [DOWN, DOWN, DOWN, DOWN, DOWN, {}] } }, nodes);
    const begun = shared.clock.now();
    await harness.runToEnd();
    expect(await harness.result()).toMatchObject({ status: 'succeeded' });
    expect(harness.runsOf('pay').map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(shared.clock.now() - begun).toBeGreaterThanOrEqual(60_000);
    expect((await recordOf(harness)).attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('leave other targets, other workspaces and nodes without a target alone', async () => {
    await fails(5);
    const elsewhere = await started({}, { pay: pay({ with: { target: 'ship.example' } }) });
    const others = await started({ workspace: 'others' });
    const inside = await started({}, { pay: pay({ with: {} }) });
    await now(elsewhere, others, inside);
    for (const harness of [elsewhere, others, inside]) expect(harness.runsOf('pay')).toHaveLength(1);
  });

  test.each(['http_404', 'http_429', 'expression_failed', 'address_refused'])(
    'of the kind %s do not count',
    async (fail) => {
      await fails(7, {
        script: { pay: { fail, category: fail === 'http_404' ? 'target' : 'policy', retryable: false } },
      });
      const eighth = await started();
      await now(eighth);
      expect(eighth.runsOf('pay')).toHaveLength(1);
    },
  );

  test('count an attempt that took too long', async () => {
    await fails(4);
    const slow = await started({ script: { pay: { takesMs: 60_000 } } }, { pay: pay({ timeout: '5s' }) });
    await slow.runToEnd();
    await refused();
  });
});

describe('after 60 s', () => {
  /** Three executions that wait, at the instant at which all of them come back. */
  async function waiting(options: HarnessOptions = {}) {
    await fails(5);
    const [one, two, three] = [await refused(options), await refused(options), await refused(options)];
    shared.clock.advance(65_000);
    return [one, two, three] as const;
  }

  const deliver = (harness: EngineHarness) => harness.events()[0]?.();
  const runs = (...harnesses: readonly EngineHarness[]) => harnesses.map(({ runs: all }) => all.length);

  test('one probe goes through while the others wait; two that succeed close it', async () => {
    const [one, two, three] = await waiting({ holds: () => true });
    // All of them are worked at the same time, each by a worker that has read the same.
    for (const harness of [one, two, three]) deliver(harness);
    for (const harness of [one, two, three]) await harness.settle();
    expect(runs(one, two, three)).toEqual([1, 0, 0]);
    expect(await recordOf(two)).toMatchObject({ status: 'retrying', attempt: 1, attempts: [{ refusals: 2 }] });
    deliver(one);
    await one.settle();
    expect(await one.result()).toMatchObject({ status: 'succeeded' });
    // One success is not enough: still one at a time.
    shared.clock.advance(30_000);
    for (const harness of [two, three]) deliver(harness);
    for (const harness of [two, three]) await harness.settle();
    expect(runs(two, three)).toEqual([1, 0]);
    deliver(two);
    await two.settle();
    const [four, five] = [await started(), await started()];
    await now(four, five);
    expect(runs(four, five)).toEqual([1, 1]);
    shared.clock.advance(60_000);
    await now(three);
    expect(runs(three)).toEqual([1]);
  });

  test('a probe that fails burns its attempt and opens it for another 60 s', async () => {
    await fails(5);
    const opened = shared.clock.now();
    const probe = await refused({ script: { pay: DOWN } });
    shared.clock.advance(65_000);
    await now(probe);
    expect(await probe.result()).toMatchObject({ status: 'failed', nodes: { pay: { error: 'http_503' } } });
    const next = await refused();
    const [refusal] = (await recordOf(next)).attempts;
    expect(refusal?.error?.details).toMatchObject({ since: new Date(opened).toISOString(), failures: 6 });
    shared.clock.advance(59_000);
    await refused();
    await next.runToEnd();
    expect(await next.result()).toMatchObject({ status: 'succeeded' });
  });

  test('a probe whose worker died blocks the others no longer than its slot', async () => {
    await fails(5);
    const died = await refused({
      faults: new FaultPlan(({ name, args }) =>
        // The first write of this execution to the breaker is the taking of the slot.
        name === 'writeBreaker' && args.length > 0 ? 'died_after' : undefined,
      ),
      afterFault: 'lost',
    });
    shared.clock.advance(65_000);
    await now(died);
    expect(died.runsOf('pay')).toEqual([]);
    const others = await refused();
    const before = shared.clock.now();
    await others.runToEnd();
    expect(await others.result()).toMatchObject({ status: 'succeeded' });
    expect(shared.clock.now() - before).toBeLessThanOrEqual(60_000);
  });

  test('a probe that a bug ended says nothing and lets the next one go', async () => {
    await fails(5);
    const [broken, next] = [await refused({ afterFault: 'lost' }), await refused()];
    shared.clock.advance(65_000);
    // Its task type finds no script and throws what is no failure of a node.
    broken.dispose();
    await now(broken, next);
    expect(broken.errors).toHaveLength(1);
    expect(await next.result()).toMatchObject({ status: 'succeeded' });
  });

  test('however often an attempt was refused, one trace of it is kept', async () => {
    await fails(5);
    const patient = await refused();
    for (let round = 1; round < 5; round += 1) {
      // Somebody else is always faster, and fails.
      const { status, ...rest } = await recordOf(patient);
      const due = status === 'retrying' && 'due' in rest ? rest.due : 0;
      shared.clock.advanceTo(due as never);
      await now(await started({ script: { pay: DOWN } }));
      await now(patient);
    }
    expect(await recordOf(patient)).toMatchObject({ status: 'retrying', attempt: 1, attempts: [{ refusals: 5 }] });
    await patient.runToEnd();
    expect(await patient.result()).toMatchObject({ status: 'succeeded' });
  });
});

describe('a node that is refused', () => {
  test('waits also if it may be attempted only once, and then is', async () => {
    await fails(5);
    const once = await refused(
      {},
      { pay: { type: 'task', with: { target: 'pay.example' }, delivery: 'at-most-once' } },
    );
    await once.runToEnd();
    expect(await once.result()).toMatchObject({ status: 'succeeded' });
    expect(once.runsOf('pay')).toHaveLength(1);
  });

  test('waits also if it was started under the permission of its parent', async () => {
    await fails(5);
    const chain = await refused(
      {},
      { a: { type: 'task' }, pay: pay({ needs: ['a'] }), z: { type: 'pass', needs: ['pay'] } },
    );
    await chain.runToEnd();
    expect(await chain.result()).toMatchObject({ status: 'succeeded' });
    expect(chain.runsOf('pay')).toMatchObject([{ attempt: 1 }]);
  });

  test.each([
    ['its deadline', { pay: pay({ deadline: '30s' }) }, {}],
    ['the timeout of its execution', PAY, { timeout: '30s' }],
  ] as const)('fails if %s comes before the probe, without an attempt', async (_, nodes, more) => {
    await fails(5);
    const since = new Date(shared.clock.now()).toISOString();
    const harness = await started({}, nodes, more);
    await now(harness);
    expect(await harness.result()).toMatchObject({ status: 'failed', nodes: { pay: { error: 'breaker_open' } } });
    expect(await recordOf(harness)).toMatchObject({
      attempt: 0,
      error: { code: 'breaker_open', details: { target: 'pay.example', since, failures: 5 } },
    });
    expect(harness.runs).toEqual([]);
  });

  test('can be caught by name', async () => {
    await fails(5);
    const nodes = {
      pay: pay({ deadline: '30s', catch: { closed: ['breaker_open'] } }),
      other: { type: 'task', needs: ['pay.closed'] },
    };
    const harness = await started({}, nodes);
    await now(harness);
    expect(await harness.result()).toMatchObject({ status: 'succeeded', nodes: { other: { status: 'succeeded' } } });
  });
});

describe('the breaker fails no attempt', () => {
  const always = (fault: Fault, name: string) => new FaultPlan((call) => (call.name === name ? fault : undefined));

  test.each([
    ['refused', 'readBreaker'],
    ['answer_lost', 'readBreaker'],
    ['refused', 'writeBreaker'],
    ['answer_lost', 'writeBreaker'],
  ] as const)('%s: %s', async (fault, name) => {
    await fails(3);
    const harness = await started({ faults: always(fault, name) });
    await now(harness);
    expect(await harness.result()).toMatchObject({ status: 'succeeded' });
    expect(harness.errors).toEqual([]);
    const failing = await started({ faults: always(fault, name), script: { pay: DOWN } });
    await now(failing);
    expect(await failing.result()).toMatchObject({ nodes: { pay: { error: 'http_503' } } });
    expect(failing.errors).toEqual([]);
  });

  test.each(['died_before', 'died_after', 'refused', 'answer_lost'] as const)(
    'a worker whose n-th call is %s: the execution ends as it does without, whatever n',
    async (fault) => {
      for (let number = 1, happened = true; happened; number += 1) {
        happened = false;
        shared = { breakers: new MemoryBreakerStore(), clock: new VirtualClock() };
        await fails(5);
        const faults = new FaultPlan((call) => {
          if (call.number !== number) return undefined;
          happened = true;
          return fault;
        });
        const harness = new EngineHarness(compile({ a: { type: 'task' }, pay: pay({ needs: ['a'] }) }), {
          shared,
          faults,
          afterFault: 'when_visible',
        });
        await harness.start();
        await harness.sweepToEnd();
        expect({ number, status: (await harness.result()).status }).toEqual({ number, status: 'succeeded' });
        expect(harness.runsOf('pay').length).toBeLessThanOrEqual(2);
        expect(harness.runsOf('pay').every(({ attempt }) => attempt === 1)).toBe(true);
      }
    },
  );
});

test('a healthy target costs no write, and ten attempts of a worker one read', async () => {
  const ten = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`pay${at}`, pay()]));
  const harness = await started({}, ten);
  await harness.runToEnd();
  expect(harness.runs).toHaveLength(10);
  expect([shared.breakers.reads, shared.breakers.writes]).toEqual([1, 0]);
});
