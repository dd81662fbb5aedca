import { isJsonObject, type Json } from '../../../shared/domain/json.ts';
import type { ModelNode } from '../../support/join-oracle.ts';
import type { Random } from '../random.ts';
import { workflowOf, type NodeSpecs, type Workflow } from './scenario.ts';

interface Draft {
  readonly nodes: Record<string, Readonly<Record<string, Json>>>;
  readonly model: ModelNode[];
}

/** The workflow with a second version, at times a third, in which something is different. */
export function laterVersions(random: Random, workflow: Workflow): Workflow {
  if (workflow.model === undefined) return workflow;
  const later: Workflow[] = [];
  const count = random.pick([1, 1, 2]);
  for (let number = 2; number <= count + 1; number += 1) later.push(nextVersion(random, workflow, number));
  return { ...workflow, later };
}

function nextVersion(
  random: Random,
  { workspace, definition, script, model = [] }: Workflow,
  version: number,
): Workflow {
  const { name, nodes, ...more } = definition;
  const draft: Draft = { nodes: { ...(isJsonObject(nodes) ? (nodes as NodeSpecs) : {}) }, model: [...model] };
  changeWith(random, draft, version);
  if (random.chance(0.5)) addNode(random, draft, version);
  if (random.chance(0.3)) dropNeed(random, draft);
  return workflowOf(
    workspace,
    typeof name === 'string' ? name : '',
    inModelOrder(draft),
    script,
    more,
    draft.model,
    version,
  );
}

function inModelOrder({ nodes, model }: Draft): NodeSpecs {
  return Object.fromEntries(model.map(({ id }) => [id, nodes[id] ?? {}]));
}

/** Some tasks are given something else. */
function changeWith(random: Random, { nodes, model }: Draft, version: number): void {
  for (const { id, kind } of model) {
    if (kind !== 'task' || !random.chance(0.3)) continue;
    const spec = nodes[id] ?? {};
    nodes[id] = { ...spec, with: { ...(isJsonObject(spec['with']) ? spec['with'] : {}), version } };
  }
}

/** A task at the end of something, or one that something waits for now. */
function addNode(random: Random, draft: Draft, version: number): void {
  const { nodes, model } = draft;
  const at = random.between(1, model.length);
  const source = random.pick(model.slice(0, at));
  const id = `added${version}`;
  model.splice(at, 0, { id, kind: 'task', needs: [source.id] });
  nodes[id] = { type: 'task', needs: [source.id] };
  // What takes its input from the only node before it would not know for certain any more that this has run.
  const waiting = model
    .slice(at + 1)
    .filter((node) => node.needs !== undefined && node.join !== undefined && isFree(node, draft));
  if (waiting.length === 0 || random.chance(0.4)) return;
  const chosen = random.pick(waiting);
  changeNeeds(draft, chosen, [...(chosen.needs ?? []), id]);
}

function dropNeed(random: Random, draft: Draft): void {
  const possible = draft.model.filter((node) => (node.needs?.length ?? 0) > 1 && isFree(node, draft));
  if (possible.length === 0) return;
  const chosen = random.pick(possible);
  const needs = [...(chosen.needs ?? [])];
  random.take(needs);
  changeNeeds(draft, chosen, needs);
}

function isFree({ id }: ModelNode, { nodes }: Draft): boolean {
  return nodes[id]?.['with'] === undefined;
}

function changeNeeds({ nodes, model }: Draft, node: ModelNode, needs: string[]): void {
  model[model.indexOf(node)] = { ...node, needs };
  nodes[node.id] = { ...nodes[node.id], needs };
}
