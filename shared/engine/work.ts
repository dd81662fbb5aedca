import { isSettledRecord } from '../domain/execution/records.ts';
import { unreachable } from '../domain/invariant.ts';
import { nodeAt, type PlanNode } from '../domain/workflow/plan.ts';
import { close } from './close.ts';
import { closeRepeated } from './dead-letters.ts';
import { drive } from './drive.ts';
import { endExecution } from './end-execution.ts';
import type { EngineDeps } from './engine-deps.ts';
import type { Delivery, MessageOf, WorkMessage } from './messages.ts';
import { openSession } from './open-session.ts';
import { recover, type RecoveryOptions } from './recover.ts';
import { replayMany } from './replay-many.ts';
import { requestStop } from './request-stop.ts';
import { Session } from './session.ts';
import { isLive } from './time-budget.ts';

/**
 * Handles one delivery of one message (protocol §3, §5, §7). Returns when everything that it started has ended; an
 * exception means that the message must come again.
 */
export async function work(
  deps: EngineDeps,
  message: WorkMessage,
  delivery: Delivery,
  remainingMs: number,
): Promise<void> {
  if (message.kind === 'replay') return replayMany(deps, message, delivery, remainingMs);
  const mayRun = message.kind === 'node' || message.kind === 'group';
  const session = await openSession(deps, message, delivery, remainingMs, mayRun);
  if (session === undefined) return;
  if (message.kind === 'expire') return expire(session);
  if (message.kind === 'redriven') await closeRepeated(deps, session.plan, session.header);
  if (session.header.status !== 'running') return;
  if (session.header.stop !== undefined) return close(session);
  if (deps.clock.now() >= session.header.deadline) return expire(session);
  switch (message.kind) {
    case 'node':
      return workNode(session, message);
    case 'group':
      return workGroup(session, message);
    case 'redriven':
      return recoverAndDrive(session, { by: undefined, resendDelayed: false });
    case 'recover':
      // A guard of the API (no `by`) looks after one step: the timers of all other nodes are not its business.
      return recoverAndDrive(session, { by: message.by, resendDelayed: message.by !== undefined });
    default:
      return unreachable(message);
  }
}

async function workNode(session: Session, message: MessageOf<'node'>): Promise<void> {
  const index = session.plan.indexOf.get(message.node);
  const node = index === undefined ? undefined : nodeAt(session.plan, index);
  if (node === undefined || session.generation(node) !== message.gen) return;
  session.push({ kind: 'claim', node, isRecovery: message.recovery === true });
  const { lostClaims } = await drive(session);
  const suspicious = session.delivery.receiveCount > 1 || message.recovery === true;
  if (lostClaims > 0 && suspicious) await recoverAlongside(session, node);
}

async function workGroup(session: Session, message: MessageOf<'group'>): Promise<void> {
  const { store, clock, ids, leaseEpoch } = session.deps;
  const index = session.plan.indexOf.get(message.node);
  const unit = index === undefined ? undefined : nodeAt(session.plan, index);
  if (unit === undefined || session.generation(unit) !== message.gen) return;
  const now = clock.now();
  const lease = { until: session.budget.shortEnd, since: now, by: session.delivery.id };
  const op = ids.operation();
  session.issued.add(op);
  const [parent, taken] = await Promise.all([
    store.readNode(session.key, { node: message.node, gen: message.gen }),
    store.takeGroup(session.key, { node: message.node, gen: message.gen, group: message.group, lease, op }, () =>
      session.refreshHeader(),
    ),
  ]);
  if (parent === undefined || !isSettledRecord(parent)) return;
  if (!taken.taken) {
    // Somebody took it before: a duplicate, or a worker that died. Redelivered or expired, it is looked into.
    if (session.delivery.receiveCount > 1 || !isLive(taken.existing.lease, now, leaseEpoch))
      await recoverAlongside(session, unit);
    return;
  }
  session.learnRecord(parent);
  for (const child of parent.groups[message.group] ?? []) {
    const node = nodeAt(session.plan, child);
    // Only what still belongs to this generation; a redrive may have taken the rest.
    if (session.generation(node) === message.gen) session.push({ kind: 'covered', node, until: lease.until });
  }
  await drive(session);
}

/** Recovery pushes steps (joins that turned out decided); as a session of its own it sends messages for them. */
async function recoverAlongside(session: Session, from: PlanNode): Promise<void> {
  const { deps, plan, header, delivery, budget } = session;
  const alongside = new Session(deps, { plan, header, delivery, budget, mayRun: false });
  await recoverAndDrive(alongside, {
    by: delivery.id,
    from,
    resendDelayed: true,
    ...(delivery.receiveCount > 1 && { lookAgainAt: budget.shortEnd }),
  });
}

async function recoverAndDrive(session: Session, options: RecoveryOptions): Promise<void> {
  await recover(session, options);
  await drive(session);
}

/** The time of the execution is over, or that of its being held; too early, and the message is sent again for later. */
async function expire(session: Session): Promise<void> {
  const { clock, queue } = session.deps;
  const { header } = session;
  const now = clock.now();
  if (header.status !== 'pending' && header.status !== 'running') return;
  if (now < header.deadline) {
    await queue.send([
      { message: { v: 1, ws: header.workspace, ex: header.execution, kind: 'expire' }, notBefore: header.deadline },
    ]);
    return;
  }
  if (header.status === 'pending') {
    // Lost to somebody who started or cancelled it at the last moment: the deadline is another one now.
    if ((await endExecution(session.deps, header, { status: 'timed_out', reason: 'hold_expired' })) === undefined)
      await queue.send([{ message: { v: 1, ws: header.workspace, ex: header.execution, kind: 'expire' } }]);
    return;
  }
  await requestStop(session, { status: 'timed_out', reason: 'timeout' });
  await close(session);
}
