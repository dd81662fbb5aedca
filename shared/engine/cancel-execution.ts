import { isTerminal, type ExecutionKey, type Header } from '../domain/execution/records.ts';
import { epochMs } from '../domain/time.ts';
import { close } from './close.ts';
import { endExecution } from './end-execution.ts';
import type { EngineDeps } from './engine-deps.ts';
import { requestStop } from './request-stop.ts';
import { GUARD_DELAY_MS } from './time-budget.ts';
import { openSession } from './open-session.ts';

export type CancelResult =
  | { readonly kind: 'accepted'; readonly header: Header }
  | { readonly kind: 'terminal' }
  | { readonly kind: 'not_found' };

/**
 * Cancels an execution: `cancelled` once nothing is in flight. The guard message goes first: if we die after the stop
 * was written, it closes what we could not.
 */
export async function cancelExecution(deps: EngineDeps, key: ExecutionKey, requestId: string): Promise<CancelResult> {
  const session = await openSession(
    deps,
    { ws: key.workspace, ex: key.execution },
    { id: requestId, receiveCount: 1, isolated: false },
    GUARD_DELAY_MS,
    false,
  );
  if (session === undefined) return { kind: 'not_found' };
  if (isTerminal(session.header.status)) return { kind: 'terminal' };
  if (session.header.status === 'pending') {
    const end = { status: 'cancelled', reason: 'cancelled' } as const;
    const ended = await endExecution(deps, session.header, { ...end, stop: { ...end, at: deps.clock.now() } });
    // Lost to somebody who started it: then it is running, and cancelled as such.
    return ended === undefined ? cancelExecution(deps, key, requestId) : { kind: 'accepted', header: ended };
  }
  await deps.queue.send([
    {
      message: { v: 1, ws: key.workspace, ex: key.execution, kind: 'recover' },
      notBefore: epochMs(deps.clock.now() + GUARD_DELAY_MS),
    },
  ]);
  await requestStop(session, { status: 'cancelled', reason: 'cancelled' });
  await close(session);
  // It ended, and was redriven, while we were at it.
  if (session.superseded) return cancelExecution(deps, key, requestId);
  if (isTerminal(session.header.status) && session.header.stop === undefined) return { kind: 'terminal' };
  return { kind: 'accepted', header: session.header };
}
