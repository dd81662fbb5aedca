import type { Reference } from '../expression/template.ts';
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
  readonly #succeeded: NodeSets;

  constructor(nodes: readonly CheckedNode[]) {
    this.#nodes = nodes;
    this.#indexOf = new Map(nodes.map(({ id }, index) => [id, index]));
    this.#caught = new Set(nodes.flatMap(({ needs }) => needs.filter(isErrorNeed).map(({ node }) => node)));
    this.#succeeded = new NodeSets(nodes.length);
    nodes.forEach((node, index) => {
      const dead = node.needs.map((need) => this.#mayBeDead(need));
      const leftOut = node.definition.join === 'all' ? dead.some(Boolean) : dead.length > 0 && dead.every(Boolean);
      this.#mayBeSkipped.push(node.definition.if !== undefined || leftOut);
      this.#collect(node, index, dead);
    });
  }

  hasSucceeded(node: string, whenRuns: string): boolean {
    return this.#succeeded.has(this.#index(whenRuns), this.#index(node));
  }

  /** In every execution that succeeds. */
  succeedsAlways(node: string): boolean {
    const index = this.#index(node);
    return !this.#mayBeSkipped[index] && !this.#caught.has(node) && !this.#isTolerant(index);
  }

  #collect({ needs, definition }: CheckedNode, index: number, dead: readonly boolean[]): void {
    const join = definition.join ?? 'merge';
    if (join === 'always') return;
    const [first, ...others] = needs;
    if (first !== undefined && join !== 'all') {
      // One of them was live, whichever it was: what all of them agree on.
      this.#unite(index, first);
      for (const need of others) this.#succeeded.intersect(index, this.#index(need.node), this.#provenBy(need));
    }
    // `first` may run before the others; any other join has seen those live that cannot be dead.
    if (join === 'first') return;
    needs.forEach((need, at) => {
      if (join === 'all' || dead[at] === false) this.#unite(index, need);
    });
  }

  #unite(index: number, need: Need): void {
    this.#succeeded.unite(index, this.#index(need.node));
    const proven = this.#provenBy(need);
    if (proven !== undefined) this.#succeeded.add(index, proven);
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
    return this.#nodes[index]?.definition.onError === 'continue';
  }

  #index(id: string): number {
    return this.#indexOf.get(id) ?? -1;
  }
}

function isErrorNeed({ selector }: Need): boolean {
  return selector.kind === 'error' || selector.kind === 'catch';
}
