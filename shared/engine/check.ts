import { epochMs, type EpochMs } from '../domain/time.ts';
import type { Session } from './session.ts';
import { CHECK_AFTER_MS } from './time-budget.ts';

/** Says when the sweeper should look at this execution; undefined if somebody else wrote the header meanwhile: his check stands. */
export async function moveCheck(session: Session, to: EpochMs): Promise<EpochMs | undefined> {
  const { ids, store } = session.deps;
  const { header } = session;
  if (header.status !== 'running' && header.status !== 'pending') return undefined;
  const check = epochMs(Math.min(to, header.deadline));
  const next = { ...header, check, rev: header.rev + 1, op: ids.operation() };
  if (!(await store.replaceHeader(next))) return undefined;
  session.adoptHeader(next);
  return check;
}

/**
 * An execution that waits for people is looked at rarely. Somebody who is about to move it says so first: should all
 * messages that follow be lost, the next look is a minute away and not fifteen.
 */
export async function lookSoon(session: Session): Promise<void> {
  const soon = epochMs(session.deps.clock.now() + CHECK_AFTER_MS);
  const { check } = session.header;
  if (check !== undefined && check > soon) await moveCheck(session, soon);
}
