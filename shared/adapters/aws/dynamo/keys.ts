import { createHash } from 'node:crypto';
import type { DeadLetterKey, ExecutionKey } from '../../../domain/execution/records.ts';
import { CHECK_SHARDS } from '../../../engine/due.ts';
import type { BreakerKey } from '../../../engine/breakers.ts';
import type { ArrivalSetKey, NodeKey } from '../../../engine/ports.ts';
import type { ReplayJobKey } from '../../../engine/replay-jobs.ts';

/**
 * Every key of the table. The workspace comes first in each partition key, and neither workspaces nor ids can hold a
 * `#`, so no key of one workspace can be made from another's.
 *
 * | item | pk | sk |
 * | --- | --- | --- |
 * | execution header | `<ws>#X#<execution>` | `H` |
 * | arrival set | 〃 | `J#<gen>#<join>#<level>#<chunk>` |
 * | node | 〃 | `N#<gen>#<node>` |
 * | group taken | 〃 | `S#<gen>#<node>#<group>` |
 * | dead letter | 〃 | `D#<gen>#<node>` |
 * | workflow | `<ws>#W` | `<name>` |
 * | workflow version | `<ws>#W#<name>` | `V#<version>` |
 * | bulk replay | `<ws>#R#<job>` | `R` |
 * | totals of a month | `<ws>#M` | `<yyyy-mm>` |
 * | circuit breaker | `<ws>#B#<sha256 of target>` | `B` |
 * | API key | `$keys#<sha256>` | `K` |
 * | signing secret | `$system` | `signing-secret` |
 */
export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

/** A throttled index throttles its table: both indexes spread over this many partitions. */
export const INDEX_SHARDS = CHECK_SHARDS;

export function executionPartition({ workspace, execution }: ExecutionKey): string {
  return `${workspace}#X#${execution}`;
}

export function executionOf(partition: string): ExecutionKey | undefined {
  const match = /^([^#]+)#X#([^#]+)$/.exec(partition);
  return match?.[1] === undefined || match[2] === undefined ? undefined : { workspace: match[1], execution: match[2] };
}

/** The arrival sets come right after it. */
export const HEADER_SK = 'H';
export const ARRIVALS_TO = 'J#~';
/** Nodes and groups lie next to each other, so that one query reads both and leaves the arrival sets out. */
export const RECORDS_FROM = 'N#';
export const GROUPS_FROM = 'S#';
export const RECORDS_TO = 'S#~';

export function headerKey(key: ExecutionKey): ItemKey {
  return { pk: executionPartition(key), sk: HEADER_SK };
}

export function nodeItemKey(key: ExecutionKey, { node, gen }: NodeKey): ItemKey {
  return { pk: executionPartition(key), sk: `${RECORDS_FROM}${gen}#${node}` };
}

export function arrivalKey(key: ExecutionKey, { join, gen, level, chunk }: ArrivalSetKey): ItemKey {
  return { pk: executionPartition(key), sk: `J#${gen}#${join}#${level}#${chunk}` };
}

export function groupKey(key: ExecutionKey, node: string, gen: number, group: number): ItemKey {
  return { pk: executionPartition(key), sk: `${GROUPS_FROM}${gen}#${node}#${group}` };
}

/** Before the records' range: a frontier does not read them. */
export const DEAD_LETTERS_FROM = 'D#';
export const DEAD_LETTERS_TO = 'D#~';

export function deadLetterKey({ node, gen, ...key }: DeadLetterKey): ItemKey {
  return { pk: executionPartition(key), sk: `${DEAD_LETTERS_FROM}${gen}#${node}` };
}

export function workflowKey(workspace: string, name: string): ItemKey {
  return { pk: `${workspace}#W`, sk: name };
}

export function versionKey(workspace: string, name: string, version: number): ItemKey {
  return { pk: `${workspace}#W#${name}`, sk: `V#${String(version).padStart(10, '0')}` };
}

export function replayJobKey({ workspace, job }: ReplayJobKey): ItemKey {
  return { pk: `${workspace}#R#${job}`, sk: 'R' };
}

/** A target's name is data and may hold anything. */
export function breakerKey({ workspace, target }: BreakerKey): ItemKey {
  return { pk: `${workspace}#B#${createHash('sha256').update(target).digest('base64url')}`, sk: 'B' };
}

export function apiKeyKey(digest: string): ItemKey {
  return { pk: `$keys#${digest}`, sk: 'K' };
}

export const SIGNING_SECRET_KEY: ItemKey = { pk: '$system', sk: 'signing-secret' };

export function shardOf(text: string): number {
  return (createHash('sha256').update(text).digest()[0] ?? 0) % INDEX_SHARDS;
}

export function listingPartition(workspace: string, shard: number): string {
  return `${workspace}#L#${shard}`;
}

export function deadLetterPartition(workspace: string, shard: number): string {
  return `${workspace}#D#${shard}`;
}

/** Sorts by time of creation, then id. */
export function listingSort(createdAt: number, execution: string): string {
  return `${String(createdAt).padStart(13, '0')}#${execution}`;
}

export function sweepPartition(shard: number): string {
  return `$sweep#${shard}`;
}

/** What the workspace has used and done in a month, `yyyy-mm`. */
export function totalsKey(workspace: string, month: string): ItemKey {
  return { pk: `${workspace}#M`, sk: month };
}
