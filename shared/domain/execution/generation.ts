import type { Plan } from '../workflow/plan.ts';
import type { Redrive } from './records.ts';

export const FIRST_GENERATION = 1;

/**
 * The effective generation of every node: that of the last redrive that discarded the node or an ancestor of it.
 * `$end` always has the current one. Without redrives — nearly always — the answer costs nothing.
 */
export function effectiveGenerations(plan: Plan, redrives: readonly Redrive[]): (index: number) => number {
  if (redrives.length === 0) return () => FIRST_GENERATION;
  const generations = new Int32Array(plan.nodes.length).fill(FIRST_GENERATION);
  for (const { gen, from } of redrives) {
    for (const id of from) {
      const index = plan.indexOf.get(id);
      // A gate belongs to its node: a redriven node asks its `if` again.
      for (const start of [index, plan.indexOf.get(`${id}?`)]) if (start !== undefined) generations[start] = gen;
    }
    for (const node of plan.nodes) {
      const inherited = node.in.reduce(
        (most, edge) => Math.max(most, generations[plan.edges[edge]?.from ?? 0] ?? 0),
        0,
      );
      generations[node.index] = Math.max(generations[node.index] ?? FIRST_GENERATION, inherited);
    }
    generations[plan.end] = gen;
  }
  return (index) => generations[index] ?? FIRST_GENERATION;
}
