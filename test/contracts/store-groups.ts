import { expect, test } from 'vitest';
import { epochMs } from '../../shared/domain/time.ts';
import type { ExecutionStore } from '../../shared/engine/ports.ts';
import { LEASE } from '../domain/execution/records.ts';
import { contend } from './contenders.ts';
import { newKey } from './samples.ts';

const GROUP = { node: 'a', gen: 1, group: 0, lease: LEASE, op: 'op1' };

export function groupCases(store: () => ExecutionStore): void {
  test('is taken once', async () => {
    const key = newKey();
    expect(await store().takeGroup(key, GROUP)).toEqual({ taken: true });
    expect(await store().takeGroup(key, { ...GROUP, op: 'op2' })).toEqual({ taken: false, existing: GROUP });
  });

  test('taken again by the same operation is taken, and stays as it was', async () => {
    const key = newKey();
    await store().takeGroup(key, GROUP);
    const lease = { ...LEASE, until: epochMs(LEASE.until + 1) };
    expect(await store().takeGroup(key, { ...GROUP, lease })).toEqual({ taken: true });
    expect((await store().readAll(key, 'statuses')).groups).toStrictEqual([GROUP]);
  });

  test('wanted by 50 at once is taken by one, and the others are told by whom', async () => {
    const key = newKey();
    const answers = await contend((contender) => store().takeGroup(key, { ...GROUP, op: `op${contender}` }));
    const winner = answers.findIndex(({ taken }) => taken);
    expect(answers.filter(({ taken }) => taken)).toHaveLength(1);
    const told = answers.flatMap((answer) => (answer.taken ? [] : [answer.existing.op]));
    expect(new Set(told)).toEqual(new Set([`op${winner}`]));
  });

  test.each([
    ['number', { group: 10 }],
    ['node', { node: 'a#1' }],
    ['generation', { gen: 2 }],
  ])('of another %s is another', async (_what, other) => {
    const key = newKey();
    await store().takeGroup(key, GROUP);
    expect(await store().takeGroup(key, { ...GROUP, ...other, op: 'op2' })).toEqual({ taken: true });
    expect((await store().readAll(key, 'statuses')).groups).toHaveLength(2);
  });

  test.each([
    ['workspace', { workspace: 'other' }],
    ['execution', { execution: 'ex_other' }],
  ])('of another %s is another', async (_what, other) => {
    const key = newKey();
    await store().takeGroup(key, GROUP);
    expect(await store().takeGroup({ ...key, ...other }, { ...GROUP, op: 'op2' })).toEqual({ taken: true });
  });
}
