import type { EpochMs } from '../time.ts';
import { edgeAt, isVirtual, nodeAt, type Plan, type PlanNode } from '../workflow/plan.ts';
import type { Standing } from './frontier.ts';
import type { Progress } from './records.ts';

/** A node's status as the API shows it (contract §1). */
export type NodeStatus =
  | 'pending'
  | 'queued'
  | 'running'
  | 'waiting'
  | 'retrying'
  | 'succeeded'
  | 'failed'
  | 'skipped'
  | 'cancelled';

export interface View {
  readonly now: EpochMs;
  readonly leaseEpoch: EpochMs;
  /** Nothing starts any more: what never ended is shown as cancelled. */
  readonly terminal: boolean;
}

export function nodeStatus(plan: Plan, standings: readonly Standing[], node: PlanNode, view: View): NodeStatus {
  const standing = standings[node.index];
  if (standing === undefined || standing.at === 'undecided') {
    return view.terminal
      ? 'cancelled'
      : standing !== undefined && isGateOpenSoon(plan, standings, node)
        ? 'queued'
        : 'pending';
  }
  if (standing.at === 'settled') return standing.settled.status;
  if (view.terminal) return 'cancelled';
  if (standing.at === 'open') return standing.record.status;
  return isStartedInline(plan, standings, node, view) ? 'running' : 'queued';
}

/** A node behind a gate that is ready itself: it waits for a worker, not for other nodes. */
function isGateOpenSoon(plan: Plan, standings: readonly Standing[], node: PlanNode): boolean {
  const [only] = node.in;
  if (node.in.length !== 1 || only === undefined) return false;
  const edge = edgeAt(plan, only);
  return edge.selector.kind === 'gate' && standings[edge.from]?.at === 'ready';
}

/** A child that its parent's worker runs without a record of its own, while that worker's lease lasts. */
function isStartedInline(plan: Plan, standings: readonly Standing[], node: PlanNode, view: View): boolean {
  return node.in.some((index) => {
    const unit = nodeAt(plan, edgeAt(plan, index).from).unit;
    const standing = standings[unit];
    if (standing?.at !== 'settled' || standing.record === undefined) return false;
    const { inline, lease } = standing.record;
    return inline.includes(node.index) && lease.until > view.now && lease.since >= view.leaseEpoch;
  });
}

/** Of no nodes at all. */
export const NO_PROGRESS: Progress = {
  total: 0,
  pending: 0,
  queued: 0,
  running: 0,
  waiting: 0,
  retrying: 0,
  succeeded: 0,
  failed: 0,
  skipped: 0,
  cancelled: 0,
};

export function countProgress(plan: Plan, standings: readonly Standing[], view: View): Progress {
  const counts: { -readonly [status in keyof Progress]: number } = { ...NO_PROGRESS };
  for (const node of plan.nodes) {
    if (isVirtual(node)) continue;
    counts.total += 1;
    counts[nodeStatus(plan, standings, node, view)] += 1;
  }
  return counts;
}
