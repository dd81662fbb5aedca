import type { OpenBreaker } from '../breaker.ts';
import { failure, type Failure } from '../failure.ts';
import { epochMs, toRfc3339, type EpochMs } from '../time.ts';

/** What a breaker said instead of letting a call through. */
export interface Refusal {
  readonly target: string;
  readonly state: OpenBreaker;
  /** When it is worth asking again. */
  readonly retryAt: EpochMs;
}

export type AfterRefusal =
  | { readonly kind: 'wait'; readonly due: EpochMs; readonly error: Failure }
  | { readonly kind: 'fail'; readonly error: Failure };

/** Waiters come back spread over this long, so that a thousand of them do not stampede. */
export const SPREAD_MS = 10_000;
/**
 * Each further refusal of the same node doubles its spread, up to this: N waiters at a dead target ask ever less often,
 * while together they still probe it every minute.
 */
export const SPREAD_MS_MAX = 300_000;

export interface RefusedAttempt {
  readonly refusal: Refusal;
  /** How often this attempt was refused, now included. */
  readonly times: number;
  /** The earlier of the node's and the execution's deadline. */
  readonly deadline: EpochMs;
  /** What a timer of this length really takes: the local stack can run timers faster. */
  readonly timerMs: (ms: number) => number;
  /** Uniform in [0, 1). */
  readonly random: number;
}

/** A refused attempt waits, whatever the node's retry policy: nothing was sent. Unless its time is over before. */
export function afterRefusal({ refusal, times, deadline, timerMs, random }: RefusedAttempt): AfterRefusal {
  const { retryAt } = refusal;
  const error = breakerOpen(refusal);
  if (deadline <= retryAt) return { kind: 'fail', error };
  const spread = timerMs(Math.min(SPREAD_MS * 2 ** (times - 1), SPREAD_MS_MAX));
  // Half of what is left of the deadline stays for the call.
  return { kind: 'wait', due: epochMs(retryAt + random * Math.min(spread, (deadline - retryAt) / 2)), error };
}

/** A URL's host may come from data and have any length. */
const TARGET_LENGTH_MAX = 300;

function breakerOpen({ target, state, retryAt }: Refusal): Failure {
  const name = target.slice(0, TARGET_LENGTH_MAX);
  const since = toRfc3339(state.since);
  return failure(
    'breaker_open',
    'policy',
    `no call was made: ${name} failed ${state.failures} times in a row, its breaker is open since ${since}`,
    { retryable: true, details: { target: name, since, failures: state.failures, retryAt: toRfc3339(retryAt) } },
  );
}
