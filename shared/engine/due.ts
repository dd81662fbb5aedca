import type { ExecutionKey } from '../domain/execution/records.ts';
import type { EpochMs } from '../domain/time.ts';

/** Executions that have not ended are spread over this many shards by when they want to be looked at. */
export const CHECK_SHARDS = 4;

/** An entry of the check index. It may be stale: only the header says when the check really is. */
export interface Due {
  readonly key: ExecutionKey;
  readonly check: EpochMs;
}

export interface DueQuery {
  /** 0 ≤ shard < {@link CHECK_SHARDS}. */
  readonly shard: number;
  /** Whose check is not later than this. */
  readonly horizon: EpochMs;
  readonly limit: number;
  /** Goes on behind this entry: the `next` of the page before. */
  readonly after?: Due;
}

export interface DuePage {
  /** Oldest first. */
  readonly due: readonly Due[];
  /** Present where there may be more; the page that it leads to can turn out empty. */
  readonly next?: Due;
}
