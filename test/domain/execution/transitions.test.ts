import { expect, test } from 'vitest';
import { exceedsTransitionBudget } from '../../../shared/domain/execution/transitions.ts';
import { settled } from './records.ts';

test('an attempt is two transitions; the budget of a small workflow is 100,000', () => {
  const records = (attempts: number) => [settled('a', { attempt: attempts }), settled('b')];
  expect(exceedsTransitionBudget(2, [])).toBe(false);
  expect(exceedsTransitionBudget(2, records(49_999))).toBe(false);
  expect(exceedsTransitionBudget(2, records(50_000))).toBe(true);
  expect(exceedsTransitionBudget(10_000, records(50_000))).toBe(false);
});
