import { describe, expect, test } from 'vitest';
import type { NodeRecord } from '../../shared/domain/execution/records.ts';
import { Audit } from '../support/audit.ts';
import { compile, EngineHarness, type HarnessOptions, type Nodes } from '../support/engine-harness.ts';
import { FaultPlan, type Call } from '../support/faulty-ports.ts';

const task = (needs: string[] = [], more: Nodes[string] = {}) => ({
  type: 'task',
  ...(needs.length > 0 && { needs }),
  ...more,
});

async function run(nodes: Nodes, options: HarnessOptions = {}) {
  const plan = compile(nodes);
  const audit = new Audit(plan);
  const harness = new EngineHarness(plan, { ...options, watch: audit.watch });
  await harness.start();
  await harness.runToEnd();
  expect(audit.violations).toEqual([]);
  return { harness, result: await harness.result() };
}

/** The worker dies whenever it has claimed this node. */
function diesClaiming(node: string, times = Infinity): FaultPlan {
  let left = times;
  return new FaultPlan(({ name, args }: Call) => {
    const record = name === 'writeNode' ? (args[1] as NodeRecord) : undefined;
    if (record?.node !== node || record.status !== 'running' || left <= 0) return undefined;
    left -= 1;
    return 'died_after';
  });
}

describe('a node whose worker dies', () => {
  const NODES = { a: task(), b: task(), j: task(['a', 'b']), after: task(['j']), rescue: task(['j.error']) };

  test('runs again under a new claim, as the same attempt with the same key', async () => {
    const { harness, result } = await run(NODES, { faults: diesClaiming('j', 2) });
    expect(result).toMatchObject({
      status: 'succeeded',
      nodes: { j: { status: 'succeeded' }, rescue: { status: 'skipped' } },
    });
    expect(harness.runsOf('j')).toEqual([expect.objectContaining({ attempt: 1, key: `${harness.key.execution}:j:1` })]);
  });

  test('is declared poisoned after a bounded number of claims; that can be caught like any failure', async () => {
    const faults = diesClaiming('j');
    const { harness, result } = await run(NODES, { faults });
    expect(result).toMatchObject({
      status: 'succeeded',
      nodes: {
        j: { status: 'failed', error: 'poisoned' },
        rescue: { status: 'succeeded' },
        after: { status: 'skipped' },
      },
    });
    expect(harness.runsOf('j')).toEqual([]);
  });

  test('is not run again where delivery is at-most-once: interrupted', async () => {
    const nodes = { ...NODES, j: task(['a', 'b'], { delivery: 'at-most-once' }) };
    const { harness, result } = await run(nodes, { faults: diesClaiming('j', 1) });
    expect(result.nodes).toMatchObject({
      j: { status: 'failed', error: 'interrupted' },
      rescue: { status: 'succeeded' },
    });
    expect(harness.runsOf('j')).toEqual([]);
  });

  test.each([['died_before'], ['died_after']] as const)(
    'at-most-once starts at most once, wherever the worker %s',
    async (fault) => {
      const nodes = { a: task(), once: task(['a'], { delivery: 'at-most-once' }), after: task(['once.error']) };
      for (let number = 3, happened = true; happened; number += 1) {
        happened = false;
        const faults = new FaultPlan((call) => {
          if (call.number !== number) return undefined;
          happened = true;
          return fault;
        });
        const { harness, result } = await run(nodes, { faults });
        expect(result.status).toBe('succeeded');
        expect(harness.runsOf('once').length).toBeLessThanOrEqual(1);
      }
    },
  );
});

describe('time', () => {
  test('an attempt that takes longer than its timeout fails as timeout, and is repeated', async () => {
    const { harness, result } = await run(
      { a: task([], { timeout: '5s', retry: { delays: ['1s'] } }) },
      { script: { a: [{ takesMs: 5_001 }, { takesMs: 4_999 }] } },
    );
    expect(result.status).toBe('succeeded');
    expect(harness.runsOf('a').map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  test('without attempts left it is the end of the node', async () => {
    const { result } = await run(
      { a: task([], { timeout: '5s', retry: { attempts: 1 } }) },
      { script: { a: { takesMs: 6_000 } } },
    );
    expect(result).toMatchObject({ status: 'failed', nodes: { a: { error: 'timeout' } } });
  });

  test('a deadline covers all attempts', async () => {
    const { result } = await run(
      { a: task([], { deadline: '10s', retry: { delays: ['4s'], attempts: 9 } }) },
      { script: { a: { takesMs: 3_000, fail: 'http_503', retryable: true } } },
    );
    expect(result).toMatchObject({ status: 'failed', nodes: { a: { error: 'deadline_exceeded' } } });
  });

  test('a deadline ends an attempt, too', async () => {
    const { harness, result } = await run(
      { a: task([], { deadline: '2s', timeout: '30s' }) },
      { script: { a: { takesMs: 20_000 } } },
    );
    expect(result.nodes).toMatchObject({ a: { error: 'deadline_exceeded' } });
    expect(harness.runsOf('a')).toHaveLength(1);
  });

  test('a deadline ends a wait', async () => {
    const { harness, result } = await run(
      { a: task([], { deadline: '2s' }), b: task(['a.error']) },
      { script: { a: { wait: 60_000 } } },
    );
    expect(result.nodes).toMatchObject({ a: { error: 'deadline_exceeded' }, b: { status: 'succeeded' } });
    expect(harness.clock.now()).toBe(1_700_000_002_000);
  });

  test('a long attempt has a lease of its own length', async () => {
    const { harness, result } = await run(
      { a: task([], { timeout: '14m' }), b: task(['a']) },
      { script: { a: { takesMs: 800_000 } } },
    );
    expect(result.status).toBe('succeeded');
    expect(harness.runsOf('a')).toHaveLength(1);
  });

  test('no attempt is cut short by the permission that it runs under: the second round of a group', async () => {
    const leaves = Object.fromEntries(
      Array.from({ length: 30 }, (_, at) => [`f${at}`, task(['a'], { timeout: '50s', retry: { attempts: 1 } })]),
    );
    const script = Object.fromEntries(Object.keys(leaves).map((id) => [id, { takesMs: 40_000 }]));
    const { harness, result } = await run({ a: task(), ...leaves }, { script });
    expect(result.status).toBe('succeeded');
    for (const id of Object.keys(leaves)) expect(harness.runsOf(id)).toHaveLength(1);
  });
});
