import { expect, test } from 'vitest';
import type { ExecutionKey, Header } from '../../shared/domain/execution/records.ts';
import { epochMs } from '../../shared/domain/time.ts';
import { CHECK_SHARDS, type Due } from '../../shared/engine/due.ts';
import type { ExecutionStore } from '../../shared/engine/ports.ts';
import { header } from './samples.ts';

interface Asked {
  readonly horizon: number;
  /** Of a page. */
  readonly limit?: number;
}

/** The due entries of each shard, page after page. */
function dueByShard(store: ExecutionStore, { horizon, limit = 100 }: Asked): Promise<Due[][]> {
  const readShard = async (shard: number): Promise<Due[]> => {
    const read: Due[] = [];
    let after: Due | undefined;
    do {
      const query = { shard, horizon: epochMs(horizon), limit };
      const page = await store.dueForCheck({ ...query, ...(after !== undefined && { after }) });
      expect(page.due.length).toBeLessThanOrEqual(limit);
      read.push(...page.due);
      after = page.next;
    } while (after !== undefined);
    return read;
  };
  return Promise.all(Array.from({ length: CHECK_SHARDS }, (_, shard) => readShard(shard)));
}

async function due(store: ExecutionStore, asked: Asked): Promise<string[]> {
  const entries = (await dueByShard(store, asked)).flat().sort((one, other) => one.check - other.check);
  return entries.map(({ key, check }) => `${key.execution} at ${check}`);
}

async function create(store: ExecutionStore, execution: string, check: number, more: Partial<Header> = {}) {
  const created = header({ workspace: 'ws', execution }, { check: epochMs(check), ...more });
  await store.createHeader(created);
  return created;
}

export function checkCases(emptyStore: () => Promise<ExecutionStore>): void {
  test('are none where there is nothing', async () => {
    expect(await due(await emptyStore(), { horizon: 1e12 })).toEqual([]);
  });

  test('are those up to the horizon', async () => {
    const store = await emptyStore();
    await create(store, 'early', 999);
    await create(store, 'now', 1_000);
    await create(store, 'late', 1_001);
    expect(await due(store, { horizon: 1_000 })).toEqual(['early at 999', 'now at 1000']);
  });

  test('compare as numbers, not as texts', async () => {
    const store = await emptyStore();
    await create(store, 'short', 9);
    await create(store, 'long', 1_000);
    expect(await due(store, { horizon: 999 })).toEqual(['short at 9']);
  });

  test('come oldest first from each shard, whatever the size of a page', async () => {
    const store = await emptyStore();
    const checks = Array.from({ length: 40 }, (_, at) => 1_000 + ((at * 7) % 40));
    await Promise.all(checks.map((check) => create(store, `ex_${check}`, check)));
    const expected = [...checks].sort((one, other) => one - other).map((check) => `ex_${check} at ${check}`);
    for (const limit of [1, 3, 100]) {
      const shards = await dueByShard(store, { horizon: 2_000, limit });
      for (const shard of shards) {
        const read = shard.map(({ check }) => check);
        expect(read).toEqual([...read].sort((one, other) => one - other));
      }
      expect(await due(store, { horizon: 2_000, limit })).toEqual(expected);
    }
  });

  test('lie in more than one shard', async () => {
    const store = await emptyStore();
    await Promise.all(Array.from({ length: 40 }, (_, at) => create(store, `ex_${at}`, 1_000)));
    const shards = await dueByShard(store, { horizon: 2_000 });
    expect(shards.filter(({ length }) => length > 0).length).toBeGreaterThan(1);
  });

  test('of the same instant are all named, page by page', async () => {
    const store = await emptyStore();
    await Promise.all(Array.from({ length: 20 }, (_, at) => create(store, `ex_${at}`, 1_000)));
    const entries = await due(store, { horizon: 1_000, limit: 2 });
    expect([entries.length, new Set(entries).size]).toEqual([20, 20]);
  });

  test('name the workspace, too', async () => {
    const store = await emptyStore();
    const keys: ExecutionKey[] = ['one', 'two'].map((workspace) => ({ workspace, execution: 'ex' }));
    for (const key of keys) await store.createHeader(header(key, { check: epochMs(5) }));
    const entries = (await dueByShard(store, { horizon: 10 })).flat();
    expect(new Set(entries.map(({ key }) => key.workspace))).toEqual(new Set(['one', 'two']));
  });

  test('go where the header moves them', async () => {
    const store = await emptyStore();
    const created = await create(store, 'ex', 1_000);
    await store.replaceHeader({ ...created, check: epochMs(5_000), rev: 2, op: 'op2' });
    expect(await due(store, { horizon: 2_000 })).toEqual([]);
    expect(await due(store, { horizon: 5_000 })).toEqual(['ex at 5000']);
  });

  test('are none of an execution that wants none, or has ended', async () => {
    const store = await emptyStore();
    await store.createHeader(header({ workspace: 'ws', execution: 'never' }));
    const { check: _check, ...ended } = await create(store, 'ended', 1_000);
    await store.replaceHeader({ ...ended, status: 'succeeded', rev: 2, op: 'op2' });
    expect(await due(store, { horizon: 1e13 })).toEqual([]);
  });

  test('stay where a write was refused', async () => {
    const store = await emptyStore();
    const created = await create(store, 'ex', 1_000);
    await store.createHeader({ ...created, check: epochMs(7_000), op: 'other' });
    await store.replaceHeader({ ...created, check: epochMs(8_000), rev: 5, op: 'other' });
    expect(await due(store, { horizon: 9_000 })).toEqual(['ex at 1000']);
  });
}
