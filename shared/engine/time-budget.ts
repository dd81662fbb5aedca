import type { Lease } from '../domain/execution/records.ts';
import { epochMs, type EpochMs } from '../domain/time.ts';

/**
 * How long an invocation goes on. Lambda may run for 15 minutes, but a lease that long would make a crash cost as
 * much: work that is short by declaration runs under leases of {@link SHORT_LEASE_MS}; a longer attempt is claimed
 * with a lease of its own length (protocol §9).
 */
export const SHORT_LEASE_MS = 60_000;
/** For evaluating, committing and sending after an attempt has ended; also what Lambda may overrun. */
export const COMMIT_MARGIN_MS = 4_000;
/** Attempts that run at once within one message's invocation; also how many children are started inline at most. */
export const PARALLEL_MAX = 10;
/** Children in one `group` message: 20 HTTP calls in two rounds of ten share one invocation. */
export const GROUP_MAX = 20;
/** Claims that found an expired lease before the node is declared the killer of its workers. */
export const CRASHES_MAX = 3;
/** How often a running attempt looks whether its execution was stopped. */
export const STOP_POLL_MS = 2_000;
/** An API handler's guard message comes after its hard limit of 30 s. */
export const GUARD_DELAY_MS = 35_000;
/** When the sweeper first looks at an execution, and again when it can name no better time. */
export const CHECK_AFTER_MS = 60_000;
/** An execution that waits for people, or that cannot be helped, is looked at this often. */
export const CHECK_IDLE_MS = 900_000;

export interface TimeBudget {
  /** The instant at which the platform ends this invocation. */
  readonly hardEnd: EpochMs;
  /** Until when short work may run. */
  readonly shortEnd: EpochMs;
}

export function timeBudget(now: EpochMs, remainingMs: number): TimeBudget {
  const hardEnd = epochMs(now + Math.max(0, remainingMs));
  return { hardEnd, shortEnd: epochMs(Math.min(hardEnd, now + SHORT_LEASE_MS)) };
}

/** Whether an attempt of this length can run under a lease that ends at `until`. */
export function fits(now: EpochMs, attemptTimeoutMs: number, until: EpochMs): boolean {
  return now + attemptTimeoutMs + COMMIT_MARGIN_MS <= until;
}

/** An attempt too long for any short lease: it is always claimed. */
export function isLong(attemptTimeoutMs: number): boolean {
  return attemptTimeoutMs + COMMIT_MARGIN_MS > SHORT_LEASE_MS;
}

/**
 * `leaseEpoch`: leases given before it belong to a process that is dead for certain (the local stack was started
 * after them); on AWS it is 0 and only the clock ends a lease.
 */
export function isLive(lease: Lease, now: EpochMs, leaseEpoch: EpochMs): boolean {
  return lease.until > now && lease.since >= leaseEpoch;
}
