import { computeFrontier } from '../domain/execution/frontier.ts';
import { countProgress } from '../domain/execution/progress.ts';
import {
  isSettledRecord,
  type Header,
  type Lease,
  type NodeRecord,
  type SettledRecord,
} from '../domain/execution/records.ts';
import { invariant } from '../domain/invariant.ts';
import { epochMs, type EpochMs } from '../domain/time.ts';
import type { PlanNode } from '../domain/workflow/plan.ts';
import { parentUnit } from './cover.ts';
import { closeRepeated } from './dead-letters.ts';
import { endExecution } from './end-execution.ts';
import type { NodeCondition } from './ports.ts';
import type { Session } from './session.ts';
import { isLive } from './time-budget.ts';

/**
 * Brings a stopped execution to its end (protocol §8 "Closing"): every node that could still run is fenced, nodes under a
 * live lease are waited for, and only then the header says what the stop was. Anybody who sees a stop may do this, at
 * any time, together with others: each write is conditional, and the last one lets exactly one end through.
 *
 * Called only when this invocation's own branches have ended: permissions that it gave itself hold nobody up.
 */
export async function close(session: Session): Promise<void> {
  const { store, queue, clock } = session.deps;
  for (;;) {
    const header = await session.refreshHeader();
    if (!session.isRunning || header.stop === undefined) return;
    const records = await store.readAll(session.key, 'statuses');
    const frontier = computeFrontier(session.plan, session.recordLookup(records.nodes));
    const now = clock.now();
    const recordOf = session.recordLookup(records.nodes);
    let waitUntil: EpochMs | undefined;
    const closeNode = async (node: PlanNode) => {
      const busyUntil = await leaseOf(session, node, recordOf, now);
      if (busyUntil !== undefined) waitUntil = epochMs(Math.max(waitUntil ?? 0, busyUntil));
      else await fence(session, node, recordOf(node));
    };
    for (let from = 0; from < frontier.active.length; from += FENCED_AT_ONCE) {
      await Promise.all(frontier.active.slice(from, from + FENCED_AT_ONCE).map(closeNode));
    }
    // Whoever holds a lease sees the stop himself and closes; the message is for the case that he died.
    if (waitUntil !== undefined) {
      const { workspace: ws, execution: ex } = session.key;
      await queue.send([{ message: { v: 1, ws, ex, kind: 'recover', by: session.delivery.id }, notBefore: waitUntil }]);
      return;
    }
    if (frontier.active.length > 0) continue;
    if (await end(session, header, frontier.standings)) return;
  }
}

/** A wide execution has thousands of open nodes, and the caller of a cancel waits. */
const FENCED_AT_ONCE = 50;

type RecordOf = ReturnType<Session['recordLookup']>;

/** When the permission under which somebody may be running this node ends; undefined if nobody may. Closes open groups. */
async function leaseOf(
  session: Session,
  node: PlanNode,
  recordOf: RecordOf,
  now: EpochMs,
): Promise<EpochMs | undefined> {
  const { leaseEpoch, store, ids } = session.deps;
  const held = (lease: Lease, op: string) =>
    isLive(lease, now, leaseEpoch) && !session.issued.has(op) ? lease.until : undefined;
  const record = recordOf(node);
  if (record !== undefined) return record.status === 'running' ? held(record.lease, record.op) : undefined;
  const unit = parentUnit(session, node);
  const parent = unit === undefined ? undefined : recordOf(unit);
  if (parent === undefined || !isSettledRecord(parent)) return undefined;
  if (parent.inline.includes(node.index)) return held(parent.lease, parent.op);
  const group = parent.groups.findIndex((members) => members.includes(node.index));
  if (group === -1) return undefined;
  const lease = { until: epochMs(0), since: now, by: session.delivery.id };
  const taken = await store.takeGroup(session.key, {
    node: parent.node,
    gen: parent.gen,
    group,
    lease,
    op: ids.operation(),
  });
  return taken.taken ? undefined : held(taken.existing.lease, taken.existing.op);
}

/** Writes `cancelled` over a node that nobody runs, so that no late message can start it. */
async function fence(session: Session, node: PlanNode, record: NodeRecord | undefined): Promise<void> {
  const { clock, ids, store } = session.deps;
  const now = clock.now();
  const expected: NodeCondition = record === undefined ? 'absent' : { status: record.status, fence: record.fence };
  const cancelled: SettledRecord = {
    node: node.id,
    gen: session.generation(node),
    status: 'cancelled',
    attempt: record?.attempt ?? 0,
    fence: (record?.fence ?? 0) + 1,
    crashes: record?.crashes ?? 0,
    startedAt: record?.startedAt ?? now,
    endedAt: now,
    attempts: record?.attempts ?? [],
    pure: {},
    inline: [],
    groups: [],
    lease: { until: now, since: now, by: session.delivery.id },
    op: ids.operation(),
  };
  // Lost to whoever moved the node meanwhile: the next round looks again.
  await store.writeNode(session.key, cancelled, expected);
}

async function end(session: Session, header: Header, standings: Parameters<typeof countProgress>[1]): Promise<boolean> {
  const { clock, leaseEpoch, log } = session.deps;
  invariant(header.stop !== undefined, 'only a stopped execution is closed');
  await closeRepeated(session.deps, session.plan, header);
  const { status, reason } = header.stop;
  const progress = countProgress(session.plan, standings, { now: clock.now(), leaseEpoch, terminal: true });
  const ended = await endExecution(session.deps, header, { status, reason, progress });
  if (ended === undefined) return false;
  session.adoptHeader(ended);
  log.info('execution stopped', { ...session.key, status, reason });
  return true;
}
