import type { Stop } from '../domain/execution/records.ts';
import type { Session } from './session.ts';

/**
 * Asks for the end of an execution (protocol §8): the first stop decides what it will have been. The status stays
 * `running` until nothing is in flight; `close.ts` brings it there. A crash after this write is found by the sweeper,
 * whose check is set to now.
 */
export async function requestStop(session: Session, stop: Omit<Stop, 'at'>): Promise<void> {
  const { clock, store, ids } = session.deps;
  for (;;) {
    const { header } = session;
    if (!session.isRunning || header.stop !== undefined) return;
    const now = clock.now();
    const next = { ...header, stop: { ...stop, at: now }, check: now, rev: header.rev + 1, op: ids.operation() };
    if (await store.replaceHeader(next)) {
      session.adoptHeader(next);
      return;
    }
    await session.refreshHeader();
  }
}
