import type { DeadLetter, DeadLetterKey, DeadLetterStatus } from '../../../domain/execution/records.ts';
import { epochMs } from '../../../domain/time.ts';
import { matchesFilter, type DeadLetterFilter, type DeadLetterTraits } from '../../../engine/replay-jobs.ts';
import { numberOf, textOf, type Item } from './attributes.ts';
import { deadLetterKeyOf, deadLetterOf } from './dead-letter-items.ts';
import { deadLetterKey, deadLetterPartition } from './keys.ts';
import { newestEntries, newestFirst, sortOf, type PageQuery } from './newest-first.ts';
import type { Table } from './table.ts';

export interface DeadLetterQuery extends Pick<PageQuery, 'limit' | 'after'> {
  readonly workspace: string;
  readonly filter: DeadLetterFilter;
}

/** An entry as the index has it. */
export interface DeadLetterSummary extends DeadLetterTraits, DeadLetterKey {
  readonly position: string;
}

export interface SummaryPage {
  readonly items: readonly DeadLetterSummary[];
  readonly next: string | undefined;
}

export interface LetterPage {
  readonly items: readonly { readonly letter: DeadLetter; readonly position: string }[];
  readonly next: string | undefined;
}

const partitionsOf = (workspace: string) => (shard: number) => deadLetterPartition(workspace, shard);

/**
 * Dead letters of a workspace, newest first, as the index has them. Filters are applied to what was read, so a page may
 * be empty and still have a next one.
 */
export async function listSummaries(table: Table, query: DeadLetterQuery): Promise<SummaryPage> {
  const { workspace, filter, limit, after } = query;
  const { entries, next } = await newestFirst(table, partitionsOf(workspace), {
    limit,
    ...(after !== undefined && { after }),
    ...boundsOf(filter),
  });
  return { items: entries.map(summaryOf).filter((summary) => matchesFilter(summary, filter)), next };
}

/** The same with everything that is stored of them, and with the status that they have now: the index may lag. */
export async function listDeadLetters(table: Table, query: DeadLetterQuery): Promise<LetterPage> {
  const { items: summaries, next } = await listSummaries(table, query);
  const found = (await table.getMany(summaries.map(deadLetterKey))).map(deadLetterOf);
  const byKey = new Map(found.map((letter) => [nameOf(letter), letter]));
  const items = summaries.flatMap((summary) => {
    const letter = byKey.get(nameOf(summary));
    return letter !== undefined && isMeant(letter, query.filter) ? [{ letter, position: summary.position }] : [];
  });
  return { items, next };
}

function isMeant(letter: DeadLetter, filter: DeadLetterFilter): boolean {
  const { code, category } = letter.error;
  return matchesFilter({ ...letter, code, category }, filter);
}

/** At most about `max` entries are looked at, the newest of each shard; `complete`: those were all. */
export async function newestSummaries(
  table: Table,
  workspace: string,
  filter: DeadLetterFilter,
  max: number,
): Promise<{ readonly items: readonly DeadLetterSummary[]; readonly complete: boolean }> {
  const { entries, complete } = await newestEntries(table, partitionsOf(workspace), boundsOf(filter), max);
  return { items: entries.map(summaryOf).filter((summary) => matchesFilter(summary, filter)), complete };
}

function boundsOf({ since, until }: DeadLetterFilter): Pick<PageQuery, 'since' | 'until'> {
  return { ...(since !== undefined && { since }), ...(until !== undefined && { until }) };
}

function nameOf({ execution, gen, node }: DeadLetterKey): string {
  return `${execution}#${gen}#${node}`;
}

function summaryOf(item: Item): DeadLetterSummary {
  return {
    ...deadLetterKeyOf(item),
    workflow: textOf(item, 'workflow') ?? '',
    status: textOf(item, 'status') as DeadLetterStatus,
    createdAt: epochMs(numberOf(item, 'createdAt') ?? 0),
    code: textOf(item, 'code') ?? '',
    category: textOf(item, 'category') ?? '',
    position: sortOf(item),
  };
}
