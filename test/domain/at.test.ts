import { describe, expect, test } from 'vitest';
import { at, valueOf } from '../../shared/domain/at.ts';
import { edgeState, type Settled } from '../../shared/domain/execution/settled.ts';
import { isSettledRecord, isTerminal, type NodeRecord } from '../../shared/domain/execution/records.ts';
import { InvariantError } from '../../shared/domain/invariant.ts';
import { edgeAt, nodeAt } from '../../shared/domain/workflow/plan.ts';
import { compile } from '../support/engine-harness.ts';

describe('what must be there', () => {
  test('is given', () => {
    expect(at(['a', 'b'], 1)).toBe('b');
    expect(at(new Uint32Array([7]), 0)).toBe(7);
    expect(valueOf(new Map([['a', 0]]), 'a')).toBe(0);
  });

  test('or its absence is a bug, and said', () => {
    expect(() => at([], 0)).toThrow(InvariantError);
    expect(() => valueOf(new Map(), 'a')).toThrow('there is no a');
  });
});

test('a status that nobody knows stops the work at hand instead of being taken for another', () => {
  const plan = compile({ a: { type: 'task' } });
  const unknown = { status: 'paused' } as unknown as Exclude<Settled, { status: 'cancelled' }>;
  expect(() => edgeState(edgeAt(plan, 1), nodeAt(plan, 1), unknown)).toThrow('unreachable case');
});

test('statuses that end an execution, and those that settle a node', () => {
  expect((['pending', 'running', 'succeeded', 'failed', 'cancelled', 'timed_out'] as const).filter(isTerminal)).toEqual(
    ['succeeded', 'failed', 'cancelled', 'timed_out'],
  );
  const statuses = ['running', 'retrying', 'waiting', 'succeeded', 'failed', 'cancelled'];
  expect(statuses.filter((status) => isSettledRecord({ status } as NodeRecord))).toEqual([
    'succeeded',
    'failed',
    'cancelled',
  ]);
});
