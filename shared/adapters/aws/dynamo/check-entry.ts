import { epochMs } from '../../../domain/time.ts';
import type { Due } from '../../../engine/due.ts';
import { keyAttributes, number, numberOf, text, textOf, type Item } from './attributes.ts';
import { executionOf, headerKey, sweepPartition } from './keys.ts';

/** An entry of the sweep index as DynamoDB names it where a query goes on: keys of the index and of the table. */
export function checkEntry(shard: number, { key, check }: Due): Item {
  return { ...keyAttributes(headerKey(key)), spk: text(sweepPartition(shard)), chk: number(check) };
}

export function dueOf(item: Item): Due | undefined {
  const key = executionOf(textOf(item, 'pk') ?? '');
  const check = numberOf(item, 'chk');
  return key === undefined || check === undefined ? undefined : { key, check: epochMs(check) };
}
