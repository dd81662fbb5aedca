import { decideJoin } from '../domain/execution/frontier.ts';
import {
  isSettledRecord,
  type Lease,
  type NodeRecord,
  type OpenRecord,
  type SettledRecord,
  type StoredWait,
} from '../domain/execution/records.ts';
import { invariant, unreachable } from '../domain/invariant.ts';
import { epochMs, type EpochMs } from '../domain/time.ts';
import { isPureRoot, type PlanNode } from '../domain/workflow/plan.ts';
import type { Claimed } from './claimed.ts';
import { coveredUntil } from './cover.ts';
import type { NodeCondition } from './ports.ts';
import { interruptedFailure, nodeMessage } from './run-node.ts';
import type { Session } from './session.ts';
import { closureOf, commitUnit, settlePureRoot } from './settle.ts';
import { COMMIT_MARGIN_MS, CRASHES_MAX, fits, isLive } from './time-budget.ts';

/**
 * What a claim came to. `run`: we hold the permission. `done`: nothing to run here, somebody else is responsible or a
 * message was sent for later. `lost`: our write was not the one that won; a redelivered message then recovers.
 */
export type ClaimResult =
  | { readonly kind: 'run'; readonly claimed: Claimed }
  | { readonly kind: 'done' }
  | { readonly kind: 'lost' };

const DONE: ClaimResult = { kind: 'done' };
const LOST: ClaimResult = { kind: 'lost' };

/** The claimed start of protocol §5, for everything that is not covered by a parent's commit. */
export async function claim(
  session: Session,
  node: PlanNode,
  { isRecovery = false, isNew = false }: { readonly isRecovery?: boolean; readonly isNew?: boolean } = {},
): Promise<ClaimResult> {
  if (!session.mayStart) return DONE;
  // Nobody has begun it, as far as anybody can know who got his message for the first time; else the write is refused.
  const isFirst = session.delivery.receiveCount === 1 && !isRecovery;
  if (isFirst && (isNew || node.kind === 'start')) return claimFirst(session, node);
  const record = await session.deps.store.readNode(session.key, session.nodeKey(node));
  if (record === undefined) return claimFirst(session, node);
  if (isSettledRecord(record)) {
    session.learnRecord(record);
    return LOST;
  }
  return claimOpen(session, node, record, isRecovery);
}

/** The node has no record: it must be ready, and not covered by anybody's permission. */
async function claimFirst(session: Session, node: PlanNode): Promise<ClaimResult> {
  await session.ensureSettled(session.sourcesOf(node));
  if (await isKeptElsewhere(session, node)) return LOST;
  if (decideJoin(session.plan, node, session.settledAt) !== 'run') return LOST;
  const via = viaOf(session, node);
  if (isPureRoot(node)) return (await settlePureRoot(session, node, via)) ? DONE : LOST;
  if (await isCovered(session, node)) return DONE;
  const { clock } = session.deps;
  return take(session, node, { attempt: 1, fence: 1, crashes: 0, startedAt: clock.now(), via, attempts: [] }, 'absent');
}

/** The result of a pure node that a redrive kept may lie in the record of a unit that it does not belong to any more. */
async function isKeptElsewhere(session: Session, node: PlanNode): Promise<boolean> {
  if (session.header.repair === undefined || node.kind === 'effect') return false;
  await session.learnAll();
  return session.settledAt(node.index) !== undefined;
}

async function claimOpen(
  session: Session,
  node: PlanNode,
  record: OpenRecord,
  isRecovery: boolean,
): Promise<ClaimResult> {
  const { clock, leaseEpoch, queue } = session.deps;
  const now = clock.now();
  const expected = { status: record.status, fence: record.fence };
  const next = {
    attempt: record.attempt,
    fence: record.fence + 1,
    startedAt: record.startedAt,
    via: record.via,
    attempts: record.attempts,
  };
  switch (record.status) {
    case 'running': {
      if (isLive(record.lease, now, leaseEpoch)) {
        // A message that recovery sent answers for the lease that it found: whoever sent it may have had a faster clock.
        if (isRecovery || record.lease.by === session.delivery.id) await waitForLease(session, record.lease);
        return LOST;
      }
      // Only a lease that the clock ended speaks against the node; one that the local stack's restart ended does not.
      const crashes = record.crashes + (record.lease.until <= now ? 1 : 0);
      if (node.atMostOnce || crashes >= CRASHES_MAX) return settleInterrupted(session, node, record, crashes);
      return take(session, node, { ...next, crashes }, expected);
    }
    case 'retrying':
      if (record.due > now) {
        await queue.send([{ message: nodeMessage(session, node.id, record.gen), notBefore: record.due }]);
        return DONE;
      }
      return take(session, node, { ...next, crashes: record.crashes }, expected);
    case 'waiting':
      return endWait(session, node, record, now);
    default:
      return unreachable(record);
  }
}

/**
 * Claims a node that this invocation is permitted to start without a record, because too little is left of that
 * permission for a whole attempt (a group's second round). Nobody else may start it meanwhile; from now on its own
 * record says so.
 */
export function claimCovered(session: Session, node: PlanNode): Promise<ClaimResult> {
  const startedAt = session.deps.clock.now();
  return take(session, node, { attempt: 1, fence: 1, crashes: 0, startedAt, via: undefined, attempts: [] }, 'absent');
}

type Taking = Omit<Claimed, 'node' | 'covered' | 'lease'>;

/** Writes the claim, then looks once more whether the execution was stopped (invariant 4 of the protocol). */
async function take(session: Session, node: PlanNode, taking: Taking, expected: NodeCondition): Promise<ClaimResult> {
  const { clock, ids, store, queue } = session.deps;
  const now = clock.now();
  const until = leaseEnd(session, node, now);
  if (until === undefined) {
    await queue.send([{ message: nodeMessage(session, node.id, session.generation(node)) }]);
    return DONE;
  }
  const lease = { until, since: now, by: session.delivery.id };
  const record: OpenRecord = {
    node: node.id,
    gen: session.generation(node),
    status: 'running',
    attempt: taking.attempt,
    fence: taking.fence,
    crashes: taking.crashes,
    startedAt: taking.startedAt,
    attempts: taking.attempts,
    op: ids.operation(),
    lease,
    ...(taking.via !== undefined && { via: taking.via }),
  };
  session.issued.add(record.op);
  const write = await store.writeNode(session.key, record, expected, () => session.refreshHeader());
  // A stop that is seen here leaves the claim to the closing, which this invocation does before it ends.
  return write.written ? { kind: 'run', claimed: { ...taking, node, covered: false, lease } } : LOST;
}

/** A lease of its own where the short one leaves no room. Undefined: too little time is left of this invocation at all. */
function leaseEnd(session: Session, node: PlanNode, now: EpochMs): EpochMs | undefined {
  const { hardEnd, shortEnd } = session.budget;
  if (fits(now, node.attemptTimeoutMs, shortEnd)) return shortEnd;
  const until = epochMs(now + node.attemptTimeoutMs + COMMIT_MARGIN_MS);
  return until <= hardEnd ? until : undefined;
}

/** Slots of the live edges; kept where they decide what the node may see. */
export function viaOf(session: Session, node: PlanNode): readonly number[] | undefined {
  if (node.join !== 'first' || !node.isJoin) return undefined;
  return session.statesOf(node).flatMap((state, slot) => (state === 'live' ? [slot] : []));
}

/** Whether somebody may still start this child without a claim (protocol §5.3); if so, we come back when he may not. */
async function isCovered(session: Session, node: PlanNode): Promise<boolean> {
  const until = await coveredUntil(session, node);
  if (until !== undefined) await laterAlone(session, node, until);
  return until !== undefined;
}

async function laterAlone(session: Session, node: PlanNode, notBefore: EpochMs): Promise<void> {
  await session.deps.queue.send([{ message: nodeMessage(session, node.id, session.generation(node)), notBefore }]);
}

/** Somebody looks at the end of this lease what has become of the work under it. */
export async function waitForLease(session: Session, { by, until }: Pick<Lease, 'by' | 'until'>): Promise<void> {
  const { workspace: ws, execution: ex } = session.key;
  await session.deps.queue.send([{ message: { v: 1, ws, ex, kind: 'recover', by }, notBefore: until }]);
}

/** A timer that fired: the node ends as was decided when it began to wait. */
async function endWait(
  session: Session,
  node: PlanNode,
  record: Extract<OpenRecord, { status: 'waiting' }>,
  now: EpochMs,
): Promise<ClaimResult> {
  const { due, onDue } = record.wait;
  if (due === undefined) return DONE;
  if (due > now) {
    await laterAlone(session, node, due);
    return DONE;
  }
  return settleOpen(session, node, record, endOfWait(onDue));
}

/** As was decided when the node began to wait. */
export function endOfWait(onDue: StoredWait['onDue']) {
  return 'output' in onDue
    ? ({ status: 'succeeded', output: onDue.output } as const)
    : ({ status: 'failed', error: onDue.failure } as const);
}

async function settleInterrupted(
  session: Session,
  node: PlanNode,
  record: Extract<OpenRecord, { status: 'running' }>,
  crashes: number,
): Promise<ClaimResult> {
  const error = interruptedFailure(node.atMostOnce, crashes);
  return settleOpen(session, node, { ...record, crashes }, { status: 'failed', error });
}

/** Ends a node that nobody runs: by its timer, a callback, or because its worker died too often. */
export async function settleOpen(
  session: Session,
  node: PlanNode,
  record: OpenRecord,
  end:
    | { readonly status: 'succeeded'; readonly output: SettledRecord['output'] }
    | { readonly status: 'failed'; readonly error: NonNullable<SettledRecord['error']> },
  callback?: string,
): Promise<ClaimResult> {
  const now = session.deps.clock.now();
  const settled = end.status === 'succeeded' ? { status: end.status, output: end.output ?? null } : end;
  const closure = await closureOf(session, node, settled, now, record.via);
  const base = {
    node: record.node,
    gen: record.gen,
    status: end.status,
    attempt: record.attempt,
    fence: record.fence,
    crashes: record.crashes,
    startedAt: record.startedAt,
    endedAt: now,
    attempts: closeAttempt(record, end.status === 'failed' ? end.error : undefined, now),
    ...(record.via !== undefined && { via: record.via }),
    ...(end.status === 'succeeded' ? { output: end.output ?? null } : { error: end.error }),
  };
  invariant(!isSettledRecord(record), 'E2: a settled record is never written again');
  const written = await commitUnit(
    session,
    node,
    closure,
    base,
    { status: record.status, fence: record.fence },
    callback,
  );
  return written ? DONE : LOST;
}

/** The attempt that suspended lasted until now, and what ended it belongs to it. */
function closeAttempt(record: NodeRecord, error: SettledRecord['error'], endedAt: EpochMs) {
  const last = record.attempts.at(-1);
  const ended = {
    attempt: record.attempt,
    startedAt: last?.attempt === record.attempt ? last.startedAt : record.startedAt,
    endedAt,
    ...(error !== undefined && { error }),
  };
  return [...record.attempts.filter(({ attempt }) => attempt !== record.attempt), ended];
}
