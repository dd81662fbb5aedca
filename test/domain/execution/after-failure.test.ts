import { describe, expect, test } from 'vitest';
import { afterFailure, deadlineExceeded, type FailedAttempt } from '../../../shared/domain/execution/after-failure.ts';
import { failure } from '../../../shared/domain/failure.ts';
import { retryPolicy } from '../../../shared/domain/workflow/retry-policy.ts';

const transient = failure('http_503', 'transient', 'busy', { retryable: true });
const fatal = failure('http_404', 'target', 'not there');
const IMPLICIT = retryPolicy({ type: 'http' });
const DELAYS = retryPolicy({ type: 'http', retry: { delays: ['0s', '1m'] } });

function after(more: Partial<FailedAttempt>) {
  return afterFailure({
    policy: DELAYS,
    attempt: 1,
    error: transient,
    repeatable: true,
    timerMs: (ms) => ms,
    random: 0,
    ...more,
  });
}

describe('an attempt is repeated', () => {
  test('after the delay that comes before the next one', () => {
    expect(after({ attempt: 1 })).toEqual({ kind: 'retry', delayMs: 0 });
    expect(after({ attempt: 2 })).toEqual({ kind: 'retry', delayMs: 60_000 });
  });

  test('after what the target asked for, if that is longer', () => {
    expect(after({ error: { ...transient, retryAfterMs: 5_000 } })).toEqual({ kind: 'retry', delayMs: 5_000 });
  });

  test('without `retry` only where the node type says so', () => {
    expect(after({ policy: IMPLICIT, repeatable: true })).toEqual({ kind: 'retry', delayMs: 1_000 });
    expect(after({ policy: IMPLICIT, repeatable: false })).toEqual({ kind: 'fail', error: transient });
    expect(after({ repeatable: false })).toEqual({ kind: 'retry', delayMs: 0 });
  });

  test('if the deadline leaves time, as timers run', () => {
    expect(after({ attempt: 2, deadlineInMs: 60_001 })).toEqual({ kind: 'retry', delayMs: 60_000 });
    expect(after({ attempt: 2, deadlineInMs: 2_000, timerMs: (ms) => ms / 60 })).toEqual({
      kind: 'retry',
      delayMs: 60_000,
    });
  });
});

describe('a node fails', () => {
  test('with its last error when attempts are used up', () => {
    expect(after({ attempt: 3 })).toEqual({ kind: 'fail', error: transient });
  });

  test('at once if the error is final', () => {
    expect(after({ error: fatal })).toEqual({ kind: 'fail', error: fatal });
  });

  test('as deadline_exceeded if waiting would reach the deadline, naming the last error', () => {
    const end = after({ attempt: 2, deadlineInMs: 60_000 });
    expect(end).toMatchObject({
      kind: 'fail',
      error: {
        code: 'deadline_exceeded',
        category: 'timeout',
        retryable: false,
        details: { last: { code: 'http_503' } },
      },
    });
  });

  test('as deadline_exceeded without an error before', () => {
    expect(deadlineExceeded()).toEqual({
      code: 'deadline_exceeded',
      category: 'timeout',
      retryable: false,
      message: "the node's deadline is over",
    });
  });
});
