import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DynamoBreakerStore } from '../../shared/adapters/aws/dynamo/breaker-store.ts';
import { NewerRecordError } from '../../shared/adapters/aws/dynamo/record-version.ts';
import { keyAttributes, number, numberOf } from '../../shared/adapters/aws/dynamo/attributes.ts';
import { breakerKey } from '../../shared/adapters/aws/dynamo/keys.ts';
import { isAbsent, type Table } from '../../shared/adapters/aws/dynamo/table.ts';
import { MemoryBreakerStore } from '../../shared/adapters/memory/breaker-store.ts';
import { CLOSED, type BreakerState } from '../../shared/domain/breaker.ts';
import { epochMs } from '../../shared/domain/time.ts';
import type { BreakerRecord, BreakerStore } from '../../shared/engine/breakers.ts';
import { AwsServices, DYNAMODB_NAME } from './aws-services.ts';
import { contend } from './contenders.ts';

let services: AwsServices;
let table: Table;
beforeAll(async () => {
  services = await AwsServices.start();
  table = await services.newTable();
});
afterAll(() => services[Symbol.asyncDispose]());

const AT = epochMs(1_700_000_000_000);
const OPEN: BreakerState = { status: 'open', since: AT, failures: 5, probeAt: epochMs(AT + 60_000) };

let targets = 0;
const newKey = () => ({ workspace: 'ws', target: `https://pay.example:${(targets += 1)}` });
const record = (more: Partial<BreakerRecord> = {}): BreakerRecord => ({
  state: CLOSED,
  rev: 1,
  op: 'op1',
  forgetAt: epochMs(AT + 3_600_000),
  ...more,
});

describe.each<[string, () => BreakerStore]>([
  ['memory', () => new MemoryBreakerStore()],
  [DYNAMODB_NAME, () => new DynamoBreakerStore(table)],
])('the breakers in %s', (_, open) => {
  test('are absent until the first write, and then as they were written', async () => {
    const [store, key] = [open(), newKey()];
    expect(await store.readBreaker(key)).toBeUndefined();
    const states: BreakerState[] = [
      CLOSED,
      { status: 'closed', failures: ['a', 'b'] },
      OPEN,
      { status: 'half_open', since: AT, failures: 6, successes: 1 },
      { status: 'half_open', since: AT, failures: 6, successes: 0, probe: { by: 'p', until: AT } },
    ];
    for (const [at, state] of states.entries()) {
      const next = record({ state, rev: at + 1, op: `op${at}` });
      expect(await store.writeBreaker(key, next)).toEqual({ written: true });
      expect(await store.readBreaker(key)).toStrictEqual(next);
    }
  });

  test('are written over the revision before, and no other; whoever is refused is told what is there', async () => {
    const [store, key] = [open(), newKey()];
    expect(await store.writeBreaker(key, record({ rev: 2 }))).toEqual({ written: false, existing: undefined });
    await store.writeBreaker(key, record());
    for (const rev of [1, 3])
      expect(await store.writeBreaker(key, record({ rev, op: 'op2' }))).toEqual({ written: false, existing: record() });
    expect(await store.writeBreaker(key, record({ rev: 2, op: 'op2', state: OPEN }))).toEqual({ written: true });
  });

  test('written again by the same operation are written', async () => {
    const [store, key] = [open(), newKey()];
    await store.writeBreaker(key, record());
    expect(await store.writeBreaker(key, record())).toEqual({ written: true });
  });

  test('wanted by 50 at once are written by one', async () => {
    const [store, key] = [open(), newKey()];
    const writes = await contend((contender) => store.writeBreaker(key, record({ op: `op${contender}` })));
    expect(writes.filter(({ written }) => written)).toHaveLength(1);
  });

  test('of another workspace, or another target, are others', async () => {
    const [store, key] = [open(), newKey()];
    await store.writeBreaker(key, record());
    expect(await store.readBreaker({ ...key, workspace: 'other' })).toBeUndefined();
    expect(await store.readBreaker({ ...key, target: `${key.target}/` })).toBeUndefined();
    const strange = { ...key, target: `#${'é'.repeat(5_000)}` };
    expect(await store.writeBreaker(strange, record())).toEqual({ written: true });
  });
});

test('the table forgets what is idle, in whole seconds and never early', async () => {
  const key = newKey();
  await new DynamoBreakerStore(table).writeBreaker(key, record({ forgetAt: epochMs(AT + 1) }));
  const item = await table.get(breakerKey(key));
  expect(numberOf(item ?? {}, 'ttl')).toBe(1_700_000_001);
});

test('a breaker of a newer version is not guessed at', async () => {
  const key = newKey();
  await table.put({ ...keyAttributes(breakerKey(key)), v: number(2) }, isAbsent);
  await expect(new DynamoBreakerStore(table).readBreaker(key)).rejects.toThrow(NewerRecordError);
});
