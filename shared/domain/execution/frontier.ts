import { at } from '../at.ts';
import { edgeAt, nodeAt, type Plan, type PlanNode } from '../workflow/plan.ts';
import { isSettledRecord, type NodeRecord, type OpenRecord, type SettledRecord } from './records.ts';
import {
  edgeState,
  joinDecision,
  tally,
  type EdgeState,
  type JoinDecision,
  type Settled,
  type SkipReason,
} from './settled.ts';

/**
 * Where every node of an execution stands, derived from its records alone (protocol §4): the one derivation that
 * workers, recovery, the finisher, the canceller and the API's status share. Pure.
 *
 * F1. A settled record decides its unit for ever.
 * F2. Arrival sets are never consulted: they only tell a worker that it is worth while to look.
 * F3. A pure member is what its unit's record says, or skipped by its join rule; it is never computed again.
 */
export type Standing =
  | { readonly at: 'settled'; readonly settled: Settled; readonly record?: SettledRecord }
  | { readonly at: 'open'; readonly record: OpenRecord }
  | { readonly at: 'ready' }
  | { readonly at: 'undecided' };

export interface Frontier {
  readonly standings: readonly Standing[];
  /** Roots that are open or ready, in topological order; `$end` is never among them. */
  readonly active: readonly PlanNode[];
  /** Every node but `$end` has settled. */
  readonly allSettled: boolean;
}

const UNDECIDED: Standing = { at: 'undecided' };
const READY: Standing = { at: 'ready' };

/**
 * Finds the record that holds a node's result in its effective generation: its own; for a pure node that of the unit in
 * which it ran. After a redrive that need not be the unit that it would ride in today, so it is looked for by name.
 */
export function recordFinder(
  records: readonly NodeRecord[],
  generation: (node: PlanNode) => number,
  redriven: boolean,
): (node: PlanNode) => NodeRecord | undefined {
  const byKey = new Map(records.map((record) => [`${record.gen}#${record.node}`, record]));
  const hosts = new Map<string, NodeRecord>();
  for (const record of redriven ? records : []) {
    if (!isSettledRecord(record)) continue;
    for (const id of Object.keys(record.pure)) hosts.set(`${record.gen}#${id}`, record);
  }
  return (node) => {
    const key = `${generation(node)}#${node.id}`;
    return byKey.get(key) ?? hosts.get(key);
  };
}

export function computeFrontier(plan: Plan, recordOf: (node: PlanNode) => NodeRecord | undefined): Frontier {
  const standings: Standing[] = [];
  const active: PlanNode[] = [];
  let allSettled = true;
  const settledAt = (index: number): Settled | undefined => {
    const standing = standings[index];
    return standing?.at === 'settled' ? standing.settled : undefined;
  };
  for (const node of plan.nodes) {
    if (node.kind === 'end') break;
    const standing =
      node.unit === node.index
        ? standRoot(plan, node, recordOf(node), settledAt)
        : standMember(plan, node, standings, recordOf(node));
    standings.push(standing);
    if (standing.at === 'open' || (standing.at === 'ready' && node.unit === node.index)) active.push(node);
    if (standing.at !== 'settled') allSettled = false;
  }
  standings.push(allSettled ? READY : UNDECIDED);
  return { standings, active, allSettled };
}

/** A node's in-edges as far as their sources have settled, by slot. */
export function edgeStates(
  plan: Plan,
  node: PlanNode,
  settledAt: (index: number) => Settled | undefined,
): (EdgeState | undefined)[] {
  return node.in.map((index) => {
    const edge = edgeAt(plan, index);
    if (edge.selector.kind === 'drain') {
      const complete = tally(edgeStates(plan, nodeAt(plan, edge.from), settledAt)).complete;
      return complete ? 'live' : undefined;
    }
    const settled = settledAt(edge.from);
    return settled === undefined || settled.status === 'cancelled'
      ? undefined
      : edgeState(edge, nodeAt(plan, edge.from), settled);
  });
}

export function decideJoin(
  plan: Plan,
  node: PlanNode,
  settledAt: (index: number) => Settled | undefined,
): JoinDecision | undefined {
  if (node.in.length === 0) return 'run';
  return joinDecision(node.join, tally(edgeStates(plan, node, settledAt)));
}

/** Why a node that its join left out was skipped. */
export function skipReason(
  plan: Plan,
  node: PlanNode,
  decision: 'skip' | 'blocked',
  settledAt: (index: number) => Settled | undefined,
): SkipReason {
  if (decision === 'blocked') return 'upstream_failed';
  const only = node.in.length === 1 ? edgeAt(plan, at(node.in, 0)) : undefined;
  return only?.selector.kind === 'gate' && settledAt(only.from)?.status === 'succeeded' ? 'if' : 'branch';
}

function standRoot(
  plan: Plan,
  node: PlanNode,
  record: NodeRecord | undefined,
  settledAt: (index: number) => Settled | undefined,
): Standing {
  if (record !== undefined) {
    return isSettledRecord(record)
      ? { at: 'settled', settled: settledFrom(record, node), record }
      : { at: 'open', record };
  }
  const decision = decideJoin(plan, node, settledAt);
  if (decision === undefined) return UNDECIDED;
  if (decision === 'run') return READY;
  return { at: 'settled', settled: { status: 'skipped', reason: skipReason(plan, node, decision, settledAt) } };
}

/** What a root's record says of the root itself. A pure root's result is stored as its unit's members' are. */
export function settledFrom(record: SettledRecord, node: PlanNode): Settled {
  if (record.status === 'cancelled') return { status: 'cancelled' };
  const pure = record.pure[node.id];
  if (pure !== undefined) return pure;
  if (record.error !== undefined) return { status: 'failed', error: record.error };
  return { status: 'succeeded', ...(record.output !== undefined && { output: record.output }) };
}

/** `host`: the record with its result, if that is not its root's: a redrive has changed what rides where. */
function standMember(
  plan: Plan,
  node: PlanNode,
  standings: readonly Standing[],
  host: NodeRecord | undefined,
): Standing {
  if (host !== undefined && isSettledRecord(host)) return { at: 'settled', settled: settledFrom(host, node) };
  const root = standings[node.unit];
  if (root === undefined || root.at !== 'settled') return UNDECIDED;
  if (root.settled.status === 'cancelled') return UNDECIDED;
  const result = root.record?.pure[node.id];
  if (result !== undefined) return { at: 'settled', settled: result };
  const settledAt = (index: number): Settled | undefined => {
    const standing = standings[index];
    return standing?.at === 'settled' ? standing.settled : undefined;
  };
  const decision = decideJoin(plan, node, settledAt);
  // Its unit was cancelled half-way: the member never ran and never will in this generation.
  if (decision === undefined || decision === 'run') return UNDECIDED;
  return { at: 'settled', settled: { status: 'skipped', reason: skipReason(plan, node, decision, settledAt) } };
}
