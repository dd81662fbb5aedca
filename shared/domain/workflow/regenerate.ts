import { at } from '../at.ts';
import type { Plan, PlanEdge, PlanNode } from './plan.ts';
import { unitOf } from './units.ts';

/**
 * The plan of an execution that was redriven. Ids, indices, edges and their slots stay as they are, but for what leads to
 * `$end`, whose generation is always the latest.
 *
 * G1. Units do not reach across generations. A unit is one record, and a record is written once: a pure node that is to be
 *     computed again, while the effect in whose record it rode is kept, needs a record of its own.
 * G2. Nothing leads from a node that runs again to one that is kept: that one has its result and is not told anything.
 *     The edge is still among its in-edges, from which it once followed.
 * G3. So `$end` is told by every node that runs again and has a kept follower, besides those that have no follower at all.
 */
export function regenerate(plan: Plan, generation: (index: number) => number): Plan {
  const nodes: Draft[] = plan.nodes.map((node) => ({ ...node, in: [...node.in], out: [...node.out], members: [] }));
  for (const node of nodes) if (node.kind !== 'end') assignUnit(node, nodes, plan.edges, generation);
  const edges = plan.edges.filter(({ to }) => to !== plan.end);
  // Edges into `$end` are the last ones: no other edge changes its index.
  const cut = new Set(edges.filter(({ from, to }) => generation(to) < generation(from)).map(({ index }) => index));
  for (const node of nodes) node.out = node.out.filter((edge) => edge < edges.length && !cut.has(edge));
  const end = at(nodes, plan.end);
  end.in = [];
  const lead = (from: Draft, kind: 'plain' | 'drain') => {
    const index = edges.length;
    edges.push({ index, from: from.index, to: end.index, slot: end.in.length, selector: { kind } });
    from.out.push(index);
    end.in.push(index);
  };
  const cutFrom = new Set([...cut].map((edge) => at(edges, edge).from));
  for (const node of nodes) if (node !== end && (node.out.length === 0 || cutFrom.has(node.index))) lead(node, 'plain');
  const drains = nodes.filter((node) => node.join === 'first' && node.isJoin && !node.in.some((edge) => cut.has(edge)));
  for (const node of drains) lead(node, 'drain');
  end.isJoin = drains.length > 0 || new Set(end.in.map((edge) => at(nodes, at(edges, edge).from).unit)).size > 1;
  return { ...plan, nodes, edges };
}

interface Draft extends Omit<PlanNode, 'in' | 'out' | 'members' | 'unit' | 'isJoin'> {
  in: number[];
  out: number[];
  members: number[];
  unit: number;
  isJoin: boolean;
}

function assignUnit(
  node: Draft,
  nodes: readonly Draft[],
  edges: readonly PlanEdge[],
  generation: (index: number) => number,
): void {
  const units = new Set(node.in.map((edge) => at(nodes, at(edges, edge).from).unit));
  node.isJoin = units.size > 1;
  const unit = unitOf({ kind: node.kind, join: node.join, units });
  const rides = unit !== undefined && generation(unit) === generation(node.index);
  node.unit = rides ? unit : node.index;
  if (rides) at(nodes, unit).members.push(node.index);
}
