import { TABLE } from '../../../config/table.ts';
import { text, textOf, type Item } from './attributes.ts';
import { headerSummary, type HeaderSummary } from './header-items.ts';
import { executionOf, executionPartition, headerKey, INDEX_SHARDS, listingPartition, sweepPartition } from './keys.ts';
import type { Table } from './table.ts';

export interface ListQuery {
  readonly workspace: string;
  readonly limit: number;
  /** Sort key of the last entry of the page before. */
  readonly after?: string;
  readonly since?: number;
  readonly until?: number;
  readonly workflow?: string;
  readonly statuses?: readonly string[];
  readonly tag?: { readonly key: string; readonly value: string };
}

/**
 * Executions of a workspace, newest first. The index is spread over {@link INDEX_SHARDS} partitions; a page merges one
 * page of each. Filters are applied to what was read, so a page may be empty and still have a next one.
 */
export async function listExecutions(
  table: Table,
  query: ListQuery,
): Promise<{ readonly items: readonly HeaderSummary[]; readonly next: string | undefined }> {
  const upper = query.after ?? (query.until === undefined ? '~' : bound(query.until));
  const lower = bound(query.since ?? 0);
  if (upper <= lower) return { items: [], next: undefined };
  const pages = await Promise.all(
    Array.from({ length: INDEX_SHARDS }, (_, shard) =>
      readShard(table, listingPartition(query.workspace, shard), lower, upper, query.limit),
    ),
  );
  // Beyond the end of the shortest full page another shard may hold what was not read yet.
  const horizon = pages.flatMap(({ items, more }) => (more ? (textOf(items.at(-1) ?? {}, 'lsk') ?? []) : []));
  const cut = horizon.length === 0 ? '' : horizon.reduce((latest, sort) => (sort > latest ? sort : latest));
  const merged = pages
    .flatMap(({ items }) => items)
    .filter((item) => (textOf(item, 'lsk') ?? '') >= cut)
    .sort((a, b) => ((textOf(a, 'lsk') ?? '') < (textOf(b, 'lsk') ?? '') ? 1 : -1));
  const read = merged.slice(0, query.limit);
  const hasMore = merged.length > read.length || horizon.length > 0;
  const items = read.map(headerSummary).filter((summary) => matches(summary, query));
  return { items, next: hasMore ? textOf(read.at(-1) ?? {}, 'lsk') : undefined };
}

/** Sort keys begin with 13 digits, which last until 2286; a longer instant would sort before them. */
function bound(at: number): string {
  return String(Math.min(at, 9_999_999_999_999)).padStart(13, '0');
}

async function readShard(
  table: Table,
  partition: string,
  lower: string,
  upper: string,
  limit: number,
): Promise<{ items: Item[]; more: boolean }> {
  const { items, next } = await table.query({
    IndexName: TABLE.listing.name,
    KeyConditionExpression: 'lpk = :partition AND lsk BETWEEN :lower AND :upper',
    ExpressionAttributeValues: { ':partition': text(partition), ':lower': text(lower), ':upper': text(upper) },
    ScanIndexForward: false,
    // One more than asked for: BETWEEN includes the entry that the cursor names.
    Limit: limit + 1,
  });
  return { items: items.filter((item) => (textOf(item, 'lsk') ?? '') < upper), more: next !== undefined };
}

function matches(summary: HeaderSummary, { workflow, statuses, tag }: ListQuery): boolean {
  if (workflow !== undefined && summary.workflow !== workflow) return false;
  if (statuses !== undefined && !statuses.includes(summary.status)) return false;
  return tag === undefined || summary.tags[tag.key] === tag.value;
}

/**
 * Whether any execution of this workflow has not ended: asked before a workflow is deleted. By the sweeper's index, which
 * holds only what runs, not by the listing, which holds all that ever ran.
 */
export async function hasRunning(table: Table, workspace: string, workflow: string): Promise<boolean> {
  for (let shard = 0; shard < INDEX_SHARDS; shard += 1) {
    let start: Item | undefined;
    do {
      const page = await table.query({
        IndexName: TABLE.sweep.name,
        KeyConditionExpression: 'spk = :shard',
        FilterExpression: 'begins_with(pk, :workspace)',
        ExpressionAttributeValues: {
          ':shard': text(sweepPartition(shard)),
          ':workspace': text(executionPartition({ workspace, execution: '' })),
        },
        ...(start !== undefined && { ExclusiveStartKey: start }),
      });
      const keys = page.items.flatMap((item) => executionOf(textOf(item, 'pk') ?? '') ?? []);
      const headers = await table.getMany(keys.map(headerKey));
      if (headers.some((item) => textOf(item, 'workflow') === workflow && item['spk'] !== undefined)) return true;
      start = page.next;
    } while (start !== undefined);
  }
  return false;
}
