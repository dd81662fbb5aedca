import { computeClosure, type Closure } from '../domain/execution/closure.ts';
import { decideJoin } from '../domain/execution/frontier.ts';
import { isSettledRecord, type OpenRecord } from '../domain/execution/records.ts';
import type { Settled } from '../domain/execution/settled.ts';
import { failure, type Failure } from '../domain/failure.ts';
import { unreachable } from '../domain/invariant.ts';
import type { EpochMs } from '../domain/time.ts';
import { isPureRoot, type PlanNode } from '../domain/workflow/plan.ts';
import { endOfWait, settleOpen, viaOf } from './claim.ts';
import { coveredUntil, readRecord } from './cover.ts';
import { interruptedFailure, nodeMessage } from './run-node.ts';
import type { Session } from './session.ts';
import { closureOf, commitUnit } from './settle.ts';
import { CRASHES_MAX, isLive } from './time-budget.ts';

/** How often a queue hands out a message before it is dead: the queues' `maxReceiveCount` (a test asserts it). */
export const DELIVERIES_MAX = 5;

/**
 * A claimed start whose outcome is that the node failed (bury-message.ts). Answers whether it was us who settled it: if
 * somebody else moved it meanwhile, recovery sees what has become of it.
 */
export async function buryNode(session: Session, node: PlanNode): Promise<boolean> {
  if (!session.mayStart) return false;
  const record = await readRecord(session, node);
  if (record === undefined) return buryFirst(session, node);
  return !isSettledRecord(record) && buryOpen(session, node, record);
}

async function buryFirst(session: Session, node: PlanNode): Promise<boolean> {
  await session.ensureSettled(session.sourcesOf(node));
  if (decideJoin(session.plan, node, session.settledAt) !== 'run') return false;
  const until = isPureRoot(node) ? undefined : await coveredUntil(session, node);
  if (until !== undefined) {
    await sendLater(session, node, until);
    return false;
  }
  return settleDead(session, node, undefined, dispatchDead());
}

async function buryOpen(session: Session, node: PlanNode, record: OpenRecord): Promise<boolean> {
  const { clock, leaseEpoch } = session.deps;
  const now = clock.now();
  switch (record.status) {
    case 'running': {
      if (isLive(record.lease, now, leaseEpoch)) {
        await sendLater(session, node, record.lease.until);
        return false;
      }
      const crashes = record.crashes + (record.lease.until <= now ? 1 : 0);
      const killed = node.atMostOnce || crashes >= CRASHES_MAX;
      const error = killed ? interruptedFailure(node.atMostOnce, crashes) : dispatchDead();
      return settleDead(session, node, { ...record, crashes }, error);
    }
    case 'retrying':
      // Recovery sends its wake-up again.
      return record.due > now ? false : settleDead(session, node, record, dispatchDead());
    case 'waiting':
      return buryWait(session, node, record, now);
    default:
      return unreachable(record);
  }
}

async function buryWait(
  session: Session,
  node: PlanNode,
  record: Extract<OpenRecord, { status: 'waiting' }>,
  now: EpochMs,
): Promise<boolean> {
  const { due, onDue } = record.wait;
  if (due === undefined || due > now) return false;
  return (await settleOpen(session, node, record, endOfWait(onDue))).kind === 'done';
}

/** Writes the node's end, whatever it was about to do. The attempt that it was about to make, or died in, is counted. */
async function settleDead(
  session: Session,
  node: PlanNode,
  record: OpenRecord | undefined,
  error: Failure,
): Promise<boolean> {
  const now = session.deps.clock.now();
  const via = record === undefined ? viaOf(session, node) : record.via;
  const settled = outcomeOf(node, error);
  const closure = await closureOfDead(session, node, settled, now, via);
  const pure = isPureRoot(node);
  const attempt = record?.attempt ?? 1;
  const startedAt = record?.status === 'running' ? record.lease.since : now;
  const base = {
    node: node.id,
    gen: session.generation(node),
    status: settled.status,
    attempt,
    fence: record?.fence ?? 1,
    crashes: record?.crashes ?? 0,
    startedAt: record?.startedAt ?? now,
    endedAt: now,
    attempts: pure ? [] : [...(record?.attempts ?? []), { attempt, startedAt, endedAt: now, error }],
    ...(via !== undefined && { via }),
    ...(settled.status === 'failed' && { error }),
  };
  const own = pure && node.kind !== 'start' ? [{ node, settled }] : [];
  return commitUnit(
    session,
    node,
    { ...closure, pure: [...own, ...closure.pure] },
    base,
    record === undefined ? 'absent' : { status: record.status, fence: record.fence },
  );
}

class MemberRuns extends Error {}

/**
 * What follows. Without reading what the unit's pure members are computed from, as long as none of them runs: that it
 * cannot be read may be what the message died of.
 */
async function closureOfDead(
  session: Session,
  root: PlanNode,
  settled: Settled,
  now: EpochMs,
  via: readonly number[] | undefined,
): Promise<Closure> {
  const evaluate = () => {
    throw new MemberRuns();
  };
  try {
    return computeClosure({ plan: session.plan, root, settled, settledAt: session.settledAt, evaluate });
  } catch (error) {
    if (!(error instanceof MemberRuns)) throw error;
    return closureOf(session, root, settled, now, via);
  }
}

/** A gate opens, so that the node behind it fails with the error, as it does when its `if` cannot be evaluated. */
function outcomeOf({ kind }: PlanNode, error: Failure): Extract<Settled, { status: 'succeeded' | 'failed' }> {
  return kind === 'gate' ? { status: 'succeeded', open: true, ifError: error } : { status: 'failed', error };
}

function dispatchDead(): Failure {
  return failure(
    'dispatch_dead',
    'internal',
    `the message that was to start this node could not be worked ${DELIVERIES_MAX} times. The worker's log says why ('message failed'); once that is put right, redrive the execution`,
  );
}

/** Alone in its invocation: it may be what killed the worker that holds the permission. */
async function sendLater(session: Session, node: PlanNode, notBefore: EpochMs): Promise<void> {
  const message = { ...nodeMessage(session, node.id, session.generation(node)), recovery: true };
  await session.deps.queue.send([
    node.kind === 'effect'
      ? { message: { ...message, isolated: true }, isolated: true, notBefore }
      : { message, notBefore },
  ]);
}
