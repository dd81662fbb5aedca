import { describe, expect, test } from 'vitest';
import { computeClosure, type PureSettled } from '../../../shared/domain/execution/closure.ts';
import type { Settled } from '../../../shared/domain/execution/settled.ts';
import { nodeAt, type Plan } from '../../../shared/domain/workflow/plan.ts';
import { compile } from '../../support/engine-harness.ts';
import { BOOM } from './records.ts';

const task = (...needs: string[]) => ({ type: 'task', ...(needs.length > 0 && { needs }) });
const pass = (...needs: string[]) => ({ type: 'pass', ...(needs.length > 0 && { needs }) });
const OK: Settled = { status: 'succeeded' };
const FAILED: Settled = { status: 'failed', error: BOOM };

/** What follows when `root` ends so; pure nodes succeed unless `results` says otherwise. */
function close(plan: Plan, root: string, settled: Settled, results: Record<string, PureSettled> = {}) {
  const closure = computeClosure({
    plan,
    root: nodeAt(plan, plan.indexOf.get(root)!),
    settled,
    settledAt: () => undefined,
    evaluate: ({ id }) => results[id] ?? { status: 'succeeded' },
  });
  return {
    pure: closure.pure.map(({ node }) => node.id),
    settled: closure.settled.map(
      ({ node, settled: end }) => `${node.id} ${end.status === 'skipped' ? end.reason : end.status}`,
    ),
    children: closure.children.map(({ id }) => id),
    claims: closure.claims.map(({ id }) => id),
    arrivals: closure.arrivals.map(({ join, slot, state }) => `${join.id}[${slot}] ${state}`),
    finished: closure.finished,
  };
}

const NOTHING = { pure: [], children: [], claims: [], arrivals: [], finished: false };

test('children that became ready, arrivals at joins', () => {
  // a → b, a → j ← x
  const plan = compile({ x: task(), a: task(), b: task('a'), j: task('a', 'x') });
  expect(close(plan, 'a', OK)).toEqual({
    ...NOTHING,
    settled: ['a succeeded'],
    children: ['b'],
    arrivals: ['j[0] live'],
  });
});

test('a member that was found late but comes early goes first', () => {
  // a ─┬─ p ── x ── t      t is found with a's end, x only with p's
  //    └───────────┘
  const plan = compile({ a: task(), p: pass('a'), x: pass('p'), t: pass('a', 'x') });
  expect(close(plan, 'a', OK).pure).toEqual(['p', 'x', 't']);
});

test('pure members are evaluated in topological order, and what follows from them too', () => {
  const plan = compile({ a: task(), p: pass('a'), q: pass('p', 'a'), b: task('q') });
  expect(close(plan, 'a', OK)).toEqual({
    ...NOTHING,
    pure: ['p', 'q'],
    settled: ['a succeeded', 'p succeeded', 'q succeeded'],
    children: ['b'],
  });
});

test('a failing member blocks what is behind it', () => {
  const plan = compile({ a: task(), p: pass('a'), b: task('p') });
  expect(close(plan, 'a', OK, { p: { status: 'failed', error: BOOM } })).toEqual({
    ...NOTHING,
    pure: ['p'],
    settled: ['a succeeded', 'p failed', 'b upstream_failed'],
    finished: true,
  });
});

test('skips cascade through units, and arrive at joins like live edges', () => {
  const plan = compile({ x: task(), a: task(), b: task('a'), p: pass('b'), j: task('p', 'x') });
  expect(close(plan, 'a', FAILED)).toEqual({
    ...NOTHING,
    settled: ['a failed', 'b upstream_failed', 'p upstream_failed'],
    arrivals: ['j[0] failed'],
  });
});

describe('who may start what became ready', () => {
  const plan = compile({
    a: task(),
    b: task('a'),
    h: { ...task('b'), join: 'always' },
    p: { ...pass('b'), join: 'always' },
    q: { ...pass('a'), join: 'always' },
  });

  test('a child of the unit that ends needs no claim; `always` nodes and children of skipped units do', () => {
    expect(close(plan, 'a', FAILED)).toMatchObject({ children: [], claims: ['q', 'h', 'p'] });
    expect(close(plan, 'b', FAILED)).toMatchObject({ children: ['h'], claims: ['p'] });
    expect(close(plan, 'b', { status: 'skipped', reason: 'branch' })).toMatchObject({
      settled: ['b branch', 'h branch', 'p branch'],
    });
  });

  test('a skipped root leaves no record behind that could cover a start', () => {
    expect(close(plan, 'b', { status: 'skipped', reason: 'upstream_failed' })).toMatchObject({
      children: [],
      claims: ['h', 'p'],
    });
  });
});

test('drain edges are not followed: they settle when their join is complete, not when it ends', () => {
  const plan = compile({ a: task(), b: task(), f: { ...task('a', 'b'), join: 'first' } });
  expect(close(plan, 'f', OK)).toEqual({ ...NOTHING, settled: ['f succeeded'], arrivals: ['$end[0] live'] });
});

test('nothing is left to do when $end follows from this unit alone', () => {
  expect(close(compile({ a: task() }), 'a', OK).finished).toBe(true);
});

test('a fan-out of thousands comes in order', () => {
  const ids = Array.from({ length: 3_000 }, (_, at) => `n${at}`);
  const plan = compile({ a: task(), ...Object.fromEntries(ids.map((id) => [id, task('a')])) });
  expect(close(plan, 'a', OK).children).toEqual(ids);
});

test('templates of members see what settled in this closure, and what was known before', () => {
  const plan = compile({ x: task(), a: task('x'), p: pass('a'), q: pass('p') });
  const seen: unknown[] = [];
  const [x, a] = ['x', 'a'].map((id) => plan.indexOf.get(id)!);
  computeClosure({
    plan,
    root: nodeAt(plan, a!),
    settled: OK,
    settledAt: (index) => (index === x ? FAILED : undefined),
    evaluate: ({ id }, settledAt) => {
      seen.push([id, settledAt(a!)?.status, settledAt(x!)?.status]);
      return { status: 'succeeded' };
    },
  });
  expect(seen).toEqual([
    ['p', 'succeeded', 'failed'],
    ['q', 'succeeded', 'failed'],
  ]);
});

describe('C2: nothing follows from a cancelled node', () => {
  test('neither from the root', () => {
    expect(() => close(compile({ a: task(), b: task('a') }), 'a', { status: 'cancelled' })).toThrow('C2');
  });

  test('nor from a member', () => {
    const plan = compile({ a: task(), p: pass('a'), q: pass('p') });
    expect(() => close(plan, 'a', OK, { p: { status: 'cancelled' } as unknown as PureSettled })).toThrow('C2');
  });
});
