import { expect, test } from 'vitest';
import { failure } from '../../shared/domain/failure.ts';
import type { Header, Stored } from '../../shared/domain/execution/records.ts';
import type { Json } from '../../shared/domain/json.ts';
import { epochMs } from '../../shared/domain/time.ts';
import type { ExecutionStore } from '../../shared/engine/ports.ts';
import { NOW } from '../domain/execution/records.ts';
import { contend } from './contenders.ts';
import { header, newKey, noise, VALUES } from './samples.ts';

const inRecord = (value: Json): Stored => ({ at: 'record', value });

/** Every field but those that only some stores have: a new one that an adapter forgets does not compile here. */
function full(): Required<Header> {
  const stop = { status: 'cancelled', reason: 'cancelled', at: epochMs(NOW + 1) } as const;
  return {
    ...header(newKey()),
    status: 'cancelled',
    gen: 2,
    redrives: [
      {
        gen: 2,
        at: NOW,
        version: 1,
        from: ['a', 'b'],
        input: inRecord(1),
        after: { version: 1, status: 'failed', endedAt: NOW, stop },
        op: 'r',
      },
    ],
    repair: {
      generations: [{ number: 2, nodes: [0, 3] }],
      keys: [{ number: 2, nodes: [3] }],
      given: inRecord({ a: { x: null } }),
    },
    tags: { team: 'Köln', '': '' },
    startedAt: epochMs(NOW + 1),
    endedAt: epochMs(NOW + 2),
    stop,
    reason: 'cancelled',
    error: { ...failure('boom', 'target', 'it went wrong'), node: 'a' },
    output: inRecord({ done: true }),
    check: epochMs(9e12),
    progress: {
      total: 9,
      pending: 0,
      queued: 0,
      running: 0,
      waiting: 0,
      retrying: 0,
      succeeded: 6,
      failed: 1,
      skipped: 1,
      cancelled: 1,
    },
  };
}

export function headerCases(store: () => ExecutionStore): void {
  createCases(store);
  replaceCases(store);
  valueCases(store);
}

function createCases(store: () => ExecutionStore): void {
  test('is created where there is none', async () => {
    const first = header(newKey());
    expect(await store().readHeader(first)).toBeUndefined();
    expect(await store().createHeader(first)).toEqual({ created: true });
    expect(await store().readHeader(first)).toStrictEqual(first);
  });

  test('comes back with every field that it has', async () => {
    const all = full();
    await store().createHeader(all);
    expect(await store().readHeader(all)).toStrictEqual(all);
  });

  test('created again by the same operation is created, and stays as it was', async () => {
    const first = header(newKey());
    await store().createHeader(first);
    expect(await store().createHeader({ ...first, trigger: 'again' })).toEqual({ created: true });
    expect(await store().readHeader(first)).toEqual(first);
  });

  test('created again by its operation after it has changed is refused: whoever asks sees how far it is', async () => {
    const first = header(newKey());
    const second = { ...first, rev: 2, op: 'op2' };
    await store().createHeader(first);
    await store().replaceHeader(second);
    expect(await store().createHeader(first)).toEqual({ created: false, existing: second });
    expect(await store().readHeader(first)).toEqual(second);
  });

  test('of another operation is refused, with what is there', async () => {
    const first = header(newKey());
    await store().createHeader(first);
    const answer = await store().createHeader({ ...first, input: inRecord('other'), op: 'op2' });
    expect(answer).toEqual({ created: false, existing: first });
  });

  test('wanted by 50 at once is created by one, and the others are told by whom', async () => {
    const key = newKey();
    const answers = await contend((at) => store().createHeader(header(key, { op: `op${at}` })));
    const { op } = (await store().readHeader(key))!;
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
    expect(answers.findIndex(({ created }) => created)).toBe(Number(op.slice(2)));
    const told = answers.flatMap((answer) => (answer.created ? [] : [answer.existing.op]));
    expect(new Set(told)).toEqual(new Set([op]));
  });

  test.each([
    ['workspaces', { workspace: 'other' }],
    ['executions', { execution: 'ex_other' }],
  ])('keeps %s apart', async (_what, other) => {
    const key = newKey();
    await store().createHeader(header(key));
    expect(await store().readHeader({ ...key, ...other })).toBeUndefined();
    expect(await store().replaceHeader(header({ ...key, ...other }, { rev: 2, op: 'op2' }))).toBe(false);
  });
}

function replaceCases(store: () => ExecutionStore): void {
  test('is replaced at the revision that was read', async () => {
    const first = header(newKey());
    const next = { ...first, rev: 2, op: 'op2', status: 'succeeded' as const };
    await store().createHeader(first);
    expect(await store().replaceHeader(next)).toBe(true);
    expect(await store().readHeader(first)).toEqual(next);
  });

  test('is not replaced where there is none', async () => {
    const next = header(newKey(), { rev: 2 });
    expect(await store().replaceHeader(next)).toBe(false);
    expect(await store().readHeader(next)).toBeUndefined();
  });

  test.each([
    ['an older revision', 2],
    ['a revision that nobody has written', 4],
  ])('is not replaced on top of %s', async (_what, rev) => {
    const first = header(newKey());
    const second = { ...first, rev: 2, op: 'op2' };
    await store().createHeader(first);
    await store().replaceHeader(second);
    expect(await store().replaceHeader({ ...first, rev, op: 'op3' })).toBe(false);
    expect(await store().readHeader(first)).toEqual(second);
  });

  test('replaced again by the same operation is replaced, and stays as it was', async () => {
    const first = header(newKey());
    const next = { ...first, rev: 2, op: 'op2' };
    await store().createHeader(first);
    await store().replaceHeader(next);
    expect(await store().replaceHeader({ ...next, trigger: 'again' })).toBe(true);
    expect(await store().readHeader(first)).toEqual(next);
  });

  test('replaced by others since is not replaced again by the operation before them', async () => {
    const first = header(newKey());
    const second = { ...first, rev: 2, op: 'op2' };
    const third = { ...first, rev: 3, op: 'op3' };
    await store().createHeader(first);
    await store().replaceHeader(second);
    await store().replaceHeader(third);
    expect(await store().replaceHeader(second)).toBe(false);
    expect(await store().readHeader(first)).toEqual(third);
  });

  test('loses what its replacement does not have', async () => {
    const all = full();
    const bare = header(all, { rev: 2, op: 'op2' });
    await store().createHeader(all);
    await store().replaceHeader(bare);
    expect(await store().readHeader(all)).toStrictEqual(bare);
  });

  test('wanted by 50 at once is replaced by one', async () => {
    const first = header(newKey());
    await store().createHeader(first);
    const answers = await contend((at) => store().replaceHeader({ ...first, rev: 2, op: `op2-${at}` }));
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect((await store().readHeader(first))?.op).toBe(`op2-${answers.indexOf(true)}`);
  });

  test('loses no change of those who read again until theirs is in', async () => {
    const key = newKey();
    await store().createHeader(header(key));
    const addTag = async (at: number): Promise<void> => {
      for (;;) {
        const read = (await store().readHeader(key))!;
        const next = { ...read, rev: read.rev + 1, op: `tag ${at}`, tags: { ...read.tags, [at]: 'x' } };
        if (await store().replaceHeader(next)) return;
      }
    };
    await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(addTag));
    const end = (await store().readHeader(key))!;
    expect([end.rev, Object.keys(end.tags)]).toEqual([9, ['1', '2', '3', '4', '5', '6', '7', '8']]);
  });
}

function valueCases(store: () => ExecutionStore): void {
  test.each(VALUES)('brings back %s as its input and output', async (_what, value) => {
    const written = header(newKey(), { input: inRecord(value), output: inRecord(value) });
    await store().createHeader(written);
    const read = (await store().readHeader(written))!;
    const loaded = [await store().load(read.input), await store().load(read.output!)];
    // As texts: `toEqual` overlooks keys such as `__proto__`.
    expect(JSON.stringify(loaded)).toBe(JSON.stringify([value, value]));
  });

  test('takes -0 for 0, as JSON does', async () => {
    const written = header(newKey(), { input: inRecord(-0) });
    await store().createHeader(written);
    expect(await store().load((await store().readHeader(written))!.input)).toBe(0);
  });

  test('replaced as it was read keeps a large input', async () => {
    const value = noise(50_000);
    const written = header(newKey(), { input: inRecord(value) });
    await store().createHeader(written);
    const read = (await store().readHeader(written))!;
    await store().replaceHeader({ ...read, rev: 2, op: 'op2' });
    const again = (await store().readHeader(written))!;
    expect(again.input).toEqual(read.input);
    expect(await store().load(again.input)).toBe(value);
  });

  test('refused, shows a large input that can be loaded', async () => {
    const value = noise(50_000);
    const written = header(newKey(), { input: inRecord(value) });
    await store().createHeader(written);
    const answer = await store().createHeader({ ...written, op: 'op2' });
    expect(answer.created ? undefined : await store().load(answer.existing.input)).toBe(value);
  });

  test('is given and taken as a copy', async () => {
    const value = { list: [1] };
    const written = header(newKey(), { input: inRecord(value) });
    await store().createHeader(written);
    value.list.push(2);
    const loaded = await store().load((await store().readHeader(written))!.input);
    expect(loaded).toEqual({ list: [1] });
    (loaded as typeof value).list.push(3);
    expect(await store().load((await store().readHeader(written))!.input)).toEqual({ list: [1] });
  });

  test('that names a payload which is not there cannot be loaded', async () => {
    await expect(store().load({ at: 'payload', ref: 'ws/ex_none/0123', bytes: 1 })).rejects.toBeInstanceOf(Error);
  });
}
