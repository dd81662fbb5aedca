import { TABLE } from '../../../config/table.ts';
import { text, textOf, type Item } from './attributes.ts';
import { headerSummary, type HeaderSummary } from './header-items.ts';
import { executionOf, executionPartition, headerKey, INDEX_SHARDS, listingPartition, sweepPartition } from './keys.ts';
import { newestFirst, type PageQuery } from './newest-first.ts';
import type { Table } from './table.ts';

export interface ListQuery extends PageQuery {
  readonly workspace: string;
  readonly workflow?: string;
  readonly statuses?: readonly string[];
  readonly tag?: { readonly key: string; readonly value: string };
}

/**
 * Executions of a workspace, newest first. Filters are applied to what was read, so a page may be empty and still have a
 * next one.
 */
export async function listExecutions(
  table: Table,
  query: ListQuery,
): Promise<{ readonly items: readonly HeaderSummary[]; readonly next: string | undefined }> {
  const partitionOf = (shard: number) => listingPartition(query.workspace, shard);
  const { entries, next } = await newestFirst(table, partitionOf, query);
  return { items: entries.map(headerSummary).filter((summary) => matches(summary, query)), next };
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
