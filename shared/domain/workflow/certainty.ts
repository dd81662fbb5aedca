import type { Reference } from '../expression/template.ts';
import { pointer } from '../json.ts';
import type { Problem } from '../problem.ts';
import type { Need } from './needs.ts';
import type { CheckedNode } from './validate.ts';

/**
 * Finds references to outputs that may be missing when the referring node runs — of a node that a condition, an `if`
 * or a caught failure may leave out — and that the expression does not guard (`.?`, `has`, `orValue`). A warning, not
 * a problem: the author may know better.
 *
 * For every node two facts are computed in topological order: whether its plain edge may be *dead* although
 * everything is well, and which nodes have *certainly succeeded* when it runs.
 */
export function unguardedReferences(
  nodes: readonly CheckedNode[],
  references: readonly { readonly from: string | undefined; readonly reference: Reference }[],
): Problem[] {
  const suspects = references.filter(({ reference }) => reference.field === 'output' && !reference.guarded);
  if (suspects.length === 0) return [];
  const caught = new Set(nodes.flatMap(({ needs }) => needs.filter(isErrorNeed).map(({ node }) => node)));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const mayBeDead = new Map<string, boolean>();
  const edgeMayBeDead = (need: Need) => need.selector.kind !== 'plain' || caught.has(need.node) || mayBeDead.get(need.node) === true;
  for (const { id, needs, definition } of nodes) {
    const dead = needs.map(edgeMayBeDead);
    const skippable = definition.join === 'all' ? dead.some(Boolean) : dead.length > 0 && dead.every(Boolean);
    mayBeDead.set(id, definition.if !== undefined || skippable);
  }

  /** Walks up from one node along edges that must have been live; stops where that is not certain. */
  const isCertain = (from: string, target: string): boolean => {
    const visited = new Set<string>();
    const open = [from];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      for (const need of certainNeeds(byId.get(id), edgeMayBeDead)) {
        const tolerated = byId.get(need.node)?.definition.onError === 'continue';
        if (need.node === target) return !tolerated && !isErrorNeed(need);
        if (!visited.has(need.node)) open.push(need.node);
        visited.add(need.node);
      }
    }
    return false;
  };
  const isSure = (target: string) =>
    mayBeDead.get(target) !== true && !caught.has(target) && byId.get(target)?.definition.onError !== 'continue';
  return suspects.flatMap(({ from, reference }) => {
    if (from === undefined ? isSure(reference.node) : isCertain(from, reference.node)) return [];
    const access = pointer('', reference.node).slice(1);
    const message = `node '${access}' may have no output here; guard it: nodes.${access}.?output.…orValue(…)`;
    return [{ code: 'unguarded_reference' as const, path: reference.path, message }];
  });
}

function isErrorNeed({ selector }: Need): boolean {
  return selector.kind === 'error' || selector.kind === 'catch';
}

/** The needs that were live for certain when this node runs. */
function certainNeeds(node: CheckedNode | undefined, edgeMayBeDead: (need: Need) => boolean): readonly Need[] {
  if (node === undefined) return [];
  const { needs, definition } = node;
  if (needs.length === 1 && definition.join !== 'always') return needs;
  if (definition.join === 'all') return needs;
  if (definition.join === 'first' || definition.join === 'always') return [];
  return needs.filter((need) => !edgeMayBeDead(need));
}
