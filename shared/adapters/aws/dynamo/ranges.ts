/**
 * Ascending or unordered indices as text, runs folded: `[3,4,5,9]` is `3-5,9`. The children of a fan-out are
 * consecutive, so a thousand of them take nine characters of a record instead of five thousand.
 */
export function encodeRanges(indices: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const index of indices) {
    const last = runs.at(-1);
    if (last !== undefined && index === last[1] + 1) last[1] = index;
    else runs.push([index, index]);
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}

export function decodeRanges(text: string): number[] {
  if (text === '') return [];
  return text.split(',').flatMap((run) => {
    const [from = 0, to = from] = run.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, offset) => from + offset);
  });
}
