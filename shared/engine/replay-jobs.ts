import type { DeadLetter, DeadLetterKey, DeadLetterStatus } from '../domain/execution/records.ts';
import type { EpochMs } from '../domain/time.ts';

/** Which entries of the dead-letter list are meant; what is absent does not matter. */
export interface DeadLetterFilter {
  readonly workflow?: string;
  readonly codes?: readonly string[];
  readonly categories?: readonly string[];
  readonly statuses?: readonly DeadLetterStatus[];
  readonly since?: EpochMs;
  /** Exclusive. */
  readonly until?: EpochMs;
}

/** What a filter asks about; indexes hold it too. */
export interface DeadLetterTraits extends Pick<DeadLetter, 'workflow' | 'status' | 'createdAt'> {
  readonly code: string;
  readonly category: string;
}

export function matchesFilter(letter: DeadLetterTraits, filter: DeadLetterFilter): boolean {
  const { workflow, codes, categories, statuses, since, until } = filter;
  if (workflow !== undefined && letter.workflow !== workflow) return false;
  if (codes !== undefined && !codes.includes(letter.code)) return false;
  if (categories !== undefined && !categories.includes(letter.category)) return false;
  if (statuses !== undefined && !statuses.includes(letter.status)) return false;
  return (since === undefined || letter.createdAt >= since) && (until === undefined || letter.createdAt < until);
}

export interface ReplayJobKey {
  readonly workspace: string;
  readonly job: string;
}

/** A bulk replay, as it was asked for and as far as it has come. */
export interface ReplayJob extends ReplayJobKey {
  readonly filter: DeadLetterFilter;
  readonly ratePerSecond: number;
  readonly createdAt: EpochMs;
  readonly status: 'running' | 'done';
  readonly endedAt?: EpochMs;
  /** The slice that is worked next; each one's end is one conditional write. */
  readonly slice: number;
  /** Where that slice begins: behind this entry of the list. */
  readonly after?: string;
  readonly counts: ReplayCounts;
  readonly op: string;
}

export interface ReplayCounts {
  readonly replayed: number;
  /** Their executions ran at the time. */
  readonly skipped: number;
  /** Could not be replayed; the log says why. */
  readonly failed: number;
}

export interface LetterQuery {
  readonly workspace: string;
  readonly filter: DeadLetterFilter;
  /** Goes on behind this entry: the `next` or a `position` of the page before. */
  readonly after?: string;
  readonly limit: number;
}

/** Newest first. It may be stale, and empty though there is a `next`. */
export interface LetterPage {
  readonly letters: readonly { readonly key: DeadLetterKey; readonly position: string }[];
  readonly next?: string;
}
