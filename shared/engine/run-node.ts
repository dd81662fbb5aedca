import { afterFailure } from '../domain/execution/after-failure.ts';
import { afterRefusal, type Refusal } from '../domain/execution/after-refusal.ts';
import type { AttemptRecord, OpenRecord, SettledRecord } from '../domain/execution/records.ts';
import { exceedsTransitionBudget } from '../domain/execution/transitions.ts';
import { failure, type Failure } from '../domain/failure.ts';
import { unreachable } from '../domain/invariant.ts';
import { epochMs, type EpochMs } from '../domain/time.ts';
import { runAttempt, type AttemptEnd } from './attempt.ts';
import type { Claimed } from './claimed.ts';
import type { NodeCondition } from './ports.ts';
import { requestStop } from './request-stop.ts';
import type { Session } from './session.ts';
import { settleEffect } from './settle.ts';

/** Runs one attempt under a permission and writes what became of it: settled, retrying, waiting or cancelled. */
export async function runNode(session: Session, claimed: Claimed): Promise<void> {
  const { clock, queue } = session.deps;
  const attemptStart = clock.now();
  // The permission may have ended while we were held up: somebody else may hold one by now.
  const later = () =>
    queue.send([
      {
        // Marked, so that whoever gets it too early, by his clock, does not leave it at that.
        message: { ...nodeMessage(session, claimed.node.id, session.generation(claimed.node)), recovery: true },
        notBefore: claimed.lease.until,
      },
    ]);
  if (attemptStart >= claimed.lease.until) return later();
  const { end, reported } = await runAttempt(session, claimed);
  const attempt = { attempt: claimed.attempt, startedAt: attemptStart, endedAt: clock.now() };
  if (end.kind === 'late') await later();
  else if (end.kind === 'refused') await waitForTarget(session, claimed, end.refusal, attempt);
  else await conclude(session, { ...claimed, attempts: attemptsMade(claimed) }, end, attempt);
  // What was started beside the commit has to be over before the invocation is.
  await reported;
}

/** Writes the end of an attempt that was made. */
function conclude(
  session: Session,
  claimed: Claimed,
  end: Exclude<AttemptEnd, { kind: 'late' | 'refused' }>,
  attempt: AttemptRecord,
): Promise<void> {
  switch (end.kind) {
    case 'succeeded':
      return settleEffect(session, claimed, { status: 'succeeded', output: end.output }, attempt);
    case 'waiting':
      return suspend(session, claimed, end, attempt);
    case 'failed':
      return failOrRetry(session, claimed, end, attempt);
    case 'stopped':
      return settleCancelled(session, claimed, {
        ...attempt,
        error: failure('cancelled', 'internal', 'the execution was stopped while the attempt ran'),
      });
    default:
      return unreachable(end);
  }
}

/** Refusals give way to the attempt that they put off. */
function attemptsMade({ attempts }: Claimed): readonly AttemptRecord[] {
  return attempts.filter(({ refusals }) => refusals === undefined);
}

export function nodeMessage(session: Session, node: string, gen: number) {
  return { v: 1 as const, ws: session.key.workspace, ex: session.key.execution, kind: 'node' as const, node, gen };
}

async function failOrRetry(
  session: Session,
  claimed: Claimed,
  end: Extract<AttemptEnd, { kind: 'failed' }>,
  attempt: AttemptRecord,
): Promise<void> {
  const { clock, ids } = session.deps;
  const { node } = claimed;
  const timerMs = (ms: number) => clock.after(ms) - clock.now();
  const next = afterFailure({
    policy: node.retry,
    attempt: claimed.attempt,
    error: end.error,
    repeatable: end.repeatable,
    random: ids.random(),
    timerMs,
    ...(node.deadlineMs !== undefined && { deadlineInMs: claimed.startedAt + timerMs(node.deadlineMs) - clock.now() }),
  });
  if (next.kind === 'fail') {
    const last = { ...attempt, error: end.error };
    return settleEffect(session, claimed, { status: 'failed', error: next.error }, last);
  }
  if (await overBudget(session, claimed))
    return requestStop(session, { status: 'failed', reason: 'transition_budget' });
  const due = clock.after(next.delayMs);
  const record: OpenRecord = {
    ...openBase(session, claimed, [...claimed.attempts, { ...attempt, error: end.error, delayMs: next.delayMs }]),
    status: 'retrying',
    attempt: claimed.attempt + 1,
    due,
  };
  await writeAndWake(session, claimed, record, due);
}

/**
 * No call was made, so no attempt was either: the same one waits for its turn, whatever the node's retry policy and
 * delivery. Dying before the write costs a lease's time (and an at-most-once node its life, as nobody can tell any more
 * that nothing was sent); dying after it is found like any wake-up that was lost.
 */
async function waitForTarget(
  session: Session,
  claimed: Claimed,
  refusal: Refusal,
  { attempt, startedAt, endedAt }: AttemptRecord,
): Promise<void> {
  const { clock, ids } = session.deps;
  const { node } = claimed;
  const earlier = claimed.attempts.find(({ refusals }) => refusals !== undefined);
  const refusals = (earlier?.refusals ?? 0) + 1;
  const timerMs = (ms: number) => clock.after(ms) - clock.now();
  const ownDeadline = node.deadlineMs === undefined ? Infinity : claimed.startedAt + timerMs(node.deadlineMs);
  const deadline = epochMs(Math.min(session.header.deadline, ownDeadline));
  const next = afterRefusal({ refusal, times: refusals, deadline, timerMs, random: ids.random() });
  const refused = { attempt, startedAt: earlier?.startedAt ?? startedAt, endedAt, error: next.error, refusals };
  const made = attemptsMade(claimed);
  if (next.kind === 'fail') {
    const ended = { ...claimed, attempt: claimed.attempt - 1, attempts: made };
    return settleEffect(session, ended, { status: 'failed', error: next.error }, refused);
  }
  const record: OpenRecord = { ...openBase(session, claimed, [...made, refused]), status: 'retrying', due: next.due };
  await writeAndWake(session, claimed, record, next.due);
}

async function suspend(
  session: Session,
  claimed: Claimed,
  { wait }: Extract<AttemptEnd, { kind: 'waiting' }>,
  attempt: AttemptRecord,
): Promise<void> {
  const { clock } = session.deps;
  const { node } = claimed;
  const deadline =
    node.deadlineMs === undefined
      ? undefined
      : ((claimed.startedAt + clock.after(node.deadlineMs) - clock.now()) as EpochMs);
  const cut = deadline !== undefined && (wait.until === undefined || deadline < wait.until);
  const due = cut ? deadline : wait.until;
  const onDue = cut ? { failure: failure('deadline_exceeded', 'timeout', "the node's deadline is over") } : wait.onDue;
  const record: OpenRecord = {
    ...openBase(session, claimed, [...claimed.attempts, attempt]),
    status: 'waiting',
    wait: {
      for: wait.for,
      onDue,
      ...(due !== undefined && { due }),
      ...(wait.schema !== undefined && { schema: wait.schema }),
    },
  };
  await writeAndWake(session, claimed, record, due);
}

/** The record first, its wake-up after: a crash in between is found by recovery, which sends the wake-up again. */
async function writeAndWake(
  session: Session,
  claimed: Claimed,
  record: OpenRecord,
  due: EpochMs | undefined,
): Promise<void> {
  const { store, queue } = session.deps;
  const write = await store.writeNode(session.key, record, conditionOf(claimed), () => session.refreshHeader());
  if (!write.written || due === undefined) return;
  await queue.send([{ message: nodeMessage(session, record.node, record.gen), notBefore: due }]);
}

async function settleCancelled(session: Session, claimed: Claimed, attempt: AttemptRecord): Promise<void> {
  const { clock, store } = session.deps;
  const lease = { until: clock.now(), since: clock.now(), by: session.delivery.id };
  const record: SettledRecord = {
    ...openBase(session, claimed, [...claimed.attempts, attempt]),
    status: 'cancelled',
    endedAt: attempt.endedAt,
    pure: {},
    inline: [],
    groups: [],
    lease,
  };
  await store.writeNode(session.key, record, conditionOf(claimed));
}

function conditionOf(claimed: Claimed): NodeCondition {
  return claimed.covered ? 'absent' : { status: 'running', fence: claimed.fence };
}

function openBase(session: Session, claimed: Claimed, attempts: readonly AttemptRecord[]) {
  return {
    node: claimed.node.id,
    gen: session.generation(claimed.node),
    attempt: claimed.attempt,
    fence: claimed.fence,
    crashes: claimed.crashes,
    startedAt: claimed.startedAt,
    attempts,
    op: session.deps.ids.operation(),
    ...(claimed.via !== undefined && { via: claimed.via }),
  };
}

/** A runaway shows in retries: at every so many attempts of a node the execution's transitions are recounted. */
const BUDGET_CHECK_EVERY = 16;

async function overBudget(session: Session, claimed: Claimed): Promise<boolean> {
  if (claimed.attempt % BUDGET_CHECK_EVERY !== 0) return false;
  const { nodes } = await session.deps.store.readAll(session.key, 'statuses');
  // What earlier generations did is not this one's runaway.
  const counted = nodes.filter(({ gen }) => gen === session.header.gen);
  return exceedsTransitionBudget(session.plan.userNodes, counted);
}

/** Settles a node whose worker died too often, or once in the case of `at-most-once`. */
export function interruptedFailure(atMostOnce: boolean, crashes: number): Failure {
  return atMostOnce
    ? failure(
        'interrupted',
        'internal',
        'the worker died during the only attempt that `delivery: at-most-once` allows; whether it had its effect is unknown',
      )
    : failure('poisoned', 'internal', `the worker died ${crashes} times while it ran this node`);
}
