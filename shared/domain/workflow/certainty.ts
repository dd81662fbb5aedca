import type { Reference } from '../expression/template.ts';
import { at, valueOf } from '../at.ts';
import type { Problem } from '../problem.ts';
import { NodeSets } from './graph.ts';
import type { Need } from './needs.ts';
import type { CheckedNode } from './validate.ts';

/**
 * Finds references to outputs that may be missing when the referring node runs — of a node that a condition, an `if`
 * or a caught failure may leave out — and that the expression does not guard (`.?`, `has`, `orValue`). A warning, not
 * a problem: the author may know better.
 *
 * Two facts about every node, computed in topological order: whether its plain edge may be *dead* although everything
 * is well, and which nodes have *certainly succeeded* when it runs.
 */
export function unguardedReferences(
  nodes: readonly CheckedNode[],
  references: readonly { readonly from: string | undefined; readonly reference: Reference }[],
): Problem[] {
  const suspects = references.filter(({ reference }) => reference.field === 'output' && !reference.guarded);
  if (suspects.length === 0) return [];
  const certainty = new Certainty(nodes);
  return suspects.flatMap(({ from, reference }) => {
    const { node, path } = reference;
    if (from === undefined ? certainty.succeedsAlways(node) : certainty.hasSucceeded(node, from)) return [];
    const message = `node '${node}' may have no output here; guard it: nodes.${node}.?output.…orValue(…)`;
    return [{ code: 'unguarded_reference' as const, path, message }];
  });
}

class Certainty {
  readonly #indexOf: ReadonlyMap<string, number>;
  readonly #nodes: readonly CheckedNode[];
  /** Nodes that have an error edge: their failure is an ordinary way on. */
  readonly #caught: ReadonlySet<string>;
  readonly #mayBeSkipped: boolean[] = [];
  /** Which needs may be dead although everything is well, by node. */
  readonly #dead: (readonly boolean[])[] = [];
  #succeeded: NodeSets | undefined;

  constructor(nodes: readonly CheckedNode[]) {
    this.#nodes = nodes;
    this.#indexOf = new Map(nodes.map(({ id }, index) => [id, index]));
    this.#caught = new Set(nodes.flatMap(({ needs }) => needs.filter(isErrorNeed).map(({ node }) => node)));
    for (const node of nodes) {
      const dead = node.needs.map((need) => this.#mayBeDead(need));
      const leftOut = node.definition.join === 'all' ? dead.some(Boolean) : dead.length > 0 && dead.every(Boolean);
      this.#mayBeSkipped.push(node.definition.if !== undefined || leftOut);
      this.#dead.push(dead);
    }
  }

  hasSucceeded(node: string, whenRuns: string): boolean {
    // Nearly always a node that is needed itself: no set is needed to know that.
    const runs = this.#index(whenRuns);
    const { needs, definition } = at(this.#nodes, runs);
    const alone = needs.length === 1 && definition.join !== 'always';
    const wasLive = (position: number) =>
      alone || (definition.join === undefined && !at(at(this.#dead, runs), position));
    if (needs.some((need, position) => need.node === node && wasLive(position) && this.#provenBy(need) !== undefined))
      return true;
    this.#succeeded ??= this.#collectAll();
    return this.#succeeded.has(runs, this.#index(node));
  }

  /** In every execution that succeeds. */
  succeedsAlways(node: string): boolean {
    const index = this.#index(node);
    return !this.#mayBeSkipped[index] && !this.#caught.has(node) && !this.#isTolerant(index);
  }

  #collectAll(): NodeSets {
    const sets = new NodeSets(this.#nodes.length);
    this.#nodes.forEach((node, index) => this.#collect(sets, node, index, at(this.#dead, index)));
    return sets;
  }

  #collect(sets: NodeSets, { needs, definition }: CheckedNode, index: number, dead: readonly boolean[]): void {
    const join = definition.join ?? 'merge';
    if (join === 'always') return;
    const [first, ...others] = needs;
    if (first !== undefined && join !== 'all') {
      // One of them was live, whichever it was: what all of them agree on.
      this.#unite(sets, index, first);
      for (const need of others) sets.intersect(index, this.#index(need.node), this.#provenBy(need));
    }
    // `first` may run before the others; any other join has seen those live that cannot be dead.
    if (join === 'first') return;
    needs.forEach((need, position) => {
      if (join === 'all' || dead[position] === false) this.#unite(sets, index, need);
    });
  }

  #unite(sets: NodeSets, index: number, need: Need): void {
    sets.unite(index, this.#index(need.node));
    const proven = this.#provenBy(need);
    if (proven !== undefined) sets.add(index, proven);
  }

  /** The source itself, where a live edge means that it succeeded. */
  #provenBy(need: Need): number | undefined {
    const index = this.#index(need.node);
    return isErrorNeed(need) || this.#isTolerant(index) ? undefined : index;
  }

  #mayBeDead(need: Need): boolean {
    return (
      need.selector.kind !== 'plain' ||
      this.#caught.has(need.node) ||
      this.#mayBeSkipped[this.#index(need.node)] === true
    );
  }

  #isTolerant(index: number): boolean {
    return at(this.#nodes, index).definition.onError === 'continue';
  }

  #index(id: string): number {
    return valueOf(this.#indexOf, id);
  }
}

function isErrorNeed({ selector }: Need): boolean {
  return selector.kind === 'error' || selector.kind === 'catch';
}
