import { describe, expect, test } from 'vitest';
import type { NodeRecord } from '../../shared/domain/execution/records.ts';
import type { ExecutionStore, NodeCondition } from '../../shared/engine/ports.ts';
import { failed, retrying, running, settled, waiting } from '../domain/execution/records.ts';
import { contend } from './contenders.ts';
import { newKey, noise } from './samples.ts';

const A = { node: 'a', gen: 1 };
const at = (status: NodeRecord['status'], fence: number): NodeCondition => ({ status, fence });

/** Which condition holds on what. */
const THERE: readonly (readonly [string, NodeRecord | undefined])[] = [
  ['nothing', undefined],
  ['running under fence 1', running('a')],
  ['running under fence 2', { ...running('a'), fence: 2 }],
  ['retrying under fence 1', retrying('a')],
  ['waiting under fence 1', waiting('a')],
  ['succeeded under fence 1', settled('a', { output: 1 })],
  ['failed under fence 1', failed('a')],
  ['cancelled under fence 1', settled('a', { status: 'cancelled' })],
];
const EXPECTED: readonly (readonly [string, NodeCondition, string])[] = [
  ['absent', 'absent', 'nothing'],
  ['running under fence 1', at('running', 1), 'running under fence 1'],
  ['running under fence 2', at('running', 2), 'running under fence 2'],
  ['retrying under fence 1', at('retrying', 1), 'retrying under fence 1'],
  ['waiting under fence 1', at('waiting', 1), 'waiting under fence 1'],
];
const MATRIX = EXPECTED.flatMap(([expected, condition, holdsOn]) =>
  THERE.map(([there, record]) => ({ expected, there, condition, record, holds: there === holdsOn })),
);

export function nodeConditionCases(store: () => ExecutionStore): void {
  describe('is written on its condition', () => {
    test.each(MATRIX)('expecting $expected, finding $there: $holds', async ({ condition, record, holds }) => {
      const key = newKey();
      if (record !== undefined) await store().writeNode(key, record, 'absent');
      const next = settled('a', { op: 'next', fence: 9, output: 'new' });
      const answer = await store().writeNode(key, next, condition);
      expect(answer.written).toBe(holds);
      expect(await store().readNode(key, A)).toEqual(holds ? next : record);
    });
  });

  ownWriteCases(store);
  refusalCases(store);
  alongsideCases(store);
  contentionCases(store);
}

function ownWriteCases(store: () => ExecutionStore): void {
  test.each<[string, NodeCondition]>([
    ['absent', 'absent'],
    ['a status and fence that have passed', at('running', 1)],
  ])('written again by the same operation, on %s, is written, and stays as it was', async (_what, condition) => {
    const key = newKey();
    const end = settled('a', { output: 'first' });
    await store().writeNode(key, end, 'absent');
    expect(await store().writeNode(key, { ...end, output: 'second' }, condition)).toEqual({ written: true });
    expect(await store().readNode(key, A)).toEqual(end);
  });

  test('overwritten by others since is not written by the operation before them', async () => {
    const key = newKey();
    const claim = running('a');
    await store().writeNode(key, claim, 'absent');
    await store().writeNode(key, { ...claim, fence: 2, op: 'op2' }, at('running', 1));
    expect(await store().writeNode(key, claim, 'absent')).toMatchObject({ written: false, existing: { op: 'op2' } });
  });
}

function refusalCases(store: () => ExecutionStore): void {
  test('refused for want of anything there says so', async () => {
    const answer = await store().writeNode(newKey(), running('a'), at('running', 1));
    expect(answer).toEqual({ written: false, existing: undefined });
  });

  test('refused, says what is there, outputs left out', async () => {
    const key = newKey();
    const pure = {
      p: { status: 'succeeded', output: 2, branch: 'yes' },
      q: { status: 'failed', error: failed('q').error! },
    } as const;
    const { output: _output, ...rest } = settled('a', { output: 1, pure });
    await store().writeNode(key, { ...rest, output: 1 }, 'absent');
    const existing = { ...rest, pure: { ...pure, p: { status: 'succeeded', branch: 'yes' } } };
    const answer = await store().writeNode(key, { ...running('a'), op: 'op2' }, at('running', 1));
    expect(answer).toEqual({ written: false, existing });
  });
}

function alongsideCases(store: () => ExecutionStore): void {
  const slowly = (done: string[], what: string) => async () => {
    await new Promise(setImmediate);
    done.push(what);
  };

  test('written, has waited for what was done alongside', async () => {
    const done: string[] = [];
    const key = newKey();
    const large = settled('a', { output: noise(20_000) });
    await store().writeNode(key, running('a'), 'absent', slowly(done, 'claim'));
    await store().writeNode(key, { ...large, op: 'op2' }, at('running', 1), slowly(done, 'commit'));
    expect(done).toEqual(['claim', 'commit']);
  });

  test('refused, has done and waited for it too', async () => {
    const done: string[] = [];
    const answer = await store().writeNode(newKey(), running('a'), at('running', 7), slowly(done, 'read'));
    expect([answer.written, done]).toEqual([false, ['read']]);
  });

  test('fails where what was done alongside fails', async () => {
    const broken = () => Promise.reject(new Error('no luck'));
    await expect(store().writeNode(newKey(), running('a'), 'absent', broken)).rejects.toThrow('no luck');
  });

  test('written, does what was asked alongside once, and reads nothing older than before', async () => {
    const key = newKey();
    await store().arrive(key, { join: 'j', gen: 1, level: 0, chunk: 0 }, ['0l']);
    let seen: ReadonlySet<string> = new Set();
    await store().writeNode(key, running('a'), 'absent', async () => {
      seen = await store().arrive(key, { join: 'j', gen: 1, level: 0, chunk: 0 }, ['1l']);
    });
    expect(seen).toEqual(new Set(['0l', '1l']));
  });
}

function contentionCases(store: () => ExecutionStore): void {
  test('wanted by 50 at once where it is absent is written by one, and the others are told by whom', async () => {
    const key = newKey();
    const answers = await contend((contender) =>
      store().writeNode(key, { ...running('a'), op: `op${contender}` }, 'absent'),
    );
    const winner = answers.findIndex(({ written }) => written);
    expect(answers.filter(({ written }) => written)).toHaveLength(1);
    expect((await store().readNode(key, A))?.op).toBe(`op${winner}`);
    const told = answers.flatMap((answer) => (answer.written ? [] : [answer.existing?.op]));
    expect(new Set(told)).toEqual(new Set([`op${winner}`]));
  });

  test('wanted by 50 at once under one fence is written by one', async () => {
    const key = newKey();
    await store().writeNode(key, running('a'), 'absent');
    const answers = await contend((contender) =>
      store().writeNode(key, { ...running('a'), fence: 2, op: `op${contender}` }, at('running', 1)),
    );
    expect(answers.filter(({ written }) => written)).toHaveLength(1);
  });

  test('wanted by 50 at once for different nodes is written for all', async () => {
    const key = newKey();
    const answers = await contend((contender) => store().writeNode(key, running(`n${contender}`), 'absent'));
    expect(answers.every(({ written }) => written)).toBe(true);
    expect((await store().readAll(key, 'statuses')).nodes).toHaveLength(50);
  });
}
