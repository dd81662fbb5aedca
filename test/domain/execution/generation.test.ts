import { expect, test } from 'vitest';
import { effectiveGenerations } from '../../../shared/domain/execution/generation.ts';
import { compile } from '../../support/engine-harness.ts';

const task = (...needs: string[]) => ({ type: 'task', ...(needs.length > 0 && { needs }) });

//   a → b → d
//    \→ c ─/    e (with `if`)
const plan = compile({
  a: task(),
  b: task('a'),
  c: task('a'),
  d: task('b', 'c'),
  e: { ...task('c'), if: '{{ input.x }}' },
});

function generations(...redrives: { gen: number; from: string[] }[]): Record<string, number> {
  const generation = effectiveGenerations(
    plan,
    redrives.map((redrive) => ({ ...redrive, op: 'op' })),
  );
  return Object.fromEntries(plan.nodes.map(({ id, index }) => [id, generation(index)]));
}

test('everything is of the first generation until something is redriven', () => {
  expect(new Set(Object.values(generations()))).toEqual(new Set([1]));
});

test('a redriven node and all below it are of that redrive’s generation, and so is $end', () => {
  expect(generations({ gen: 2, from: ['b'] })).toEqual({ $start: 1, a: 1, b: 2, c: 1, d: 2, 'e?': 1, e: 1, $end: 2 });
});

test('the last redrive that touched a node counts', () => {
  expect(generations({ gen: 2, from: ['a'] }, { gen: 3, from: ['c'] })).toEqual({
    $start: 1,
    a: 2,
    b: 2,
    c: 3,
    d: 3,
    'e?': 3,
    e: 3,
    $end: 3,
  });
});

test('a redriven node asks its `if` again', () => {
  expect(generations({ gen: 2, from: ['e'] })).toMatchObject({ 'e?': 2, e: 2, c: 1, d: 1 });
});

test('a node that this version does not have redrives nothing', () => {
  expect(generations({ gen: 2, from: ['gone'] })).toMatchObject({ a: 1, d: 1, $end: 2 });
});

test('there is nothing beyond the plan', () => {
  expect(() => effectiveGenerations(plan, [{ gen: 2, from: ['a'], op: 'op' }])(99)).toThrow('no element 99');
});
