import { computeFrontier, edgeStates, type Frontier } from '../domain/execution/frontier.ts';
import { isSettledRecord, type GroupRecord, type Lease } from '../domain/execution/records.ts';
import type { Settled } from '../domain/execution/settled.ts';
import { epochMs, type EpochMs } from '../domain/time.ts';
import { edgeAt, nodeAt, type PlanNode } from '../domain/workflow/plan.ts';
import { arriveAt } from './arrive.ts';
import { parentUnit } from './cover.ts';
import { close } from './close.ts';
import { finish } from './finish.ts';
import { lastMove } from './last-move.ts';
import type { ExecutionRecords, OutgoingMessage } from './ports.ts';
import { nodeMessage } from './run-node.ts';
import type { Session } from './session.ts';
import { isLive } from './time-budget.ts';

export interface RecoveryOptions {
  /** The message whose leases are ours to look after. */
  readonly by: string | undefined;
  readonly resendDelayed: boolean;
  /**
   * Another delivery of our message may be at work and hold, just now, no lease that could be seen: between a commit and
   * the next claim. Deleting the message would leave its next lease unguarded, so somebody looks again at this time.
   */
  readonly lookAgainAt?: EpochMs;
  /**
   * Look only at this node and what is below it: all that an invocation does follows from the node of its message. A
   * recovery of everything at each lost claim would send N messages N times.
   */
  readonly from?: PlanNode;
}

/**
 * Looks where an execution stands and sees that it goes on (protocol §7). Runs no node itself: it repairs arrivals and
 * sends the messages that may have been lost. Doing it once too often is harmless; every message is checked by a claim.
 *
 * R1. Arrivals first: a join whose edge was lost on the way would never be decided.
 * R2. Work under a live lease is left to whoever holds it.
 * R3. A node whose permission ran out comes back alone and isolated: it may have killed its worker.
 */
export async function recover(session: Session, options: RecoveryOptions): Promise<RecoveryReport> {
  const header = await session.refreshHeader();
  if (!session.isRunning) return NOTHING;
  if (header.stop !== undefined) {
    await close(session);
    return NOTHING;
  }
  // Leases are judged by the time of the read: held up after it, we would take for over what our own message renewed since.
  const now = session.deps.clock.now();
  const records = await session.deps.store.readAll(session.key, 'statuses');
  const frontier = computeFrontier(session.plan, session.recordLookup(records.nodes));
  if (frontier.allSettled) {
    await finish(session);
    return NOTHING;
  }
  adopt(session, frontier);
  const scope = scopeOf(session, options.from);
  await repairArrivals(session, frontier, scope);
  return resend(session, frontier, records, { ...options, now, scope });
}

export interface RecoveryReport {
  /** When this execution is worth another look, as far as leases and due times tell. */
  readonly nextLook: EpochMs | undefined;
  /** How many messages were sent: what came of them should be looked at. */
  readonly sent: number;
  /** See {@link lastMove}. */
  readonly lastMove?: EpochMs;
}

const NOTHING: RecoveryReport = { nextLook: undefined, sent: 0 };

function adopt(session: Session, { standings }: Frontier): void {
  standings.forEach((standing, index) => {
    const node = session.plan.nodes[index];
    if (standing.at === 'settled' && node !== undefined && session.settledAt(index) === undefined)
      session.learn(node, standing.settled);
  });
}

type Scope = (node: PlanNode) => boolean;

function scopeOf(session: Session, from: PlanNode | undefined): Scope {
  if (from === undefined) return () => true;
  const inside = new Set([from.index]);
  const open = [from];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const edge of node.out) {
      const { to } = edgeAt(session.plan, edge);
      if (!inside.has(to)) open.push(nodeAt(session.plan, to));
      inside.add(to);
    }
  }
  return ({ index }) => inside.has(index);
}

async function repairArrivals(session: Session, { standings }: Frontier, scope: Scope): Promise<void> {
  const settledAt = (index: number): Settled | undefined => {
    const standing = standings[index];
    return standing?.at === 'settled' ? standing.settled : undefined;
  };
  const joins = session.plan.nodes.filter(
    (node) => node.isJoin && scope(node) && (node.join === 'first' || standings[node.index]?.at === 'undecided'),
  );
  const repair = async (join: PlanNode) => {
    const arrivals = edgeStates(session.plan, join, settledAt).flatMap((state, slot) =>
      state === undefined ? [] : [{ join, slot, state }],
    );
    if (arrivals.length > 0) await arriveAt(session, join, arrivals);
  };
  for (let from = 0; from < joins.length; from += JOINS_AT_ONCE) {
    await Promise.all(joins.slice(from, from + JOINS_AT_ONCE).map(repair));
  }
}

/** One after the other, a wide execution's hundreds of joins would take all the time of a sweep; all at once, its partition. */
const JOINS_AT_ONCE = 20;

async function resend(
  session: Session,
  { active, standings }: Frontier,
  records: ExecutionRecords,
  { by, resendDelayed, lookAgainAt, now, scope }: RecoveryOptions & { readonly now: EpochMs; readonly scope: Scope },
): Promise<RecoveryReport> {
  const messages: OutgoingMessage[] = [];
  const looks: EpochMs[] = [];
  const groups = new Map<string, OutgoingMessage>();
  let ownLease = lookAgainAt;
  const recordOf = session.recordLookup(records.nodes);
  for (const node of active) {
    const standing = standings[node.index];
    const next = whatNext(session, node, standing?.at === 'open' ? standing.record : undefined, recordOf, records, now);
    if (next.kind === 'leave') {
      looks.push(next.until);
      if (next.by === by) ownLease = epochMs(Math.max(ownLease ?? 0, next.until));
    } else if (!scope(node)) continue;
    else if (next.kind === 'later') {
      looks.push(next.due);
      if (resendDelayed)
        messages.push({ message: nodeMessage(session, node.id, session.generation(node)), notBefore: next.due });
    } else if (next.kind === 'group') {
      const message = {
        v: 1 as const,
        ws: session.key.workspace,
        ex: session.key.execution,
        kind: 'group' as const,
        ...next.group,
      };
      groups.set(`${next.group.node}#${next.group.group}`, { message });
    } else if (next.kind === 'now') {
      const message = { ...nodeMessage(session, node.id, session.generation(node)), recovery: true };
      messages.push(
        next.suspect && node.kind === 'effect'
          ? { message: { ...message, isolated: true }, isolated: true }
          : { message },
      );
    }
  }
  if (ownLease !== undefined && by !== undefined) {
    const { workspace: ws, execution: ex } = session.key;
    messages.push({ message: { v: 1, ws, ex, kind: 'recover', by }, notBefore: ownLease });
  }
  const all = [...groups.values(), ...messages];
  if (all.length > 0) await session.deps.queue.send(all);
  const nextLook = looks.reduce<EpochMs | undefined>(
    (first, look) => (first === undefined || look < first ? look : first),
    undefined,
  );
  return { nextLook, sent: all.length, lastMove: lastMove(session.header, records, now) };
}

type Next =
  | { readonly kind: 'leave'; readonly until: EpochMs; readonly by: string }
  | { readonly kind: 'later'; readonly due: EpochMs }
  | { readonly kind: 'group'; readonly group: { readonly node: string; readonly gen: number; readonly group: number } }
  | { readonly kind: 'now'; readonly suspect: boolean }
  /** Waits for a callback without an end. */
  | { readonly kind: 'nothing' };

function whatNext(
  session: Session,
  node: PlanNode,
  record: ExecutionRecords['nodes'][number] | undefined,
  recordOf: ReturnType<Session['recordLookup']>,
  records: ExecutionRecords,
  now: EpochMs,
): Next {
  if (record !== undefined && !isSettledRecord(record)) {
    if (record.status === 'running') return leaveOrNow(session, record.lease, now);
    const due = record.status === 'retrying' ? record.due : record.wait.due;
    if (due === undefined) return { kind: 'nothing' };
    return due > now ? { kind: 'later', due } : { kind: 'now', suspect: false };
  }
  const unit = parentUnit(session, node);
  const parent = unit === undefined ? undefined : recordOf(unit);
  if (parent === undefined || !isSettledRecord(parent) || parent.gen !== session.generation(node))
    return { kind: 'now', suspect: false };
  if (parent.inline.includes(node.index)) return leaveOrNow(session, parent.lease, now);
  const group = parent.groups.findIndex((members) => members.includes(node.index));
  if (group === -1) return { kind: 'now', suspect: false };
  const taken = findGroup(records.groups, parent.node, parent.gen, group);
  if (taken !== undefined) return leaveOrNow(session, taken.lease, now);
  return { kind: 'group', group: { node: parent.node, gen: parent.gen, group } };
}

function leaveOrNow(session: Session, lease: Lease, now: EpochMs): Next {
  if (isLive(lease, now, session.deps.leaseEpoch)) return { kind: 'leave', until: lease.until, by: lease.by };
  // A lease that the local stack's restart ended says nothing against the node.
  return { kind: 'now', suspect: lease.until <= now };
}

function findGroup(groups: readonly GroupRecord[], node: string, gen: number, group: number): GroupRecord | undefined {
  return groups.find((taken) => taken.node === node && taken.gen === gen && taken.group === group);
}
