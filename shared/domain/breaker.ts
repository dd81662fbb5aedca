import * as z from 'zod';
import type { Failure } from './failure.ts';
import { EpochMs } from './time.ts';

/**
 * The circuit breaker of one target in one workspace, shared by all workers. Pure: who stores it is `engine/breakers.ts`.
 *
 *   closed ──5 failures in a row──▶ open ──60 s──▶ half_open ──2 successes in a row──▶ closed
 *                                    ▲                 │
 *                                    └──one failure────┘
 *
 * B1. A failure is counted by the operation that reports it: the same report twice is one failure.
 * B2. Half-open, one call is out at a time, a probe. Its slot expires, so that a worker that died blocks nobody.
 * B3. Open and half-open, only the probe's holder has a say: calls that began before the breaker opened do not.
 */
export const BREAKER_FAILURES = 5;
export const BREAKER_OPEN_MS = 60_000;
export const BREAKER_SUCCESSES = 2;
/** What was not written for so long is forgotten: failures of yesterday and of today are not in a row. */
export const BREAKER_FORGET_MS = 3_600_000;

const Trouble = {
  /** When the breaker opened first; probes that fail do not change it. */
  since: EpochMs,
  /** Failures in a row, failed probes included. */
  failures: z.int(),
};

export const BreakerState = z.discriminatedUnion('status', [
  /** `failures` are the operations that failed in a row. */
  z.object({ status: z.literal('closed'), failures: z.array(z.string()).readonly() }),
  z.object({ status: z.literal('open'), ...Trouble, probeAt: EpochMs }),
  z.object({
    status: z.literal('half_open'),
    ...Trouble,
    successes: z.int(),
    /** Absent: nobody probes just now. */
    probe: z.object({ by: z.string(), until: EpochMs }).optional(),
  }),
]);
export type BreakerState = z.infer<typeof BreakerState>;
export type OpenBreaker = Exclude<BreakerState, { status: 'closed' }>;

export const CLOSED: BreakerState = { status: 'closed', failures: [] };

export type Gate =
  | { readonly kind: 'pass' }
  /** May pass as the probe, once its slot is written. */
  | { readonly kind: 'probe'; readonly state: OpenBreaker }
  | { readonly kind: 'refuse'; readonly state: OpenBreaker; readonly until: EpochMs };

/** Whether a call may be made now. */
export function gate(state: BreakerState, now: EpochMs): Gate {
  if (state.status === 'closed') return { kind: 'pass' };
  const until = state.status === 'open' ? state.probeAt : state.probe?.until;
  return until !== undefined && until > now ? { kind: 'refuse', state, until } : { kind: 'probe', state };
}

/** The breaker with its one probe's slot taken. A slot that expired is lost with whatever its holder still reports. */
export function withProbe(state: OpenBreaker, probe: { readonly by: string; readonly until: EpochMs }): BreakerState {
  const { since, failures } = state;
  return { status: 'half_open', since, failures, successes: state.status === 'half_open' ? state.successes : 0, probe };
}

/** What the end of a call says of its target. `unknown`: nothing; the call was broken off, or never left. */
export type Verdict = 'alive' | 'down' | 'unknown';

export interface CallReport {
  readonly by: string;
  readonly verdict: Verdict;
  readonly now: EpochMs;
  /** When a breaker that opens now is to be probed. */
  readonly probeAt: EpochMs;
}

/** The breaker after a call has ended; undefined if that changes nothing. */
export function afterCall(state: BreakerState, report: CallReport): BreakerState | undefined {
  if (state.status === 'closed') return afterPlainCall(state.failures, report);
  if (state.status === 'open' || state.probe?.by !== report.by) return undefined;
  const { status, since, failures } = state;
  if (report.verdict === 'down') return { status: 'open', since, failures: failures + 1, probeAt: report.probeAt };
  const successes = state.successes + (report.verdict === 'alive' ? 1 : 0);
  return successes >= BREAKER_SUCCESSES ? CLOSED : { status, since, failures, successes };
}

function afterPlainCall(
  failed: readonly string[],
  { by, verdict, now, probeAt }: CallReport,
): BreakerState | undefined {
  if (verdict === 'alive') return failed.length === 0 ? undefined : CLOSED;
  if (verdict === 'unknown' || failed.includes(by)) return undefined;
  const failures = [...failed, by];
  if (failures.length < BREAKER_FAILURES) return { status: 'closed', failures };
  return { status: 'open', since: now, failures: failures.length, probeAt };
}

/** Nobody answered, or only to say that it cannot. */
const DOWN = /^(connect_failed|dns_failed|connection_lost|timeout|http_5\d\d)$/;
/** Failures of other categories that nevertheless came with an answer. */
const ANSWERED = /^(http_429|throttled|retry_if|redirect_refused|response_too_large)$/;

/**
 * What a failed call says of its target. Whatever the target answers, other than 5xx, shows that it lives: a 404 as well
 * as a 429, which has waiting times of its own. A failure that is final, such as a bad certificate, counts for nothing:
 * waiting would not mend it, and its author should hear of it at once.
 */
export function verdictOn({ code, category, retryable }: Failure): Verdict {
  if (DOWN.test(code)) return retryable ? 'down' : 'unknown';
  return category === 'target' || ANSWERED.test(code) ? 'alive' : 'unknown';
}
