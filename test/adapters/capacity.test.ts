import { describe, expect, test } from 'vitest';
import { indexWriteUnitsOf, writeUnitsOf } from '../../shared/adapters/aws/dynamo/capacity.ts';
import { number, text, type Item } from '../../shared/adapters/aws/dynamo/attributes.ts';

const header: Item = {
  pk: text('ws#X#1'),
  sk: text('H'),
  status: text('running'),
  lpk: text('ws#0'),
  lsk: text('1'),
  spk: text('0'),
  chk: number(5),
  d: text('{}'),
};
const without = (...names: string[]): Item =>
  Object.fromEntries(Object.entries(header).filter(([name]) => !names.includes(name)));

describe('what a write costs in indexes', () => {
  test.each<[string, Item | undefined, Item, number]>([
    ['a new entry in each', undefined, header, 2],
    ['nothing that an index holds has changed', header, { ...header, d: text('{"other":1}') }, 0],
    ['a projected attribute has changed', header, { ...header, status: text('failed') }, 1],
    ['an entry has moved', header, { ...header, chk: number(9) }, 2],
    ['an entry has gone', header, without('spk', 'chk'), 1],
    ['the end of an execution', header, { ...without('spk', 'chk'), status: text('succeeded') }, 2],
    ['an item without entries', undefined, without('lpk', 'lsk', 'spk', 'chk'), 0],
    ['an entry of two units has changed', header, { ...header, tags: text('x'.repeat(1_500)) }, 2],
  ])('%s', (_, before, after, units) => {
    expect(indexWriteUnitsOf(before, after)).toBe(units);
  });
});

test('an item costs a unit for each KB begun, and one to find that it is not there', () => {
  expect(writeUnitsOf(undefined)).toBe(1);
  expect(writeUnitsOf({ pk: text('a') })).toBe(1);
  expect(writeUnitsOf({ pk: text('x'.repeat(1_022)) })).toBe(1);
  expect(writeUnitsOf({ pk: text('x'.repeat(1_023)) })).toBe(2);
});
