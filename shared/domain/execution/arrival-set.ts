import { at } from '../at.ts';
import type { EdgeState, EdgeTally } from './settled.ts';

/**
 * Joins are sets of arrived edges, not counters: adding an element twice changes nothing, so a repeated or duplicate
 * write is harmless. A set of more than {@link ARRIVAL_SET_MAX} edges would grow its item beyond one write unit and
 * heat it up, so large joins are trees: a complete set reports upwards, as one element, which states it holds.
 *
 * Elements: level 0 `<slot><l|d|f>`, above `<chunk>:<states>`, e.g. `17l`, `3:ld`.
 */
export const ARRIVAL_SET_MAX = 64;

const LETTER = { live: 'l', dead: 'd', failed: 'f' } as const satisfies Record<EdgeState, string>;

export function edgeElement(slot: number, state: EdgeState): string {
  return `${slot}${LETTER[state]}`;
}

export function chunkOf(position: number): number {
  return Math.floor(position / ARRIVAL_SET_MAX);
}

/** How many sets a join of this in-degree has on each level, bottom first; the last level has one. */
export function levelsOf(inDegree: number): number[] {
  const levels: number[] = [];
  let sets = inDegree;
  do {
    sets = Math.max(1, Math.ceil(sets / ARRIVAL_SET_MAX));
    levels.push(sets);
  } while (sets > 1);
  return levels;
}

/** How many elements the set `chunk` of `level` has when it is complete. */
export function setSize(inDegree: number, level: number, chunk: number): number {
  const below = level === 0 ? inDegree : at(levelsOf(inDegree), level - 1);
  return Math.min(ARRIVAL_SET_MAX, below - chunk * ARRIVAL_SET_MAX);
}

export function tallySet(elements: ReadonlySet<string>, size: number): EdgeTally {
  const letters = new Set(Array.from(elements, statesOf).flat());
  return { live: letters.has('l'), dead: letters.has('d'), failed: letters.has('f'), complete: elements.size >= size };
}

/** What a complete set reports to the level above. */
export function summaryElement(chunk: number, { live, dead, failed }: EdgeTally): string {
  return `${chunk}:${live ? 'l' : ''}${dead ? 'd' : ''}${failed ? 'f' : ''}`;
}

function statesOf(element: string): string[] {
  const colon = element.indexOf(':');
  return colon === -1 ? [element.slice(-1)] : element.slice(colon + 1).split('');
}
