import { describe, expect, test } from 'vitest';
import {
  computeFrontier,
  decideJoin,
  edgeStates,
  settledFrom,
  skipReason,
  type Standing,
} from '../../../shared/domain/execution/frontier.ts';
import type { NodeRecord } from '../../../shared/domain/execution/records.ts';
import { nodeAt, type Plan } from '../../../shared/domain/workflow/plan.ts';
import { compile } from '../../support/engine-harness.ts';
import { BOOM, failed, lookup, retrying, running, settled } from './records.ts';

const task = (...needs: string[]) => ({ type: 'task', ...(needs.length > 0 && { needs }) });

const START = settled('$start');

function stand(
  plan: Plan,
  ...records: NodeRecord[]
): { standings: Record<string, string>; active: string[]; allSettled: boolean } {
  const { standings, active, allSettled } = computeFrontier(plan, lookup(...records));
  const said = (standing: Standing | undefined) =>
    standing?.at !== 'settled'
      ? standing!.at
      : standing.settled.status === 'skipped'
        ? `skipped: ${standing.settled.reason}`
        : standing.settled.status;
  return {
    standings: Object.fromEntries(plan.nodes.map(({ id, index }) => [id, said(standings[index])])),
    active: active.map(({ id }) => id),
    allSettled,
  };
}

describe('a line a → b', () => {
  const plan = compile({ a: task(), b: task('a') });

  test('nothing has happened: $start is ready', () => {
    expect(stand(plan)).toEqual({
      standings: { $start: 'ready', a: 'undecided', b: 'undecided', $end: 'undecided' },
      active: ['$start'],
      allSettled: false,
    });
  });

  test('started: a is ready', () => {
    expect(stand(plan, START)).toMatchObject({
      standings: { $start: 'succeeded', a: 'ready', b: 'undecided' },
      active: ['a'],
    });
  });

  test('a runs, or waits for its next attempt: open', () => {
    expect(stand(plan, START, running('a'))).toMatchObject({ standings: { a: 'open', b: 'undecided' }, active: ['a'] });
    expect(stand(plan, START, retrying('a'))).toMatchObject({ standings: { a: 'open' }, active: ['a'] });
  });

  test('all have settled: $end is ready', () => {
    expect(stand(plan, START, settled('a'), settled('b'))).toEqual({
      standings: { $start: 'succeeded', a: 'succeeded', b: 'succeeded', $end: 'ready' },
      active: [],
      allSettled: true,
    });
  });

  test('a failure blocks b; without handler, b is skipped', () => {
    expect(stand(plan, START, failed('a'))).toMatchObject({
      standings: { a: 'failed', b: 'skipped: upstream_failed' },
      allSettled: true,
    });
  });

  test('a cancelled node decides nothing after it (F1)', () => {
    expect(stand(plan, START, settled('a', { status: 'cancelled' }))).toMatchObject({
      standings: { a: 'cancelled', b: 'undecided' },
      active: [],
      allSettled: false,
    });
  });
});

describe('members of a unit', () => {
  const c = {
    type: 'condition',
    needs: ['a'],
    with: { cases: [{ branch: 'yes', if: '{{ input.x }}' }], default: 'no' },
  };
  const plan = compile({ a: task(), c, p: { type: 'pass', needs: ['c.yes'] }, q: { type: 'pass', needs: ['c.no'] } });

  test('are undecided while their root is', () => {
    expect(stand(plan, START, running('a')).standings).toMatchObject({ c: 'undecided', p: 'undecided' });
  });

  test('are what the record says, or skipped by their join rule (F3)', () => {
    const record = settled('a', { pure: { c: { status: 'succeeded', branch: 'yes' }, p: { status: 'succeeded' } } });
    expect(stand(plan, START, record)).toMatchObject({
      standings: { c: 'succeeded', p: 'succeeded', q: 'skipped: branch' },
      allSettled: true,
    });
  });

  test('may have failed', () => {
    const record = settled('a', { pure: { c: { status: 'failed', error: BOOM } } });
    expect(stand(plan, START, record).standings).toMatchObject({
      c: 'failed',
      p: 'skipped: upstream_failed',
      q: 'skipped: upstream_failed',
    });
  });

  test('never ran where their unit was cancelled, and never will', () => {
    expect(stand(plan, START, settled('a', { status: 'cancelled' })).standings).toMatchObject({
      c: 'undecided',
      p: 'undecided',
    });
  });

  test('that should have run but are not in the record stay undecided: nobody computes them again', () => {
    expect(stand(plan, START, settled('a')).standings).toMatchObject({ c: 'undecided', p: 'undecided' });
  });

  test('are skipped with a skipped root', () => {
    const skipped = compile({ a: task(), b: task('a'), p: { type: 'pass', needs: ['b'] } });
    expect(stand(skipped, START, failed('a')).standings).toMatchObject({
      b: 'skipped: upstream_failed',
      p: 'skipped: upstream_failed',
    });
  });
});

describe('`first` joins', () => {
  const plan = compile({ a: task(), b: task(), f: { ...task('a', 'b'), join: 'first' } });
  const f = nodeAt(plan, plan.indexOf.get('f')!);
  const end = nodeAt(plan, plan.end);

  test('are ready at the first live edge', () => {
    expect(stand(plan, START, settled('a'), running('b'))).toMatchObject({
      standings: { f: 'ready', b: 'open' },
      active: ['b', 'f'],
    });
  });

  test('hold the end back until their stragglers have ended: the drain edge', () => {
    const states = (...settledIndices: number[]) =>
      edgeStates(plan, end, (index) => (settledIndices.includes(index) ? { status: 'succeeded' } : undefined));
    expect(states(0, 1, 3)).toEqual(['live', undefined]);
    expect(states(0, 1, 2, 3)).toEqual(['live', 'live']);
    expect(decideJoin(plan, f, () => ({ status: 'cancelled' }))).toBeUndefined();
  });
});

describe('why a node was left out', () => {
  const plan = compile({ a: task(), b: { ...task('a'), if: '{{ input.x }}' }, d: { ...task('a'), needs: ['a', 'b'] } });
  const reason = (id: string, gate: 'open' | 'closed' | 'skipped', decision: 'skip' | 'blocked' = 'skip') =>
    skipReason(plan, nodeAt(plan, plan.indexOf.get(id)!), decision, () =>
      gate === 'skipped' ? { status: 'skipped', reason: 'branch' } : { status: 'succeeded', open: gate === 'open' },
    );

  test('`if` behind a gate that was asked and closed, `branch` otherwise, `upstream_failed` when blocked', () => {
    expect(reason('b', 'closed')).toBe('if');
    expect(reason('b', 'skipped')).toBe('branch');
    expect(reason('b', 'closed', 'blocked')).toBe('upstream_failed');
    expect(reason('d', 'closed')).toBe('branch');
    expect(reason('a', 'closed')).toBe('branch');
  });
});

test('a root is what its record says; a pure root’s result is stored as its members’ are', () => {
  const plan = compile({ a: task(), b: task(), p: { type: 'pass', needs: ['a', 'b'] } });
  const a = nodeAt(plan, 1);
  expect(settledFrom(settled('a', { output: 3 }), a)).toEqual({ status: 'succeeded', output: 3 });
  expect(settledFrom(settled('a'), a)).toEqual({ status: 'succeeded' });
  expect(settledFrom(failed('a'), a)).toEqual({ status: 'failed', error: BOOM });
  expect(settledFrom(settled('a', { status: 'cancelled', pure: { a: { status: 'succeeded' } } }), a)).toEqual({
    status: 'cancelled',
  });
  expect(settledFrom(settled('p', { pure: { p: { status: 'succeeded', output: 4 } } }), nodeAt(plan, 3))).toEqual({
    status: 'succeeded',
    output: 4,
  });
});
