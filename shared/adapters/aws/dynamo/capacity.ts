import type { ConsumedCapacity } from '@aws-sdk/client-dynamodb';
import { TABLE } from '../../../config/table.ts';
import type { Usage } from '../../../metering/usage.ts';
import { WRITE_UNIT_BYTES } from '../payloads.ts';
import { itemBytes, type Item } from './attributes.ts';

/** What every request asks to be told: what it cost. */
export const COUNTED = { ReturnConsumedCapacity: 'TOTAL' } as const;
/** The same, table and indexes apart; a longer answer. */
export const COUNTED_BY_INDEX = { ReturnConsumedCapacity: 'INDEXES' } as const;

export function written({ CapacityUnits = 0, Table }: ConsumedCapacity = {}): Partial<Usage> {
  return { writeUnits: CapacityUnits, indexWriteUnits: CapacityUnits - (Table?.CapacityUnits ?? CapacityUnits) };
}

export function read({ CapacityUnits = 0, Table }: ConsumedCapacity = {}): Partial<Usage> {
  return { readUnits: CapacityUnits, indexReadUnits: CapacityUnits - (Table?.CapacityUnits ?? CapacityUnits) };
}

/** What writing this item costs, its index entries apart; what is not there costs one unit to find that out. */
export function writeUnitsOf(item: Item | undefined): number {
  return item === undefined ? 1 : Math.max(1, Math.ceil(itemBytes(item) / WRITE_UNIT_BYTES));
}

/** What a write costs in indexes: an entry for each that comes, goes or changes; two if it moves. */
export function indexWriteUnitsOf(before: Item | undefined, after: Item): number {
  if (before === undefined && !isIndexed(after)) return 0;
  return INDEXES.reduce((sum, index) => {
    const [old, next] = [entryIn(index, before), entryIn(index, after)];
    return sum + changeUnits(old, next, index);
  }, 0);
}

const INDEXES = [TABLE.listing, TABLE.sweep];

/** Most items, nodes' above all, are in none. */
export function isIndexed(item: Item): boolean {
  return INDEXES.some(({ partitionKey }) => item[partitionKey] !== undefined);
}

interface Index {
  readonly partitionKey: string;
  readonly sortKey: string;
  readonly projected?: readonly string[];
}

/** What an index holds of an item; undefined if it has no entry. */
function entryIn({ partitionKey, sortKey, projected = [] }: Index, item: Item | undefined): Item | undefined {
  if (item?.[partitionKey] === undefined || item[sortKey] === undefined) return undefined;
  const names = [TABLE.partitionKey, TABLE.sortKey, partitionKey, sortKey, ...projected];
  return Object.fromEntries(names.flatMap((name) => (item[name] === undefined ? [] : [[name, item[name]]])));
}

function changeUnits(old: Item | undefined, next: Item | undefined, { partitionKey, sortKey }: Index): number {
  if (old === undefined) return next === undefined ? 0 : writeUnitsOf(next);
  if (next === undefined) return writeUnitsOf(old);
  const hasMoved = [partitionKey, sortKey].some((name) => !isSame(old[name], next[name]));
  if (hasMoved) return writeUnitsOf(old) + writeUnitsOf(next);
  return isSame(old, next) ? 0 : Math.max(writeUnitsOf(old), writeUnitsOf(next));
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
