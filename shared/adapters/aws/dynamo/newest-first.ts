import { TABLE } from '../../../config/table.ts';
import { text, textOf, type Item } from './attributes.ts';
import { INDEX_SHARDS } from './keys.ts';
import type { Table } from './table.ts';

/** What a list is asked for, whatever it holds. */
export interface PageQuery {
  readonly limit: number;
  /** Sort key of the last entry of the page before. */
  readonly after?: string;
  readonly since?: number;
  readonly until?: number;
}

export interface EntryPage {
  readonly entries: readonly Item[];
  readonly next: string | undefined;
}

/** The partition of each shard of a list. */
export type PartitionOf = (shard: number) => string;

/**
 * A page of a list in the listing index, newest first. The index is spread over {@link INDEX_SHARDS} partitions; a page
 * merges one page of each.
 */
export async function newestFirst(table: Table, partitionOf: PartitionOf, query: PageQuery): Promise<EntryPage> {
  const range = rangeOf(query);
  if (range === undefined) return { entries: [], next: undefined };
  const pages = await Promise.all(
    Array.from({ length: INDEX_SHARDS }, (_, shard) => readShard(table, partitionOf(shard), range, query.limit)),
  );
  // Beyond the end of the shortest full page another shard may hold what was not read yet.
  const horizon = pages.flatMap(({ entries, more }) => (more ? sortOf(entries.at(-1) ?? {}) : []));
  const cut = horizon.reduce((latest, sort) => (sort > latest ? sort : latest), '');
  const merged = pages
    .flatMap(({ entries }) => entries)
    .filter((entry) => sortOf(entry) >= cut)
    .sort((a, b) => (sortOf(a) < sortOf(b) ? 1 : -1));
  const entries = merged.slice(0, query.limit);
  const hasMore = merged.length > entries.length || horizon.length > 0;
  const last = entries.at(-1);
  return { entries, next: hasMore && last !== undefined ? sortOf(last) : undefined };
}

/** The newest entries of a list in no order, at most about `max`: what is counted needs none. */
export async function newestEntries(
  table: Table,
  partitionOf: PartitionOf,
  query: Omit<PageQuery, 'limit'>,
  max: number,
): Promise<{ readonly entries: readonly Item[]; readonly complete: boolean }> {
  const range = rangeOf(query);
  if (range === undefined) return { entries: [], complete: true };
  const limit = Math.ceil(max / INDEX_SHARDS);
  const shards = await Promise.all(
    Array.from({ length: INDEX_SHARDS }, (_, shard) => readShard(table, partitionOf(shard), range, limit)),
  );
  return { entries: shards.flatMap(({ entries }) => entries), complete: shards.every(({ more }) => !more) };
}

export function sortOf(entry: Item): string {
  return textOf(entry, 'lsk') ?? '';
}

interface SortRange {
  readonly lower: string;
  /** Exclusive. */
  readonly upper: string;
}

function rangeOf({ after, since, until }: Omit<PageQuery, 'limit'>): SortRange | undefined {
  const upper = after ?? (until === undefined ? '~' : bound(until));
  const lower = bound(since ?? 0);
  return upper <= lower ? undefined : { lower, upper };
}

/** Sort keys begin with 13 digits, which last until 2286; a longer instant would sort before them. */
function bound(at: number): string {
  return String(Math.min(at, 9_999_999_999_999)).padStart(13, '0');
}

/** The newest `limit` entries of one partition, over as many pages of a megabyte as they take. */
async function readShard(
  table: Table,
  partition: string,
  { lower, upper }: SortRange,
  limit: number,
): Promise<{ entries: Item[]; more: boolean }> {
  const entries: Item[] = [];
  let start: Item | undefined;
  do {
    const page = await table.query({
      IndexName: TABLE.listing.name,
      KeyConditionExpression: 'lpk = :partition AND lsk BETWEEN :lower AND :upper',
      ExpressionAttributeValues: { ':partition': text(partition), ':lower': text(lower), ':upper': text(upper) },
      ScanIndexForward: false,
      // One more than asked for: BETWEEN includes the entry that the cursor names.
      Limit: limit + 1 - entries.length,
      ...(start !== undefined && { ExclusiveStartKey: start }),
    });
    entries.push(...page.items.filter((item) => sortOf(item) < upper));
    start = page.next;
  } while (start !== undefined && entries.length < limit);
  return { entries, more: start !== undefined };
}
