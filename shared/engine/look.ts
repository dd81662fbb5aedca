import { isTerminal } from '../domain/execution/records.ts';
import { epochMs, type EpochMs } from '../domain/time.ts';
import { moveCheck } from './check.ts';
import { close } from './close.ts';
import { drive } from './drive.ts';
import type { Due } from './due.ts';
import { announceEnd } from './end-execution.ts';
import type { EngineDeps } from './engine-deps.ts';
import { sessionOf } from './open-session.ts';
import { recover, type RecoveryReport } from './recover.ts';
import { spread } from './set-aside.ts';
import { CHECK_AFTER_MS, CHECK_IDLE_MS, timeBudget } from './time-budget.ts';
import { work } from './work.ts';

/** What was sent is given this long a message before the execution is looked at again. */
const CHECK_PER_MESSAGE_MS = 1_000;
/**
 * A backlog may last as long. At 15 minutes, 11,000 executions had 55,000 messages in the queue after an outage of three
 * hours, and 2.6 times the usual requests; at two hours, 7,000 had 15,000, and 1.5 times the requests.
 */
export const PATIENCE_MAX_MS = 7_200_000;

/** `due`: whose check has come. `everything`: all that have not ended, whatever their check says. */
export type SweepScope = 'due' | 'everything';

export interface Looked {
  readonly sent: number;
  /** Absent where nothing is left to look at, or somebody else says when. */
  readonly check?: EpochMs;
}

/**
 * One execution, seen to (protocol §7.6). The index only named it: the header is read strongly before anything is done.
 * Answers how many messages were sent, and when the execution is to be looked at next.
 *
 * L1. Nothing is done where the header's own check has not come: the entry was stale, or another sweep was here.
 * L2. Twice at once is harmless. What is sent is checked by a claim, arrivals are sets, and `check` moves only if nobody
 *     wrote the header since it was read.
 */
export async function look(deps: EngineDeps, { key }: Due, scope: SweepScope, remainingMs: number): Promise<Looked> {
  const names = { ws: key.workspace, ex: key.execution };
  const delivery = { id: deps.ids.operation(), receiveCount: 1, isolated: false };
  const budget = timeBudget(deps.clock.now(), remainingMs);
  const header = await deps.store.readHeader(key);
  const now = deps.clock.now();
  if (header?.check === undefined || (scope === 'due' && header.check > now)) return { sent: 0 };
  if (isTerminal(header.status)) {
    await announceEnd(deps, header);
    return { sent: 0 };
  }
  const session = await sessionOf(deps, header, { delivery, budget, mayRun: false });
  if (now >= header.deadline) {
    await work(deps, { v: 1, ...names, kind: 'expire' }, delivery, remainingMs);
    return { sent: 0 };
  }
  if (header.status === 'pending') {
    await moveCheck(session, header.deadline);
    return { sent: 0 };
  }
  if (header.stop !== undefined) {
    await close(session);
    await moveCheck(session, spread(now, CHECK_AFTER_MS, deps.ids.random()));
    return { sent: 0 };
  }
  const report = await recover(session, { by: undefined, resendDelayed: false });
  await drive(session);
  const check = await moveCheck(session, nextCheck(deps, now, report));
  return { sent: report.sent, ...(check !== undefined && { check }) };
}

/**
 * What was sent may be in the queue already, behind a backlog: to send it again each minute would only lengthen that. So
 * an execution is left alone for as long as it has stood still by now: 1, 2, 4 … minutes, from the records alone. A
 * worker that took the message and died leaves a lease, whose end begins it anew.
 */
function nextCheck({ ids }: EngineDeps, now: EpochMs, { lastMove = now, nextLook, sent }: RecoveryReport): EpochMs {
  const idle = spread(now, CHECK_IDLE_MS, ids.random());
  if (sent > 0) {
    const patienceMs = Math.max(CHECK_AFTER_MS, Math.min(now - lastMove, PATIENCE_MAX_MS));
    return spread(now, patienceMs + sent * CHECK_PER_MESSAGE_MS, ids.random());
  }
  // No margin: what a lease has left behind is seen to by the next sweep, which is at most a minute away. Should the
  // message that belongs to it come just then as well, one of the two loses its claim.
  return nextLook === undefined ? idle : epochMs(Math.min(nextLook, idle));
}
