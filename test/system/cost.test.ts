import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startDynoxide, type Dynoxide } from '../../local/emulators/dynoxide.ts';
import { startFauxqs } from '../../local/emulators/fauxqs.ts';
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
  target = await startRecordingTarget();
  dynoxide = await startDynoxide(undefined);
  sqs = await startFauxqs(undefined);
  table = new MeteringProxy(() => dynoxide.endpoint);
  queue = new MeteringProxy(() => sqs.endpoint);
  stack = await startTestStack({
    httpAllow: target.authority,
    dynamodbEndpoint: await table.start(),
    sqsEndpoint: await queue.start(),
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

/** Saves before the meters are set to zero: what an execution costs, not a definition. */
async function metered(definition: {
  name: string;
  nodes: Record<string, unknown>;
}): Promise<{ writeUnits: number; messages: number }> {
  await stack.api.save(definition as never);
  table.reset();
  queue.reset();
  const id = await stack.api.start(definition.name);
  const execution = await stack.api.ended(id);
  expect(execution.status).toBe('succeeded');
  return { writeUnits: table.writeUnits, messages: queue.messagesSent };
}

test('a chain of 40 http nodes costs one queue message and at most 7 + 1 + 40 write units', async () => {
  const nodes = Object.fromEntries(
    Array.from({ length: 40 }, (_, at) => [`n${at}`, http(at === 0 ? [] : [`n${at - 1}`])]),
  );
  const { writeUnits, messages } = await metered({ name: 'chain', nodes });
  expect(messages).toBe(1);
  expect(writeUnits).toBeLessThanOrEqual(UNITS_PER_EXECUTION + 1 + 40);
});

test('20 transforms between two http nodes add no write', async () => {
  const two = await metered({ name: 'two', nodes: { a: http([]), b: http(['a']) } });
  const transforms = Object.fromEntries(
    Array.from({ length: 20 }, (_, at) => [
      `t${at}`,
      { type: 'transform', needs: [at === 0 ? 'a' : `t${at - 1}`], with: { value: { step: at } } },
    ]),
  );
  const twentyTwo = await metered({ name: 'twenty-two', nodes: { a: http([]), ...transforms, b: http(['t19']) } });
  expect(twentyTwo.writeUnits).toBe(two.writeUnits);
});

test('a fan-out of 100 and its join cost at most 1.3 write units a node', async () => {
  const names = Array.from({ length: 100 }, (_, at) => `w${at}`);
  const nodes = { a: http([]), ...Object.fromEntries(names.map((name) => [name, http(['a'])])), z: http(names) };
  const { writeUnits } = await metered({ name: 'fan', nodes });
  console.log(`fan-out of 100: ${writeUnits} write units, of which ${UNITS_PER_EXECUTION} per execution`);
  expect((writeUnits - UNITS_PER_EXECUTION) / 102).toBeLessThanOrEqual(1.3);
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
