import { at } from '../at.ts';
import { edgeAt, type Plan } from '../workflow/plan.ts';
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
      const inherited = node.in.reduce((most, edge) => Math.max(most, at(generations, edgeAt(plan, edge).from)), 0);
      generations[node.index] = Math.max(at(generations, node.index), inherited);
    }
    generations[plan.end] = gen;
  }
  return (index) => at(generations, index);
}
