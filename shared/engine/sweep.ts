import { epochMs, type EpochMs } from '../domain/time.ts';
import { close } from './close.ts';
import { drive } from './drive.ts';
import type { EngineDeps } from './engine-deps.ts';
import { recover } from './recover.ts';
import type { Session } from './session.ts';
import { CHECK_AFTER_MS } from './time-budget.ts';
import { openSession, work } from './work.ts';

/** How many executions one sweep looks at; what is left comes first in the next. */
const SWEEP_MAX = 100;
/** After a lease or a due time the message that belongs to it gets this long before the sweeper steps in. */
const CHECK_MARGIN_MS = 5_000;
/** An execution that waits for people is looked at this often. */
const CHECK_IDLE_MS = 3_600_000;

/**
 * The way back for executions whose messages were lost (protocol §7.6): the index only names candidates, the header is
 * read strongly before anything is done, and `check` is then moved to when it is worth while to look again.
 */
export async function sweep(deps: EngineDeps, remainingMs: number): Promise<{ readonly looked: number }> {
  const due = await deps.store.dueForCheck(deps.clock.now(), SWEEP_MAX);
  let looked = 0;
  for (const { workspace: ws, execution: ex } of due) {
    const session = await openSession(deps, { ws, ex }, { id: deps.ids.operation(), receiveCount: 1, isolated: false }, remainingMs, false);
    if (session === undefined) continue;
    looked += 1;
    await look(deps, session, remainingMs);
  }
  return { looked };
}

async function look(deps: EngineDeps, session: Session, remainingMs: number): Promise<void> {
  const { header, key } = session;
  const now = deps.clock.now();
  if (header.check === undefined || header.check > now) return;
  if (now >= header.deadline) {
    return work(deps, { v: 1, ws: key.workspace, ex: key.execution, kind: 'expire' }, session.delivery, remainingMs);
  }
  let next: EpochMs = epochMs(now + CHECK_AFTER_MS);
  if (header.status === 'pending') next = header.deadline;
  else if (header.stop !== undefined) await close(session);
  else {
    const { nextLook } = await recover(session, { by: undefined, resendDelayed: false });
    await drive(session);
    next = epochMs(nextLook === undefined ? now + CHECK_AFTER_MS : Math.min(nextLook + CHECK_MARGIN_MS, now + CHECK_IDLE_MS));
  }
  const current = session.header;
  if (current.status !== 'running' && current.status !== 'pending') return;
  const check = epochMs(Math.min(next, current.deadline));
  // Lost to whoever wrote the header meanwhile: his check stands.
  await deps.store.replaceHeader({ ...current, check, rev: current.rev + 1, op: deps.ids.operation() });
}
