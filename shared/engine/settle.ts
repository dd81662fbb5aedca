import { computeClosure, type Closure } from '../domain/execution/closure.ts';
import type { AttemptRecord, SettledRecord } from '../domain/execution/records.ts';
import type { Settled } from '../domain/execution/settled.ts';
import { invariant } from '../domain/invariant.ts';
import type { EpochMs } from '../domain/time.ts';
import { isPureRoot, type PlanNode } from '../domain/workflow/plan.ts';
import type { Claimed } from './claimed.ts';
import { fileDeadLetters } from './dead-letters.ts';
import { pureEvaluator } from './evaluate-pure.ts';
import type { NodeCondition, OutgoingMessage } from './ports.ts';
import type { Session } from './session.ts';
import { fits, GROUP_MAX, isLong, PARALLEL_MAX } from './time-budget.ts';

/**
 * Ends a unit (protocol §6): one conditional write holds the node's end, the results of its pure members and the
 * permission to start what follows; only then do messages, arrivals and inline starts leave.
 *
 * If we die before the write, the attempt is repeated under a new claim. If we die after it, or its answer was lost,
 * recovery derives the same closure from the record and sends what was not sent.
 *
 * E1. Nothing leaves before the commit.
 * E2. A commit that was refused, and is not our own earlier one, has no consequences.
 * E3. Inline children are started only while the execution is not known to be stopped and the lease lasts.
 */
export async function settleEffect(
  session: Session,
  claimed: Claimed,
  end: Extract<Settled, { status: 'succeeded' | 'failed' }>,
  last: AttemptRecord,
): Promise<void> {
  const { node } = claimed;
  const endedAt = last.endedAt;
  const closure = await closureOf(session, node, end, endedAt, claimed.via);
  const base = {
    node: node.id,
    gen: session.generation(node),
    attempt: claimed.attempt,
    fence: claimed.fence,
    crashes: claimed.crashes,
    startedAt: claimed.startedAt,
    attempts: [...claimed.attempts, last],
    ...(claimed.via !== undefined && { via: claimed.via }),
    ...(end.status === 'failed' ? { error: end.error } : { output: end.output ?? null }),
  };
  const expected: NodeCondition = claimed.covered ? 'absent' : { status: 'running', fence: claimed.fence };
  await commitUnit(session, node, closure, { ...base, status: end.status, endedAt }, expected);
}

/** Commits a pure root: `$start`, a ready pure join, an `always` node. It is its own claim; false: somebody else's commit won. */
export async function settlePureRoot(
  session: Session,
  node: PlanNode,
  via: readonly number[] | undefined,
): Promise<boolean> {
  invariant(isPureRoot(node), `${node.id} is not a pure root`);
  const now = session.deps.clock.now();
  const evaluate = await pureEvaluator(session, node, now, via);
  const settled = node.kind === 'start' ? ({ status: 'succeeded' } as const) : evaluate(node, session.settledAt);
  const closure = await closureOf(session, node, settled, now, via);
  const own = node.kind === 'start' ? [] : [{ node, settled }];
  const record = {
    node: node.id,
    gen: session.generation(node),
    status: settled.status,
    attempt: 1,
    fence: 1,
    crashes: 0,
    startedAt: now,
    endedAt: now,
    attempts: [],
    ...(via !== undefined && { via }),
    ...(settled.status === 'failed' && { error: settled.error }),
  };
  return commitUnit(session, node, { ...closure, pure: [...own, ...closure.pure] }, record, 'absent');
}

/** A join that is left out has no record; what follows from that is derived again whenever it is needed. */
export async function settleSkipped(
  session: Session,
  node: PlanNode,
  settled: Extract<Settled, { status: 'skipped' }>,
): Promise<void> {
  const now = session.deps.clock.now();
  const closure = await closureOf(session, node, settled, now, undefined);
  await deliver(session, closure, { inline: [], groups: [], claims: closure.claims }, session.budget.shortEnd);
}

export async function closureOf(
  session: Session,
  root: PlanNode,
  settled: Settled,
  now: EpochMs,
  via: readonly number[] | undefined,
): Promise<Closure> {
  const evaluate = await pureEvaluator(session, root, now, via);
  return computeClosure({ plan: session.plan, root, settled, settledAt: session.settledAt, evaluate });
}

type RecordBase = Omit<SettledRecord, 'pure' | 'inline' | 'groups' | 'lease' | 'op' | 'callback'>;

export async function commitUnit(
  session: Session,
  node: PlanNode,
  closure: Closure,
  base: RecordBase,
  expected: NodeCondition,
  callback?: string,
): Promise<boolean> {
  const { store, ids, clock } = session.deps;
  const share = divide(session, closure);
  const lease = { until: session.budget.shortEnd, since: clock.now(), by: session.delivery.id };
  const record: SettledRecord = {
    ...base,
    pure: Object.fromEntries(closure.pure.map((member) => [member.node.id, member.settled])),
    inline: share.inline.map(({ index }) => index),
    groups: share.groups.map((group) => group.map(({ index }) => index)),
    lease,
    op: ids.operation(),
    ...(callback !== undefined && { callback }),
  };
  session.issued.add(record.op);
  // The header is read at the same time: issued not before the commit, it shows every stop older than this permission.
  // Where nobody is permitted to start by it there is nothing to look for: who takes a group or claims a join looks then.
  const alongside = share.inline.length > 0 ? () => session.refreshHeader() : undefined;
  const write = await store.writeNode(session.key, record, expected, alongside);
  if (!write.written) return false;
  if (node.kind === 'effect')
    session.deps.telemetry.nodeEnded(session.key.workspace, node.type, record.endedAt - record.startedAt);
  for (const { node: ended, settled } of closure.settled) session.learn(ended, settled);
  session.markOutputs(node.index);
  if (base.via !== undefined) session.learnRecord(record);
  await fileDeadLetters(session, record);
  await deliver(session, closure, share, lease.until);
  return true;
}

export interface Share {
  readonly inline: readonly PlanNode[];
  readonly groups: readonly (readonly PlanNode[])[];
  /** Roots that may not be covered by this record. */
  readonly claims: readonly PlanNode[];
}

/** Who runs the ready children: this invocation, group messages, or messages of their own. */
function divide(session: Session, { children, claims }: Closure): Share {
  const coverable = children.filter((child) => !child.atMostOnce && !isLong(child.attemptTimeoutMs));
  const others = children.filter((child) => !coverable.includes(child));
  const now = session.deps.clock.now();
  // The branch that commits here frees its own place: a chain always goes on.
  const free = Math.max(1, PARALLEL_MAX - session.load + 1);
  const room = session.continuesHere && session.mayStart ? free : 0;
  const inline = coverable.filter((child) => fits(now, child.attemptTimeoutMs, session.budget.shortEnd)).slice(0, room);
  const taken = new Set(inline);
  const rest = coverable.filter((child) => !taken.has(child));
  const groups: PlanNode[][] = [];
  for (let at = 0; at < rest.length; at += GROUP_MAX) groups.push(rest.slice(at, at + GROUP_MAX));
  return { inline, groups, claims: [...others, ...claims] };
}

async function deliver(session: Session, closure: Closure, share: Share, until: EpochMs): Promise<void> {
  for (const { node, settled } of closure.settled) session.learn(node, settled);
  session.held.add(closure.arrivals);
  if (!session.mayStart) return;
  const base = { v: 1, ws: session.key.workspace, ex: session.key.execution } as const;
  const [root] = closure.settled;
  const messages: OutgoingMessage[] = share.groups.map((_, group) => ({
    message: {
      ...base,
      kind: 'group',
      node: root?.node.id ?? '',
      gen: root === undefined ? 0 : session.generation(root.node),
      group,
    },
  }));
  for (const node of share.claims) {
    // A pure root is a write and goes on from here; a long attempt deserves an invocation of its own.
    if (session.continuesHere && !(node.kind === 'effect' && isLong(node.attemptTimeoutMs)))
      session.push({ kind: 'claim', node });
    else messages.push({ message: { ...base, kind: 'node', node: node.id, gen: session.generation(node) } });
  }
  for (const node of share.inline) session.push({ kind: 'covered', node, until });
  if (closure.finished) session.push({ kind: 'finish' });
  if (messages.length > 0) await session.deps.queue.send(messages);
}
