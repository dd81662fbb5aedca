import type { Stored } from '../../../domain/execution/records.ts';
import { packInto, unpack, type Payloads } from '../payloads.ts';
import { number, text, type Item } from './attributes.ts';

/** Puts a value of any size into attributes `<name>…`; one that lies elsewhere already is only pointed at. */
export async function storeInto(
  item: Item,
  name: string,
  stored: Stored,
  payloads: Payloads,
  scope: string,
): Promise<void> {
  if (stored.at === 'record') return packInto(item, name, stored.value, payloads, scope);
  item[`${name}Ref`] = text(stored.ref);
  item[`${name}Size`] = number(stored.bytes);
}

/** The value, or where it lies; undefined when the item has none under this name. */
export function storedOf(item: Item, name: string): Stored | undefined {
  const found = unpack(item, name);
  if (found === undefined) return undefined;
  return 'value' in found
    ? { at: 'record', value: found.value }
    : { at: 'payload', ref: found.ref, bytes: found.bytes };
}
