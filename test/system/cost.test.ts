import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startDynoxide, type Dynoxide } from '../../local/emulators/dynoxide.ts';
import { startFauxqs } from '../../local/emulators/fauxqs.ts';
import type { CostBody } from '../../shared/contracts/schemas.ts';
import type { Json } from '../../shared/domain/json.ts';
import { usdOf } from '../../shared/metering/usd.ts';
import { MeteringProxy } from '../support/metering-proxy.ts';
import { startRecordingTarget, type RecordingTarget } from '../support/recording-target.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

/** Header at start and end, listing and sweeper index entries at start and end, `$start`. */
const UNITS_PER_EXECUTION = 7;

let target: RecordingTarget;
let dynoxide: Dynoxide;
let sqs: Awaited<ReturnType<typeof startFauxqs>>;
let table: MeteringProxy;
let queue: MeteringProxy;
let stack: TestStack;

beforeAll(async () => {
  target = await startRecordingTarget({ answer: (path) => (path === '/broken' ? { status: 500 } : undefined) });
  dynoxide = await startDynoxide(undefined);
  sqs = await startFauxqs(undefined);
  table = new MeteringProxy(() => dynoxide.endpoint);
  queue = new MeteringProxy(() => sqs.endpoint);
  stack = await startTestStack({
    httpAllow: target.authority,
    dynamodbEndpoint: await table.start(),
    sqsEndpoint: await queue.start(),
    clockRate: 60,
  });
});

afterAll(async () => {
  await stack.stop();
  await Promise.all([table.stop(), queue.stop(), dynoxide.stop(), sqs.stop(), target.stop()]);
});

beforeEach(() => {
  table.reset();
  queue.reset();
});

const http = (needs: readonly string[], path = 'x') => ({
  type: 'http',
  needs,
  with: { url: `${target.url}/${path}` },
});
const names = (count: number, prefix: string) => Array.from({ length: count }, (_, at) => `${prefix}${at}`);
const chain = (count: number) =>
  Object.fromEntries(names(count, 'n').map((name, at) => [name, http(at === 0 ? [] : [`n${at - 1}`])]));
const fan = (width: number) => {
  const middle = names(width, 'w');
  return { a: http([]), ...Object.fromEntries(middle.map((name) => [name, http(['a'])])), z: http(middle) };
};

interface Metered {
  /** Off the wire. */
  readonly writes: Readonly<Record<string, number>>;
  readonly writeUnits: number;
  readonly readUnits: number;
  readonly messages: number;
  readonly queueCalls: number;
  /** As the API tells it. */
  readonly cost: CostBody;
}

const SETTLED_MS = 300;
const READ_SHARE_MIN = 0.8;
/** The sort key of totals. */
const MONTH = /^\d{4}-\d{2}$/;

/** Of a second execution: what a worker reads once for ever, and the first publication of totals, are behind it. */
async function metered(name: string, nodes: Readonly<Record<string, Json>>, input: Json = {}): Promise<Metered> {
  await stack.api.save({ name, nodes });
  await stack.api.ended(await stack.api.start(name, { input }));
  await settled();
  table.reset();
  queue.reset();
  const id = await stack.api.start(name, { input });
  // Not by asking the API, whose reads would be counted.
  const headers = () => table.keysWritten.filter((key) => key === 'H').length;
  await expect.poll(headers, { timeout: 30_000 }).toBe(2);
  await settled();
  // Once a minute a function publishes its totals, whatever it does: the next time is far away then.
  if (table.keysAddedTo.some((key) => MONTH.test(key))) return metered(name, nodes, input);
  const calls = ['SendMessageBatch', 'ReceiveMessage', 'DeleteMessageBatch'].map((call) => queue.calls.get(call) ?? 0);
  const wire = {
    writes: byKind([...table.keysWritten, ...table.keysAddedTo]),
    writeUnits: table.writeUnits,
    readUnits: table.readUnits,
    messages: queue.messagesSent,
    queueCalls: calls.reduce((sum, count) => sum + count, 0),
  };
  const { body } = await stack.api.call('GET', `/v1/executions/${id}`);
  return { ...wire, cost: body.cost as CostBody };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, SETTLED_MS));

/** Writes by what they are for, so that one too many says where it comes from. */
function byKind(sortKeys: readonly string[]): Record<string, number> {
  const kinds: Record<string, number> = {};
  const seen = new Set<string>();
  for (const key of sortKeys) {
    const again = seen.has(key) ? ', again' : '';
    seen.add(key);
    const kind = `${kindOf(key)}${again}`;
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  return kinds;
}

function kindOf(sortKey: string): string {
  if (sortKey === 'H') return 'header';
  if (sortKey.endsWith('#$start')) return 'start';
  const kinds: Readonly<Record<string, string>> = {
    N: 'node',
    S: 'group',
    J: 'arrivals',
    D: 'dead letter',
    B: 'breaker',
  };
  return kinds[sortKey.slice(0, 1)] ?? sortKey;
}

const EXECUTION = { header: 1, 'header, again': 1, start: 1 };

describe('what is written', () => {
  test('a chain: a write for each node, one message in all', async () => {
    const { writes, writeUnits, messages } = await metered('chain', chain(40));
    expect(writes).toEqual({ ...EXECUTION, node: 40 });
    expect(writeUnits).toBe(UNITS_PER_EXECUTION + 40);
    expect(messages).toBe(1);
  });

  test('20 pure nodes between two effects: nothing', async () => {
    const two = await metered('two', { a: http([]), b: http(['a']) });
    const transforms = Object.fromEntries(
      names(20, 't').map((name, at) => [
        name,
        { type: 'transform', needs: [at === 0 ? 'a' : `t${at - 1}`], with: { value: { step: at } } },
      ]),
    );
    const more = await metered('twenty-two', { a: http([]), ...transforms, b: http(['t19']) });
    expect(more.writes).toEqual(two.writes);
    expect(more.writeUnits).toBe(two.writeUnits);
  });

  test('a fan-out of 100 and its join: at most 1.3 units a node', async () => {
    const { writes, writeUnits, readUnits, messages } = await metered('fan', fan(100));
    const groups = messages - 1;
    expect(writes).toMatchObject({ ...EXECUTION, node: 102, 'node, again': 1, group: groups });
    expect(groups).toBeLessThanOrEqual(10);
    // Those of one invocation arrive together.
    expect((writes['arrivals'] ?? 0) + (writes['arrivals, again'] ?? 0)).toBeLessThanOrEqual(2 * groups + 2);
    expect((writeUnits - UNITS_PER_EXECUTION) / 102).toBeLessThanOrEqual(1.3);
    expect(readUnits).toBeLessThanOrEqual(40);
  });

  test('a join that its own invocation decides: a claim and a commit, nothing for arriving', async () => {
    const { writes } = await metered('join', { a: http([]), b: http([]), c: http(['a', 'b']) });
    expect(writes).toEqual({ ...EXECUTION, node: 3, 'node, again': 1 });
  });

  test('a retry: what failed, the claim of the next attempt, and each failure at the breaker of its target', async () => {
    const node = { ...http([], 'broken'), retry: { delays: ['1s'] } };
    const { writes, messages } = await metered('retry', { a: node });
    const failures = { breaker: 1, 'breaker, again': 1, 'dead letter': 1 };
    expect(writes).toEqual({ ...EXECUTION, ...failures, node: 1, 'node, again': 2 });
    expect(messages).toBe(2);
  });

  test('a wait: that it waits, and that it is over', async () => {
    const { writes, messages } = await metered('wait', { a: { type: 'wait', with: { duration: '10s' } } });
    expect(writes).toEqual({ ...EXECUTION, node: 1, 'node, again': 1 });
    expect(messages).toBe(2);
  });

  test('ten times as many nodes cost no more each', async () => {
    const small = await metered('hundred', fan(98));
    const large = await metered('thousand', fan(998));
    expect(large.writeUnits / 1_000 / (small.writeUnits / 100)).toBeLessThanOrEqual(1.05);
    expect(countedUsd(large.cost) / 1_000 / (countedUsd(small.cost) / 100)).toBeLessThanOrEqual(1.05);
  });
});

/** Without the time that the handlers took here. */
function countedUsd({ usd: _usd, ...usage }: CostBody): number {
  return usdOf({ ...usage, gbSeconds: 0 });
}

describe('what the API says that an execution has used', () => {
  // On a slow machine a watch may look for a stop after the last record that carries what was read.
  test.each([
    ['a chain of 10', 'metered-chain', () => chain(10), 1.6],
    ['1 → 100 → 1', 'metered-fan', () => fan(100), 1.1],
  ])('%s: what went over the wire, alone on the stack', async (_, name, nodes, usdPerMillionMax) => {
    const { writeUnits, readUnits, queueCalls, cost } = await metered(name, nodes());
    expect(cost.writeUnits).toBe(writeUnits);
    expect(cost.indexWriteUnits).toBe(4);
    expect(cost.readUnits).toBeLessThanOrEqual(readUnits + 0.001);
    expect(cost.readUnits).toBeGreaterThanOrEqual(readUnits * READ_SHARE_MIN);
    expect(cost.queueRequests).toBeCloseTo(queueCalls, 3);
    expect(cost).toMatchObject({ apiRequests: 1, schedules: 0, events: 0, objectPuts: 0, objectGets: 0 });
    expect(cost.invocations).toBeGreaterThan(1.9);
    expect(cost.gbSeconds).toBeGreaterThan(0);
    const { usd: _usd, ...usage } = cost;
    expect(cost.usd).toBeCloseTo(usdOf(usage), 9);
    expect((countedUsd(cost) / Object.keys(nodes()).length) * 1e6).toBeLessThanOrEqual(usdPerMillionMax);
  });

  test('large values: the objects that they are kept in', async () => {
    const { cost } = await metered(
      'large',
      { a: http([]) },
      { incompressible: randomBytes(30_000).toString('base64') },
    );
    expect(cost.objectPuts).toBe(1);
    expect(cost.objectGets).toBe(1);
  });

  test('the same without nodes, also when it has ended', async () => {
    await stack.api.save({ name: 'seen', nodes: chain(3) });
    const id = await stack.api.start('seen');
    await stack.api.ended(id);
    await settled();
    const all = await stack.api.call('GET', `/v1/executions/${id}`);
    const none = await stack.api.call('GET', `/v1/executions/${id}?nodes=none`);
    expect(none.body.cost).toEqual(all.body.cost);
    expect(none.body.cost.writeUnits).toBe(10);
  });
});

test('/metrics moves: what the workspace has done and used, with what nobody has published yet', async () => {
  const value = async (sample: string): Promise<number> => {
    const { text } = await stack.api.call('GET', '/metrics');
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${sample} `));
    return Number(line?.slice(sample.length + 1));
  };
  const samples = [
    'stepwell_executions_started_total',
    'stepwell_executions_ended_total{status="succeeded"}',
    'stepwell_nodes_ended_total{type="http"}',
    'stepwell_usage_total{unit="write_units"}',
  ];
  await stack.api.save({ name: 'counted', nodes: chain(3) });
  await settled();
  const before = await Promise.all(samples.map(value));
  const usd = await value('stepwell_cost_usd_total');
  await stack.api.ended(await stack.api.start('counted'));
  await settled();
  const after = await Promise.all(samples.map(value));
  expect(after.map((now, at) => now - (before[at] ?? 0))).toEqual([1, 1, 3, UNITS_PER_EXECUTION + 3]);
  expect(await value('stepwell_cost_usd_total')).toBeGreaterThan(usd);
});

test('the second execution of a version reads no definition', async () => {
  const isVersion = (sortKey: string) => sortKey.startsWith('V#');
  await stack.api.save({ name: 'cached', nodes: { a: http([]) } });
  table.reset();
  await stack.api.ended(await stack.api.start('cached'));
  expect(table.keysRead.filter(isVersion).length).toBeGreaterThan(0);
  table.reset();
  await stack.api.ended(await stack.api.start('cached'));
  expect(table.keysRead.length).toBeGreaterThan(0);
  expect(table.keysRead.filter(isVersion)).toEqual([]);
});
