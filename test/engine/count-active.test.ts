import { describe, expect, test } from 'vitest';
import { epochMs } from '../../shared/domain/time.ts';
import { ACTIVE_COUNTED_MAX, countActive } from '../../shared/engine/count-active.ts';
import { CHECK_SHARDS, type DueQuery } from '../../shared/engine/due.ts';

/** An index with so many entries in each shard. */
function index(perShard: number) {
  const queries: DueQuery[] = [];
  const dueForCheck = (query: DueQuery) => {
    queries.push(query);
    const from = Number(query.after?.key.execution ?? 0);
    const to = Math.min(perShard, from + query.limit);
    const due = Array.from({ length: to - from }, (_, at) => ({
      key: { workspace: 'ws', execution: String(from + at + 1) },
      check: epochMs(1),
    }));
    const next = due.at(-1);
    return Promise.resolve({ due, ...(to < perShard && next !== undefined && { next }) });
  };
  return { queries, dueForCheck };
}

describe('active executions', () => {
  test('are counted in all shards, over their pages', async () => {
    expect(await countActive(index(0))).toBe(0);
    expect(await countActive(index(7_001))).toBe(CHECK_SHARDS * 7_001);
  });

  test('of an idle stack cost one query a shard', async () => {
    const idle = index(0);
    await countActive(idle);
    expect(idle.queries.map(({ shard }) => shard)).toEqual([0, 1, 2, 3]);
  });

  test('beyond a bound are not counted on: a gauge must not cost what it measures', async () => {
    const crowded = index(1_000_000);
    expect(await countActive(crowded)).toBe(ACTIVE_COUNTED_MAX);
    expect(crowded.queries.length * 5_000).toBe(ACTIVE_COUNTED_MAX);
  });
});
