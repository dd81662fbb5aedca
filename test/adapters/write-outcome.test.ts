import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isUnavailable } from '../../lambdas/api/unavailable.ts';
import { IMPATIENT } from '../../shared/adapters/aws/client-settings.ts';
import { keyAttributes, text, textSet, type Item } from '../../shared/adapters/aws/dynamo/attributes.ts';
import { isAbsent, Table } from '../../shared/adapters/aws/dynamo/table.ts';
import { WriteFault } from '../../shared/adapters/aws/dynamo/write-outcome.ts';
import { API } from '../../shared/config/functions.ts';
import { answered, applied, failing, refusedBecauseOf, scriptedDynamo } from './scripted-dynamo.ts';

/** What no emulator does: throttles, conflicts, answers that get lost. The SDK's own repetitions are part of it. */
const KEY = { pk: 'ws#X#1', sk: 'H' };
const item = (op: string): Item => ({ ...keyAttributes(KEY), op: text(op) });
const isAtRevision = { expression: 'rev = :rev', values: { ':rev': { N: '1' } } };
const ONCE = { maxAttempts: 1 };

type Script = Parameters<typeof scriptedDynamo>;

/** Puts our item where it is absent, and says what came of it and in how many calls. */
async function put(script: Script, config: { readonly maxAttempts?: number } = {}) {
  await using dynamo = await scriptedDynamo(...script);
  const outcome = await new Table(dynamo.client(config), 'State').put(item('ours'), isAbsent);
  return { outcome, requests: dynamo.requests };
}

async function faultOf(writing: Promise<unknown>): Promise<WriteFault> {
  const error: unknown = await writing.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof WriteFault) return error;
  throw new Error(`no fault, but ${String(error)}`);
}

describe('a refused condition', () => {
  test("on another's write: not written, and says what is there", async () => {
    const { outcome } = await put([refusedBecauseOf(item('theirs'))]);
    expect(outcome).toEqual({ written: false, existing: item('theirs') });
  });

  test('on our own write: it was applied', async () => {
    expect((await put([refusedBecauseOf(item('ours'))])).outcome).toEqual({ written: true, repeated: true });
  });

  test('on an item without an operation: another', async () => {
    const { outcome } = await put([refusedBecauseOf(keyAttributes(KEY))]);
    expect(outcome).toEqual({ written: false, existing: keyAttributes(KEY) });
  });

  test('of a write without an operation, on an item without one: not taken for ours', async () => {
    await using dynamo = await scriptedDynamo(refusedBecauseOf(keyAttributes(KEY)));
    const outcome = await new Table(dynamo.client(), 'State').put(keyAttributes(KEY), isAbsent);
    expect(outcome).toEqual({ written: false, existing: keyAttributes(KEY) });
  });

  test('of a revision, with nothing there: not written', async () => {
    await using dynamo = await scriptedDynamo(refusedBecauseOf(undefined));
    const outcome = await new Table(dynamo.client(), 'State').put(item('ours'), isAtRevision);
    expect(outcome).toEqual({ written: false, existing: undefined });
  });

  test('of absence, without saying what is there: nothing is known, not even whether it is ours', async () => {
    expect(await faultOf(put([refusedBecauseOf(undefined)]))).toMatchObject({ kind: 'unknown', mayBeApplied: true });
  });

  test('is not repeated, and every write asks for the old item', async () => {
    const { requests } = await put([refusedBecauseOf(item('theirs')), applied]);
    expect(requests).toHaveLength(1);
    expect(JSON.parse(requests[0] ?? '')).toMatchObject({ ReturnValuesOnConditionCheckFailure: 'ALL_OLD' });
  });
});

describe('W1: an answer that was lost', () => {
  test('is repeated word for word; refused on its own first attempt, it was applied', async () => {
    const { outcome, requests } = await put(['lost', refusedBecauseOf(item('ours'))]);
    expect(outcome).toEqual({ written: true, repeated: true });
    expect(requests[1]).toBe(requests[0]);
  });

  test('is repeated; where another was first, it is refused', async () => {
    const { outcome } = await put(['lost', refusedBecauseOf(item('theirs'))]);
    expect(outcome).toMatchObject({ written: false });
  });

  test('may have been a server error', async () => {
    const { outcome } = await put([failing('InternalServerError', 500), refusedBecauseOf(item('ours'))]);
    expect(outcome).toEqual({ written: true, repeated: true });
  });

  test('four times in a row: thrown, applied or not', async () => {
    await using dynamo = await scriptedDynamo('lost', 'lost', 'lost', 'lost', applied);
    const fault = await faultOf(new Table(dynamo.client(), 'State').put(item('ours'), isAbsent));
    expect(fault).toMatchObject({ kind: 'unknown', mayBeApplied: true });
    expect(dynamo.requests).toHaveLength(4);
  });

  test('of an arrival is repeated without more ado: it adds the same again', async () => {
    await using dynamo = await scriptedDynamo('lost', answered({ Attributes: { arr: { SS: ['0l'] } } }));
    const added = await new Table(dynamo.client(), 'State').add(KEY, { arr: textSet(['0l']) });
    expect(added).toEqual({ arr: { SS: ['0l'] } });
  });

  test('for want of any: a connection that hangs is given up', async () => {
    await using dynamo = await scriptedDynamo('silence');
    const requestHandler = { ...IMPATIENT.requestHandler, requestTimeout: 50 };
    const table = new Table(dynamo.client({ ...ONCE, requestHandler }), 'State');
    expect(await faultOf(table.put(item('ours'), isAbsent))).toMatchObject({ kind: 'unknown', mayBeApplied: true });
  });

  test('for want of a server: as unknown as any, and the caller of the API is told to come again', async () => {
    const dynamo = await scriptedDynamo();
    const client = dynamo.client(ONCE);
    await dynamo[Symbol.asyncDispose]();
    const fault = await faultOf(new Table(client, 'State').put(item('ours'), isAbsent));
    expect(fault).toMatchObject({ kind: 'unknown', mayBeApplied: true });
    expect(isUnavailable(fault)).toBe(true);
  });
});

describe('what else DynamoDB answers to a write', () => {
  test.each([
    ['ProvisionedThroughputExceededException', 400, 'throttled', true],
    ['ThrottlingException', 400, 'throttled', true],
    ['RequestLimitExceeded', 400, 'throttled', true],
    ['TooManyRequestsException', 429, 'throttled', true],
    ['TransactionConflictException', 400, 'conflict', false],
    ['ReplicatedWriteConflictException', 400, 'conflict', false],
    ['ValidationException', 400, 'rejected', false],
    ['ItemCollectionSizeLimitExceededException', 400, 'rejected', false],
    ['ResourceNotFoundException', 400, 'rejected', false],
    ['AccessDeniedException', 400, 'rejected', false],
    ['UnrecognizedClientException', 400, 'rejected', false],
    ['SerializationException', 400, 'rejected', false],
    // Nobody sends any: a bug like the others.
    ['TransactionCanceledException', 400, 'rejected', false],
  ])('%s (%i) is %s, certainly not applied', async (type, status, kind, isUnavailableToCallers) => {
    const fault = await faultOf(put([failing(type, status)], ONCE));
    expect(fault).toMatchObject({ kind, mayBeApplied: false });
    expect(fault.message).toContain(`${type}: ${type} happened`);
    expect(isUnavailable(fault)).toBe(isUnavailableToCallers);
  });

  test.each([
    ['InternalServerError', 500],
    ['ServiceUnavailable', 503],
    ['InternalFailure', 500],
    ['RequestTimeout', 408],
    ['SomethingNew', 500],
  ])('%s (%i) is unknown: applied or not', async (type, status) => {
    const fault = await faultOf(put([failing(type, status)], ONCE));
    expect(fault).toMatchObject({ kind: 'unknown', mayBeApplied: true });
    expect(isUnavailable(fault)).toBe(true);
  });

  test('a throttle passes: the write is repeated', async () => {
    const { outcome, requests } = await put([failing('ThrottlingException'), applied]);
    expect([outcome, requests.length]).toEqual([{ written: true, repeated: true }, 2]);
  });

  test('a throttle of the repetition says nothing about the first attempt', async () => {
    const fault = await faultOf(put(['lost', failing('ThrottlingException')], { maxAttempts: 2 }));
    expect(fault).toMatchObject({ kind: 'throttled', mayBeApplied: true });
  });

  test('a throttle says of what: one partition, an index, the account', async () => {
    const ThrottlingReasons = [
      { reason: 'TableWriteKeyRangeThroughputExceeded', resource: 'arn:aws:dynamodb:::table/S' },
    ];
    const script = failing('ProvisionedThroughputExceededException', 400, { ThrottlingReasons });
    expect((await faultOf(put([script], ONCE))).message).toContain(
      '(TableWriteKeyRangeThroughputExceeded arn:aws:dynamodb:::table/S)',
    );
  });

  test('a mistake is not repeated', async () => {
    await using dynamo = await scriptedDynamo(failing('ValidationException'), applied);
    const table = new Table(dynamo.client(), 'State');
    expect(await faultOf(table.add(KEY, { arr: textSet([]) }))).toMatchObject({ kind: 'rejected' });
    expect(dynamo.requests).toHaveLength(1);
  });
});

test('a call that hangs to the end is over before the API is', () => {
  const longestMs = IMPATIENT.maxAttempts * IMPATIENT.requestHandler.requestTimeout;
  expect(longestMs).toBeLessThan(API.timeoutSeconds * 1_000);
});

describe('one place for it all', () => {
  const ROOT = resolve(import.meta.dirname, '../..');
  const sources = ['shared', 'lambdas', 'local', 'cli', 'bin', 'lib'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => ({ file: `${folder}/${file}`, source: readFileSync(join(ROOT, folder, file), 'utf8') })),
  );
  const filesWith = (pattern: RegExp) => sources.filter(({ source }) => pattern.test(source)).map(({ file }) => file);

  test('nothing uses transactions, batch writes or PartiQL: there are no cancellation reasons to classify', () => {
    expect(sources.length).toBeGreaterThan(100);
    expect(
      filesWith(
        /\b(Transact(Write|Get)Items|ExecuteTransaction|Batch(WriteItem|ExecuteStatement)|ExecuteStatement)Command\b/,
      ),
    ).toEqual([]);
  });

  test('only the table writes items, and only one module knows a failed condition', () => {
    expect(filesWith(/\b(Put|Update|Delete)ItemCommand\b/)).toEqual(['shared/adapters/aws/dynamo/table.ts']);
    expect(filesWith(/\bConditionalCheckFailedException\b/)).toEqual(['shared/adapters/aws/dynamo/write-outcome.ts']);
  });
});
