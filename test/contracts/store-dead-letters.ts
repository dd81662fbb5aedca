import { expect, test } from 'vitest';
import type { DeadLetter, ExecutionKey } from '../../shared/domain/execution/records.ts';
import { epochMs } from '../../shared/domain/time.ts';
import type { Closing, ExecutionStore } from '../../shared/engine/ports.ts';
import { BOOM, NOW, running } from '../domain/execution/records.ts';
import { contend } from './contenders.ts';
import { newKey, VALUES } from './samples.ts';

const REPLAYED: Closing = { status: 'replayed', at: epochMs(NOW + 50), op: 'close1' };
const DISCARDED: Closing = { status: 'discarded', at: epochMs(NOW + 60), op: 'close2' };

function letter(key: ExecutionKey, more: Partial<DeadLetter> = {}): DeadLetter {
  return {
    ...key,
    node: 'a',
    gen: 1,
    workflow: 'order',
    version: 3,
    error: BOOM,
    attempt: 2,
    attempts: [
      { attempt: 1, startedAt: NOW, endedAt: epochMs(NOW + 5), error: BOOM, delayMs: 10 },
      { attempt: 2, startedAt: epochMs(NOW + 15), endedAt: epochMs(NOW + 20), error: BOOM },
    ],
    startedAt: NOW,
    createdAt: epochMs(NOW + 30),
    status: 'open',
    ...more,
  };
}

export function deadLetterCases(store: () => ExecutionStore): void {
  test('is filed, and read as it was', async () => {
    const filed = letter(newKey());
    expect(await store().readDeadLetter(filed)).toBeUndefined();
    await store().fileDeadLetter(filed);
    expect(await store().readDeadLetter(filed)).toStrictEqual(filed);
    expect(await store().deadLettersOf(filed)).toStrictEqual([filed]);
  });

  test.each(VALUES)('keeps %s as the input of its node', async (_what, value) => {
    const filed = letter(newKey(), { input: { at: 'record', value } });
    await store().fileDeadLetter(filed);
    const read = await store().readDeadLetter(filed);
    expect(JSON.stringify(await store().load(read!.input!))).toBe(JSON.stringify(value));
  });

  test('filed again stays as it was, even closed', async () => {
    const filed = letter(newKey());
    await store().fileDeadLetter(filed);
    await store().fileDeadLetter({ ...filed, attempt: 9 });
    expect(await store().readDeadLetter(filed)).toEqual(filed);
    await store().closeDeadLetter(filed, DISCARDED);
    await store().fileDeadLetter(filed);
    expect(await store().readDeadLetter(filed)).toMatchObject({ status: 'discarded' });
  });

  test('is closed once, and says how and when', async () => {
    const filed = letter(newKey());
    await store().fileDeadLetter(filed);
    expect(await store().closeDeadLetter(filed, REPLAYED)).toBe(true);
    expect(await store().closeDeadLetter(filed, DISCARDED)).toBe(false);
    expect(await store().readDeadLetter(filed)).toEqual({ ...filed, status: 'replayed', closedAt: REPLAYED.at });
  });

  test('closed again by the same operation is closed', async () => {
    const filed = letter(newKey());
    await store().fileDeadLetter(filed);
    await store().closeDeadLetter(filed, REPLAYED);
    expect(await store().closeDeadLetter(filed, REPLAYED)).toBe(true);
  });

  test('that is not there is not closed', async () => {
    const absent = letter(newKey());
    expect(await store().closeDeadLetter(absent, REPLAYED)).toBe(false);
    expect(await store().readDeadLetter(absent)).toBeUndefined();
  });

  test('wanted by 50 at once is closed by one', async () => {
    const filed = letter(newKey());
    await store().fileDeadLetter(filed);
    const answers = await contend((contender) => store().closeDeadLetter(filed, { ...REPLAYED, op: `op${contender}` }));
    expect(answers.filter(Boolean)).toHaveLength(1);
  });

  test.each([
    ['node', { node: 'b' }],
    ['generation', { gen: 12 }],
    ['execution', { execution: 'ex_other' }],
    ['workspace', { workspace: 'other' }],
  ])('of another %s is another', async (_what, other) => {
    const filed = letter(newKey());
    await store().fileDeadLetter(filed);
    expect(await store().readDeadLetter({ ...filed, ...other })).toBeUndefined();
    expect(await store().closeDeadLetter({ ...filed, ...other }, REPLAYED)).toBe(false);
  });

  test('lies beside the records of its execution, not among them', async () => {
    const key = newKey();
    await store().writeNode(key, running('a'), 'absent');
    await store().fileDeadLetter(letter(key));
    await store().fileDeadLetter(letter(key, { gen: 2 }));
    await store().fileDeadLetter(letter(key, { node: 'b' }));
    expect((await store().readAll(key, 'outputs')).nodes).toEqual([running('a')]);
    const found = (await store().deadLettersOf(key)).map(({ node, gen }) => `${node}/${gen}`);
    expect(found.sort()).toEqual(['a/1', 'a/2', 'b/1']);
  });
}
