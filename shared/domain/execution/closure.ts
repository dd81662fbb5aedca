import { at } from '../at.ts';
import { invariant } from '../invariant.ts';
import { edgeAt, nodeAt, type Plan, type PlanNode } from '../workflow/plan.ts';
import { decideJoin, skipReason } from './frontier.ts';
import { edgeState, type EdgeState, type Settled } from './settled.ts';

/**
 * What follows at once from the end of a node (protocol §6.1): the pure members of its unit, the cascade of skips, the
 * children that became ready, the arrivals at joins. Depends only on committed data, so that a second computation by
 * recovery gives the same.
 *
 * C1. Only members of the committed unit are evaluated: theirs is the record that will hold the results.
 * C2. Joins are told, never decided, here: they see every arriving edge, live, dead or failed.
 */
export interface Closure {
  /** Results of pure members of the unit, in topological order. */
  readonly pure: readonly { readonly node: PlanNode; readonly settled: PureSettled }[];
  /** All nodes that settled here, skipped ones included. */
  readonly settled: readonly { readonly node: PlanNode; readonly settled: Settled }[];
  /** Effects fed by this unit alone: they may be started without a claim. */
  readonly children: readonly PlanNode[];
  /** Ready roots that need a claim or a record of their own: `always` nodes and children of skipped units. */
  readonly claims: readonly PlanNode[];
  readonly arrivals: readonly Arrival[];
  /** `$end` follows from this unit alone: nothing is left to do. */
  readonly finished: boolean;
}

export type PureSettled = Exclude<Settled, { status: 'skipped' | 'cancelled' }>;

export interface Arrival {
  readonly join: PlanNode;
  readonly slot: number;
  readonly state: EdgeState;
}

export interface ClosureInput {
  readonly plan: Plan;
  readonly root: PlanNode;
  readonly settled: Settled;
  /** What else is settled already, as far as known; sources outside the unit matter to nothing here but expressions. */
  readonly settledAt: (index: number) => Settled | undefined;
  readonly evaluate: (node: PlanNode, settledAt: (index: number) => Settled | undefined) => PureSettled;
}

export function computeClosure({ plan, root, settled, settledAt, evaluate }: ClosureInput): Closure {
  const local = new Map<number, Settled>([[root.index, settled]]);
  // A skipped root leaves no record behind that could cover a child's start.
  const covers = (node: PlanNode) =>
    settled.status !== 'skipped' && node.kind === 'effect' && isFedBy(plan, node, root.unit);
  const known = (index: number) => local.get(index) ?? settledAt(index);
  const closure = {
    pure: [] as Closure['pure'][number][],
    settled: [] as Closure['settled'][number][],
    children: [] as PlanNode[],
    claims: [] as PlanNode[],
    arrivals: [] as Arrival[],
    finished: false,
  };
  closure.settled.push({ node: root, settled });
  const queue = new TopologicalQueue();

  const follow = (source: PlanNode, ended: Settled) => {
    invariant(ended.status !== 'cancelled', 'C2: a cancelled node has no followers');
    for (const index of source.out) {
      const edge = edgeAt(plan, index);
      const target = nodeAt(plan, edge.to);
      if (edge.selector.kind === 'drain') continue;
      if (target.isJoin)
        closure.arrivals.push({ join: target, slot: edge.slot, state: edgeState(edge, source, ended) });
      else queue.add(target.index);
    }
  };
  const settle = (node: PlanNode, ended: Settled) => {
    local.set(node.index, ended);
    closure.settled.push({ node, settled: ended });
    follow(node, ended);
  };

  follow(root, settled);
  for (let index = queue.take(); index !== undefined; index = queue.take()) {
    const node = nodeAt(plan, index);
    if (node.kind === 'end') {
      closure.finished = true;
      continue;
    }
    // All sources lie in one unit and, being earlier in topological order, have settled by now.
    const decision = decideJoin(plan, node, known);
    invariant(decision !== undefined, `C1: ${node.id} is undecided although all its sources settled`);
    if (decision !== 'run') settle(node, { status: 'skipped', reason: skipReason(plan, node, decision, known) });
    else if (node.unit !== node.index) {
      invariant(node.unit === root.unit, `C1: ${node.id} cannot run outside its unit`);
      const result = evaluate(node, known);
      closure.pure.push({ node, settled: result });
      settle(node, result);
    } else if (covers(node)) closure.children.push(node);
    else closure.claims.push(node);
  }
  return closure;
}

function isFedBy(plan: Plan, node: PlanNode, unit: number): boolean {
  return node.in.every((edge) => nodeAt(plan, edgeAt(plan, edge).from).unit === unit);
}

/** Indices in ascending order, each once: a binary heap, since a fan-out may add thousands. */
class TopologicalQueue {
  readonly #heap: number[] = [];
  readonly #queued = new Set<number>();

  add(index: number): void {
    if (this.#queued.has(index)) return;
    this.#queued.add(index);
    const heap = this.#heap;
    let hole = heap.push(index) - 1;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const above = at(heap, parent);
      if (above <= index) break;
      heap[hole] = above;
      hole = parent;
    }
    heap[hole] = index;
  }

  take(): number | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && at(heap, child + 1) < at(heap, child)) child += 1;
      const below = at(heap, child);
      if (below >= last) break;
      heap[hole] = below;
      hole = child;
    }
    heap[hole] = last;
    return first;
  }
}
