import { currentTally } from '../../../metering/tally.ts';
import {
  addText,
  isUnit,
  noUsage,
  plus,
  UNITS,
  usageOf,
  usageText,
  type Unit,
  type Usage,
} from '../../../metering/usage.ts';
import { WRITE_UNIT_BYTES } from '../payloads.ts';
import { itemBytes, number, numberOf, text, textOf, type Item } from './attributes.ts';
import { indexWriteUnitsOf } from './capacity.ts';

/** The attribute in which a record carries what was used up to it (`metering/tally.ts`). */
export const CARRIED = 'u';

/** What all of them carry. Those who only add to an item leave numbers, an attribute a unit. */
export function carriedUsage(...pages: readonly (readonly Item[])[]): Usage {
  const sum = noUsage();
  for (const items of pages) {
    for (const item of items) {
      const carried = textOf(item, CARRIED);
      if (carried !== undefined) addText(sum, carried);
      else addNumbers(sum, item);
    }
  }
  return sum;
}

export function usageOfNumbers(item: Item): Usage {
  const usage = noUsage();
  addNumbers(usage, item);
  return usage;
}

function addNumbers(sum: Record<Unit, number>, item: Item): void {
  for (const name in item) if (isUnit(name)) sum[name] += numberOf(item, name) ?? 0;
}

export function usageNumbers(usage: Usage): Item {
  return Object.fromEntries(UNITS.flatMap((unit) => (usage[unit] === 0 ? [] : [[unit, number(usage[unit])]])));
}

/** An addition that carries what was used, itself included: one unit, as small as such items are. */
export async function addCarrying(add: (usage: Item) => Promise<Item>): Promise<Item> {
  const tally = currentTally();
  if (tally === undefined) return add({});
  const open = tally.take();
  const own = { writeUnits: 1 };
  let isWritten = false;
  try {
    const item = await add(usageNumbers(plus(open, own)));
    isWritten = true;
    return item;
  } finally {
    tally.add(isWritten ? { writeUnits: -own.writeUnits } : open);
  }
}

/** Of a record that may be overwritten here: what it carries is its successor's. */
export function noteCarried(item: Item | undefined): void {
  if (item !== undefined) currentTally()?.noteCarried(textOf(item, 'sk') ?? '', textOf(item, CARRIED));
}

/**
 * Puts a record that carries what was used. What it costs itself is part of that, hence reckoned before it is written; should
 * DynamoDB count otherwise, the difference is the next record's. A write that is refused, or fails, carries nothing.
 */
export async function putCarrying<R extends { readonly written: boolean }>(
  item: Item,
  replaced: Item | undefined,
  put: () => Promise<R>,
): Promise<R> {
  const tally = currentTally();
  if (tally === undefined) return put();
  const record = textOf(item, 'sk') ?? '';
  const open = tally.take();
  const before = tally.carriedBy(record);
  const carried = before === undefined ? open : plus(usageOf(before), open);
  const indexWriteUnits = indexWriteUnitsOf(replaced, item);
  const withOwn = (writeUnits: number): string => usageText(plus(carried, { writeUnits, indexWriteUnits }));
  const bytes = itemBytes(item) + CARRIED.length;
  const unitsWith = (more: number): number => Math.ceil((bytes + more) / WRITE_UNIT_BYTES) + indexWriteUnits;
  let writeUnits = unitsWith(0);
  let carries = withOwn(writeUnits);
  if (unitsWith(carries.length) > writeUnits) {
    // Its own text takes the item into another unit.
    writeUnits = unitsWith(carries.length);
    carries = withOwn(writeUnits);
  }
  item[CARRIED] = text(carries);
  let isWritten = false;
  try {
    const result = await put();
    isWritten = result.written;
    return result;
  } finally {
    if (isWritten) {
      tally.noteCarried(record, carries);
      tally.add({ writeUnits: -writeUnits, indexWriteUnits: -indexWriteUnits });
    } else tally.add(open);
  }
}
