import type { Chooser } from './engine-harness.ts';

/** Runs `once` for every sequence of choices that it can be led through; answers how many there were. */
export async function everyOrder(once: (choose: Chooser) => Promise<void>): Promise<number> {
  const path: { taken: number; readonly count: number }[] = [];
  for (let orders = 1; ; orders += 1) {
    let at = 0;
    await once((count) => {
      const step = (path[at] ??= { taken: 0, count });
      at += 1;
      return step.taken;
    });
    while (path.length > 0 && path.at(-1)!.taken + 1 >= path.at(-1)!.count) path.pop();
    const last = path.at(-1);
    if (last === undefined) return orders;
    last.taken += 1;
  }
}

/** A chooser that is random but repeatable (mulberry32). */
export function seededChooser(seed: number): Chooser {
  const random = seededRandom(seed);
  return (count) => Math.floor(random() * count);
}

export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
