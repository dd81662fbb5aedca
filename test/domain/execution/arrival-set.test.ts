import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ARRIVAL_SET_MAX,
  chunkOf,
  edgeElement,
  levelsOf,
  setSize,
  summaryElement,
  tallySet,
} from '../../../shared/domain/execution/arrival-set.ts';
import type { EdgeState } from '../../../shared/domain/execution/settled.ts';

test('elements name edge and state', () => {
  expect([edgeElement(17, 'live'), edgeElement(0, 'dead'), edgeElement(3, 'failed')]).toEqual(['17l', '0d', '3f']);
});

test.each<[number, number[]]>([
  [0, [1]],
  [1, [1]],
  [64, [1]],
  [65, [2, 1]],
  [4_096, [64, 1]],
  [4_097, [65, 2, 1]],
  [10_000, [157, 3, 1]],
])('a join of %d edges has %j sets on its levels', (inDegree, levels) => {
  expect(levelsOf(inDegree)).toEqual(levels);
});

test('sets are full but for the last of a level', () => {
  expect([setSize(65, 0, 0), setSize(65, 0, 1), setSize(65, 1, 0)]).toEqual([64, 1, 2]);
  expect([setSize(10_000, 0, 156), setSize(10_000, 1, 2), setSize(10_000, 2, 0)]).toEqual([16, 29, 3]);
  expect(() => setSize(10_000, 9, 0)).toThrow('no element 8');
});

test.each([1, 64, 65, 4_096, 10_000])(
  'a tree for %d edges is complete exactly when all have arrived, and knows their states',
  (inDegree) => {
    const states: EdgeState[] = ['live', 'dead', 'failed'];
    const order = fc.sample(
      fc.shuffledSubarray([...Array(inDegree).keys()], { minLength: inDegree, maxLength: inDegree }),
      { numRuns: 1, seed: 7 },
    )[0]!;
    const sets = new Map<string, Set<string>>();
    const levels = levelsOf(inDegree);
    let top = tallySet(new Set(), setSize(inDegree, levels.length - 1, 0));
    const add = (level: number, chunk: number, element: string) => {
      const key = `${level}#${chunk}`;
      const set = sets.get(key) ?? new Set();
      sets.set(key, set.add(element));
      const size = setSize(inDegree, level, chunk);
      expect(set.size).toBeLessThanOrEqual(size);
      const tally = tallySet(set, size);
      if (level === levels.length - 1) top = tally;
      else if (tally.complete) add(level + 1, chunkOf(chunk), summaryElement(chunk, tally));
    };
    order.forEach((slot, at) => {
      expect(top.complete).toBe(false);
      const element = edgeElement(slot, states[slot % 3]!);
      add(0, chunkOf(slot), element);
      if (at % 100 === 0) add(0, chunkOf(slot), element);
    });
    expect(top).toEqual({ live: true, dead: inDegree > 1, failed: inDegree > 2, complete: true });
    expect([...sets.keys()].filter((key) => key.startsWith('0#'))).toHaveLength(levels[0]!);
  },
);

test('a summary tells each state once', () => {
  expect(summaryElement(3, { live: true, dead: true, failed: false, complete: true })).toBe('3:ld');
  expect(summaryElement(0, { live: false, dead: false, failed: true, complete: true })).toBe('0:f');
  expect(tallySet(new Set(['0:ld', '1:f']), 2)).toEqual({ live: true, dead: true, failed: true, complete: true });
  expect(ARRIVAL_SET_MAX).toBe(64);
});
