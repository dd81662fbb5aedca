import { expect, test } from 'vitest';
import { API, ISOLATED, QUEUE, SWEEPER, WORKER } from '../../shared/config/functions.ts';
import { LIMITS, transitionBudget } from '../../shared/domain/limits.ts';
import {
  COMMIT_MARGIN_MS,
  GROUP_MAX,
  GUARD_DELAY_MS,
  PARALLEL_MAX,
  SHORT_LEASE_MS,
} from '../../shared/engine/time-budget.ts';

test('the longest attempt fits into an invocation, with time to commit', () => {
  expect(LIMITS.attemptTimeoutMsMax + COMMIT_MARGIN_MS).toBeLessThan(WORKER.timeoutSeconds * 1_000);
});

test('a message stays hidden longer than its invocation can last (protocol M1): AWS asks for six times as long', () => {
  expect(WORKER.visibilityTimeoutSeconds).toBeGreaterThanOrEqual(6 * WORKER.timeoutSeconds);
  expect(WORKER.maxReceiveCount).toBeGreaterThanOrEqual(5);
});

test('a message that keeps coming back gets to the dead-letter queue before it expires there', () => {
  expect(QUEUE.retentionSeconds).toBeGreaterThan(WORKER.maxReceiveCount * WORKER.visibilityTimeoutSeconds);
  expect(QUEUE.deadLetterRetentionSeconds).toBeGreaterThan(QUEUE.retentionSeconds);
});

test('an API handler has ended when its guard message comes (protocol M4)', () => {
  expect(GUARD_DELAY_MS).toBeGreaterThan(API.timeoutSeconds * 1_000);
});

test('the default http attempt fits under a short lease, so that a chain of them needs no claims', () => {
  const httpAttemptMs = 30_000;
  expect(httpAttemptMs + COMMIT_MARGIN_MS).toBeLessThan(SHORT_LEASE_MS);
  expect(SHORT_LEASE_MS).toBeLessThan(WORKER.timeoutSeconds * 1_000);
});

test('a group is at most two rounds of what runs at once; isolated messages come one by one', () => {
  expect(GROUP_MAX).toBeLessThanOrEqual(2 * PARALLEL_MAX);
  expect(ISOLATED.batchSize).toBe(1);
});

test('a sweep ends before the next one starts', () => {
  expect(SWEEPER.timeoutSeconds).toBeLessThan(SWEEPER.rateMinutes * 60);
});

test('the transition budget lets every node use up its attempts many times over', () => {
  expect(transitionBudget(1)).toBe(LIMITS.transitionsFloor);
  expect(transitionBudget(LIMITS.nodesMax)).toBe(LIMITS.transitionsPerNode * LIMITS.nodesMax);
});

test('what the edge lets in fits through Lambda and DynamoDB', () => {
  expect(LIMITS.definitionBytesMax).toBeLessThan(6 * 1_024 * 1_024);
  expect(LIMITS.requestBytesMax).toBeLessThanOrEqual(LIMITS.definitionBytesMax);
  expect(LIMITS.edgesMax).toBeGreaterThanOrEqual(LIMITS.nodesMax);
});
