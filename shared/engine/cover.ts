import { isSettledRecord, type NodeRecord } from '../domain/execution/records.ts';
import { epochMs, type EpochMs } from '../domain/time.ts';
import { nodeAt, type PlanNode } from '../domain/workflow/plan.ts';
import type { Session } from './session.ts';
import { isLive } from './time-budget.ts';

/** The unit that all edges come from, if it is one: only then can its record cover the node. */
export function parentUnit(session: Session, node: PlanNode): PlanNode | undefined {
  const units = new Set(session.sourcesOf(node).map((source) => nodeAt(session.plan, source).unit));
  const [only] = units;
  return units.size === 1 && only !== undefined ? nodeAt(session.plan, only) : undefined;
}

/** Status and permissions alone: outputs may be large, or gone. */
export async function readRecord(session: Session, node: PlanNode): Promise<NodeRecord | undefined> {
  const [record] = await session.deps.store.readNodes(session.key, [session.nodeKey(node)], 'statuses');
  return record;
}

/**
 * Until when somebody may start this child under the permission that its parent's commit gave him; undefined: nobody may,
 * from now on. A group that nobody has taken is closed for that: should we die then, its nodes are from there on alone in
 * their messages, and closing it again leaves it closed.
 */
export async function coveredUntil(session: Session, node: PlanNode): Promise<EpochMs | undefined> {
  const { clock, ids, leaseEpoch, store } = session.deps;
  const unit = parentUnit(session, node);
  if (unit === undefined || session.generation(unit) !== session.generation(node)) return undefined;
  const parent = await readRecord(session, unit);
  if (parent === undefined || !isSettledRecord(parent)) return undefined;
  const now = clock.now();
  if (parent.inline.includes(node.index)) return isLive(parent.lease, now, leaseEpoch) ? parent.lease.until : undefined;
  const group = parent.groups.findIndex((members) => members.includes(node.index));
  if (group === -1) return undefined;
  const lease = { until: epochMs(0), since: now, by: session.delivery.id };
  const closing = { node: parent.node, gen: parent.gen, group, lease, op: ids.operation() };
  const closed = await store.takeGroup(session.key, closing);
  return closed.taken || !isLive(closed.existing.lease, now, leaseEpoch) ? undefined : closed.existing.lease.until;
}
