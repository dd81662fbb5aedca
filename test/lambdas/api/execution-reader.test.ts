import { afterAll, beforeAll, expect, test } from 'vitest';
import { ExecutionReader } from '../../../lambdas/api/execution-reader.ts';
import { DynamoExecutionStore } from '../../../shared/adapters/aws/dynamo/execution-store.ts';
import type { ExecutionKey } from '../../../shared/domain/execution/records.ts';
import { epochMs } from '../../../shared/domain/time.ts';
import { Tally, withTally } from '../../../shared/metering/tally.ts';
import { AwsServices } from '../../contracts/aws-services.ts';
import { header, newKey } from '../../contracts/samples.ts';
import { NOW, settled } from '../../domain/execution/records.ts';

let services: AwsServices;
let store: DynamoExecutionStore;
let now = NOW;
beforeAll(async () => {
  services = await AwsServices.start();
  store = new DynamoExecutionStore(await services.newTable(), services.payloads);
});
afterAll(() => services[Symbol.asyncDispose]());

const LATER = epochMs(NOW + 60_000);
const NODES = ['a', 'b', 'c'];

async function ended(nodes: readonly string[] = NODES): Promise<ExecutionKey> {
  const key = newKey();
  await store.createHeader(header(key, { status: 'succeeded', endedAt: NOW }));
  await Promise.all(nodes.map((node) => store.writeNode(key, settled(node), 'absent')));
  return key;
}

const newReader = () => new ExecutionReader(store, () => now);

/** Read units of a call. */
async function unitsOf(run: () => Promise<unknown>): Promise<number> {
  const tally = new Tally('ws');
  await withTally(tally, run);
  return tally.take().readUnits;
}

test('an execution that ended is read once; after that only its header is looked at', async () => {
  const key = await ended();
  now = LATER;
  const reader = newReader();
  const first = await reader.statuses(key);
  expect(first?.records.nodes.map(({ node }) => node).sort()).toEqual(NODES);
  await store.writeNode(key, settled('from nowhere'), 'absent');
  expect(await reader.statuses(key)).toBe(first);
  expect(await unitsOf(() => reader.statuses(key))).toBe(1);
});

test('many who ask at once for one that is kept pay for its header alone, and only once', async () => {
  const key = await ended();
  now = LATER;
  const reader = newReader();
  const first = await reader.statuses(key);
  const all = () => Promise.all(Array.from({ length: 16 }, () => reader.statuses(key)));
  expect(await unitsOf(async () => expect(new Set(await all())).toEqual(new Set([first])))).toBe(1);
});

test('a header that was written since, as by a redrive, makes it be read anew', async () => {
  const key = await ended();
  now = LATER;
  const reader = newReader();
  await reader.statuses(key);
  await store.replaceHeader(header(key, { status: 'running', gen: 2, rev: 2, op: 'op2' }));
  await store.writeNode(key, settled('d'), 'absent');
  const again = await reader.statuses(key);
  expect(again?.header).toMatchObject({ status: 'running', gen: 2 });
  expect(again?.records.nodes).toHaveLength(4);
});

test('one that runs is read each time', async () => {
  const key = newKey();
  await store.createHeader(header(key));
  const reader = newReader();
  expect((await reader.statuses(key))?.records.nodes).toHaveLength(0);
  await store.writeNode(key, settled('a'), 'absent');
  expect((await reader.statuses(key))?.records.nodes).toHaveLength(1);
});

/** Its records are read before the last commit, and its header after the end. */
class RacingStore extends DynamoExecutionStore {
  override async readExecution(...[key, depth]: Parameters<DynamoExecutionStore['readExecution']>) {
    const read = await super.readExecution(key, depth);
    await this.writeNode(key, settled('last'), 'absent');
    return read;
  }
}

test('records that were read beside the header of one that has just ended are read again', async () => {
  const table = await services.newTable();
  store = new DynamoExecutionStore(table, services.payloads);
  now = NOW;
  for (const depth of ['statuses', 'outputs'] as const) {
    const key = await ended([]);
    const reader = new ExecutionReader(new RacingStore(table, services.payloads), () => now);
    expect((await reader[depth](key))?.records.nodes.map(({ node }) => node)).toEqual(['last']);
  }
});

test('that takes no second read where nobody looks at them', async () => {
  const key = await ended();
  now = NOW;
  const reader = newReader();
  const brief = await unitsOf(() => reader.statuses(key, { isBrief: true }));
  expect(await unitsOf(() => reader.statuses(key))).toBeGreaterThan(brief);
});

test('what was read for its header alone is not kept for who wants the nodes', async () => {
  const key = await ended();
  now = NOW;
  const reader = newReader();
  const brief = await reader.statuses(key, { isBrief: true });
  expect(await reader.statuses(key)).not.toBe(brief);
});

test('the least recently read leave when there are too many records', async () => {
  now = LATER;
  const many = Array.from({ length: 7 }, (_, at) => `n${at}`);
  const [one, two, three] = [await ended(many), await ended(many), await ended(many)];
  const reader = new ExecutionReader(store, () => now, 16);
  const first = await reader.statuses(one);
  await reader.statuses(two);
  expect(await reader.statuses(one)).toBe(first);
  await reader.statuses(three);
  expect(await reader.statuses(one)).toBe(first);
  expect(await unitsOf(() => reader.statuses(two))).toBeGreaterThan(1);
});

test('one that is larger than all that may be kept leaves the others alone', async () => {
  now = LATER;
  const [small, large] = [await ended(['a']), await ended(Array.from({ length: 30 }, (_, at) => `n${at}`))];
  const reader = new ExecutionReader(store, () => now, 16);
  const kept = await reader.statuses(small);
  expect((await reader.statuses(large))?.records.nodes).toHaveLength(30);
  expect(await reader.statuses(small)).toBe(kept);
});

test('what does not exist is not found, whatever was kept', async () => {
  expect(await newReader().statuses(newKey())).toBeUndefined();
  expect(await newReader().outputs(newKey())).toBeUndefined();
});
