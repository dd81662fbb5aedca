import { failure, type Failure } from '../failure.ts';
import { retryDelayMs, type RetryPolicy } from '../workflow/retry-policy.ts';

export type AfterFailure =
  | { readonly kind: 'retry'; readonly delayMs: number }
  | { readonly kind: 'fail'; readonly error: Failure };

export interface FailedAttempt {
  readonly policy: RetryPolicy;
  /** 1-based number of the attempt that failed. */
  readonly attempt: number;
  readonly error: Failure;
  /** What the node type says where the definition has no `retry`. */
  readonly repeatable: boolean;
  /** Milliseconds left of the node's `deadline`, if it has one. */
  readonly deadlineInMs?: number;
  /** What a timer of this length really takes: the local stack can run timers faster. */
  readonly timerMs: (ms: number) => number;
  /** Uniform in [0, 1). */
  readonly random: number;
}

/** Whether a failed attempt is repeated, and after how long. */
export function afterFailure({
  policy,
  attempt,
  error,
  repeatable,
  deadlineInMs,
  timerMs,
  random,
}: FailedAttempt): AfterFailure {
  const allowed = error.retryable && (policy.explicit || repeatable);
  if (!allowed || attempt >= policy.attempts) return { kind: 'fail', error };
  const delayMs = retryDelayMs(policy, attempt, random, error.retryAfterMs);
  if (deadlineInMs !== undefined && timerMs(delayMs) >= deadlineInMs) {
    // Waiting for a deadline that leaves no room for another attempt would only delay the bad news.
    return { kind: 'fail', error: deadlineExceeded(error) };
  }
  return { kind: 'retry', delayMs };
}

export function deadlineExceeded(last?: Failure): Failure {
  if (last === undefined) return failure('deadline_exceeded', 'timeout', "the node's deadline is over");
  return failure(
    'deadline_exceeded',
    'timeout',
    `the node's deadline leaves no time for another attempt; the last one failed: ${last.message}`,
    {
      details: { last: { code: last.code, category: last.category, message: last.message } },
    },
  );
}
