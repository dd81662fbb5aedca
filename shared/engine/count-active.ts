import { epochMs } from '../domain/time.ts';
import { CHECK_SHARDS, type Due } from './due.ts';
import type { ExecutionStore } from './ports.ts';

const PAGE = 5_000;
/** Five thousand entries are some 90 read units. Beyond a hundred thousand nobody needs to know to the last one. */
const PAGES_PER_SHARD_MAX = 5;
const FAR_FUTURE = epochMs(Number.MAX_SAFE_INTEGER);

export const ACTIVE_COUNTED_MAX = CHECK_SHARDS * PAGES_PER_SHARD_MAX * PAGE;

/** How many executions have not ended, up to {@link ACTIVE_COUNTED_MAX}: each has an entry in the check index. May be stale. */
export async function countActive(store: Pick<ExecutionStore, 'dueForCheck'>): Promise<number> {
  const counts = await Promise.all(Array.from({ length: CHECK_SHARDS }, (_, shard) => countShard(store, shard)));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function countShard(store: Pick<ExecutionStore, 'dueForCheck'>, shard: number): Promise<number> {
  let count = 0;
  let after: Due | undefined;
  for (let pages = 0; pages < PAGES_PER_SHARD_MAX; pages += 1) {
    const { due, next } = await store.dueForCheck({
      shard,
      horizon: FAR_FUTURE,
      limit: PAGE,
      ...(after !== undefined && { after }),
    });
    count += due.length;
    if (next === undefined) return count;
    after = next;
  }
  return count;
}
