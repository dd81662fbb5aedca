import { isSettledRecord } from '../domain/execution/records.ts';
import { nodeAt, type PlanNode } from '../domain/workflow/plan.ts';
import { buryNode } from './bury-node.ts';
import { readRecord } from './cover.ts';
import { close } from './close.ts';
import { drive } from './drive.ts';
import { endWithoutPlan } from './end-without-plan.ts';
import type { EngineDeps } from './engine-deps.ts';
import type { Delivery, MessageOf, WorkMessage } from './messages.ts';
import { openSession } from './open-session.ts';
import { recover } from './recover.ts';
import type { Session } from './session.ts';
import { StoredDefinitionError } from './stored-definition-error.ts';
import { work } from './work.ts';

/**
 * Handles a message that used up its deliveries (protocol §7.5), so that its execution ends all the same: each of its
 * nodes gets a claimed start whose outcome is `dispatch_dead`, a failure like any other, which an error edge may catch.
 * Then recovery. Starts no node itself; an exception means that the message must come again.
 *
 * B1. A permission that somebody may still be acting under is waited for, by a message for later. What then comes of the
 *     node is the business of that message: it has deliveries of its own.
 * B2. A node that waits is left, unless its time has come: then it ends as was decided when it began to wait.
 * B3. What a dead worker ran is told by that (`interrupted`, `poisoned`), not by its message.
 *
 * Dying anywhere, or coming twice: before a node's commit nothing has happened, but for a closed group, whose nodes are
 * from then on alone in their messages (recovery sends those) and which closing again leaves closed. The commit is one
 * conditional write: a second burial finds the node settled. After it, what it should have sent is derived from the
 * record by recovery, which runs whenever it was not this very call that committed. A message put back by hand finds
 * the node settled as well; one that is put back while its node is still open is worked like every other.
 */
export async function buryMessage(
  deps: EngineDeps,
  message: WorkMessage,
  delivery: Delivery,
  remainingMs: number,
): Promise<void> {
  try {
    // Kinds that start no node may have failed of something that has passed; the sweeper does their work otherwise.
    // Whatever this queue counts, they were delivered before.
    if (message.kind === 'node' || message.kind === 'group') await bury(deps, message, delivery, remainingMs);
    else await work(deps, message, { ...delivery, receiveCount: Math.max(2, delivery.receiveCount) }, remainingMs);
  } catch (error) {
    if (!(error instanceof StoredDefinitionError) || message.kind === 'replay') throw error;
    await endWithoutPlan(deps, message, error);
  }
}

async function bury(
  deps: EngineDeps,
  message: MessageOf<'node' | 'group'>,
  delivery: Delivery,
  remainingMs: number,
): Promise<void> {
  const { ws, ex } = message;
  const session = await openSession(deps, message, delivery, remainingMs, false);
  if (session === undefined || session.header.status !== 'running') return;
  if (session.header.stop !== undefined) return close(session);
  if (deps.clock.now() >= session.header.deadline)
    return work(deps, { v: 1, ws, ex, kind: 'expire' }, delivery, remainingMs);
  const index = session.plan.indexOf.get(message.node);
  const node = index === undefined ? undefined : nodeAt(session.plan, index);
  if (node === undefined || session.generation(node) !== message.gen) return;
  const buried = message.kind === 'node' ? await buryNode(session, node) : await buryGroup(session, node, message);
  await drive(session);
  // What follows from our own commit is on its way; anything else that the message should have done may be missing.
  if (buried) return;
  await recover(session, { by: delivery.id, from: node, resendDelayed: true });
  await drive(session);
}

/** Always false: the message's earlier deliveries may have got further than to these nodes. */
async function buryGroup(session: Session, unit: PlanNode, { gen, group }: MessageOf<'group'>): Promise<false> {
  const parent = await readRecord(session, unit);
  if (parent === undefined || !isSettledRecord(parent)) return false;
  for (const child of parent.groups[group] ?? []) {
    const node = nodeAt(session.plan, child);
    // A redrive may have taken some of them into a later generation.
    if (session.generation(node) === gen) await buryNode(session, node);
  }
  return false;
}
