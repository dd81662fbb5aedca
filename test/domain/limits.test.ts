import { expect, test } from 'vitest';
import { LIMITS, transitionBudget } from '../../shared/domain/limits.ts';
import { COMMIT_MARGIN_MS, GROUP_MAX, isLong, PARALLEL_MAX, SHORT_LEASE_MS } from '../../shared/engine/time-budget.ts';
import { WORKER } from '../../shared/config/functions.ts';

test('the transition budget is 50 for each node, and never less than 100,000', () => {
  expect(transitionBudget(1)).toBe(100_000);
  expect(transitionBudget(2_000)).toBe(100_000);
  expect(transitionBudget(LIMITS.nodesMax)).toBe(500_000);
});

test('every node may use all its attempts within the budget, or the budget is what ends a runaway', () => {
  expect(transitionBudget(LIMITS.nodesMax)).toBeGreaterThanOrEqual(LIMITS.nodesMax * 2);
});

test('the longest attempt fits into one invocation, its commit included', () => {
  expect(LIMITS.attemptTimeoutMsMax + COMMIT_MARGIN_MS).toBeLessThan(WORKER.timeoutSeconds * 1_000);
  expect(isLong(LIMITS.attemptTimeoutMsMax)).toBe(true);
});

test('no invocation outlives the visibility of its message (protocol M1)', () => {
  expect(WORKER.visibilityTimeoutSeconds).toBeGreaterThan(WORKER.timeoutSeconds);
});

test('a short lease fits into an invocation; a group is whole rounds of parallel attempts', () => {
  expect(SHORT_LEASE_MS).toBeLessThan(WORKER.timeoutSeconds * 1_000);
  expect(GROUP_MAX % PARALLEL_MAX).toBe(0);
});

test('defaults lie within what is allowed', () => {
  expect(LIMITS.executionTimeoutMsDefault).toBeLessThanOrEqual(LIMITS.executionTimeoutMsMax);
  expect(LIMITS.attemptTimeoutMsDefault).toBeLessThanOrEqual(LIMITS.attemptTimeoutMsMax);
  expect(LIMITS.listPageDefault).toBeLessThanOrEqual(LIMITS.listPageMax);
});
