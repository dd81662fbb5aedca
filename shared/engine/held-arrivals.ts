import type { Arrival } from '../domain/execution/closure.ts';
import { edgeAt, nodeAt, type Plan, type PlanNode } from '../domain/workflow/plan.ts';

/**
 * Arrivals of one invocation at one join go in one write (protocol §6.5): they are held back while other branches of
 * this invocation that lead straight to the same join are under way. Nothing is lost with them: they follow from
 * committed records, and recovery adds what is missing.
 */
export class HeldArrivals {
  readonly #held = new Map<number, Arrival[]>();
  /** Per join: branches of this invocation that may still arrive. */
  readonly #pending = new Map<number, number>();

  add(arrivals: readonly Arrival[]): void {
    for (const arrival of arrivals) {
      const list = this.#held.get(arrival.join.index);
      if (list === undefined) this.#held.set(arrival.join.index, [arrival]);
      else list.push(arrival);
    }
  }

  begin(plan: Plan, node: PlanNode): void {
    for (const join of directJoins(plan, node)) this.#pending.set(join, (this.#pending.get(join) ?? 0) + 1);
  }

  end(plan: Plan, node: PlanNode): void {
    for (const join of directJoins(plan, node)) this.#pending.set(join, (this.#pending.get(join) ?? 0) - 1);
  }

  /** Takes what need not wait: joins that no branch here leads to any more, and live edges of `first` joins. */
  takeReady(): { readonly join: PlanNode; readonly arrivals: readonly Arrival[] }[] {
    const ready: { join: PlanNode; arrivals: readonly Arrival[] }[] = [];
    for (const [index, arrivals] of this.#held) {
      const [first] = arrivals;
      if (first === undefined) continue;
      const { join } = first;
      const urgent = join.join === 'first' && arrivals.some(({ state }) => state === 'live');
      if (!urgent && (this.#pending.get(index) ?? 0) > 0) continue;
      this.#held.delete(index);
      ready.push({ join, arrivals });
    }
    return ready;
  }
}

/** The joins that the end of this node's unit may reach at once. */
function directJoins(plan: Plan, root: PlanNode): Set<number> {
  const joins = new Set<number>();
  for (const node of [root, ...root.members.map((member) => nodeAt(plan, member))]) {
    for (const edge of node.out) {
      const target = nodeAt(plan, edgeAt(plan, edge).to);
      if (target.isJoin) joins.add(target.index);
    }
  }
  return joins;
}
