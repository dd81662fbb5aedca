import { lifecycleEvent } from '../domain/execution/lifecycle-event.ts';
import type { Header } from '../domain/execution/records.ts';
import { epochMs } from '../domain/time.ts';
import type { EngineDeps } from './engine-deps.ts';
import { CHECK_AFTER_MS } from './time-budget.ts';

export type End = Pick<Header, 'status'> & Partial<Pick<Header, 'reason' | 'error' | 'output' | 'progress' | 'stop'>>;

/**
 * The one place where an execution becomes what it will have been: a conditional write of the header that was read.
 * Undefined if somebody wrote it meanwhile.
 *
 * Where ends are announced, a terminal header that still has a `check` is one whose end is not announced yet:
 * V1. The check is written with the end. If we die after that, the sweeper announces.
 * V2. It is taken away after the event was accepted. If we die in between, the event comes twice.
 */
export async function endExecution(deps: EngineDeps, header: Header, end: End): Promise<Header | undefined> {
  const { clock, events, ids, log, store, telemetry } = deps;
  const now = clock.now();
  const { check: _check, ...rest } = header;
  const next: Header = {
    ...rest,
    ...end,
    endedAt: now,
    ...(events !== undefined && { check: epochMs(now + CHECK_AFTER_MS) }),
    rev: header.rev + 1,
    op: ids.operation(),
  };
  if (!(await store.replaceHeader(next))) return undefined;
  telemetry.executionEnded(next.workspace, next.status, now - (header.startedAt ?? header.createdAt));
  if (events === undefined) return next;
  try {
    return await announceEnd(deps, next);
  } catch (error) {
    log.warn('the end of an execution is not announced yet; the sweeper will', {
      workspace: header.workspace,
      execution: header.execution,
      error: String(error),
    });
    return next;
  }
}

/** Tells the world of an end; where nobody wants to hear of it any more, only takes the check away. */
export async function announceEnd({ events, ids, store }: EngineDeps, header: Header): Promise<Header> {
  await events?.publish(lifecycleEvent(header));
  const { check: _check, ...rest } = header;
  const announced = { ...rest, rev: header.rev + 1, op: ids.operation() };
  // Lost to another announcer, or to a redrive: nothing is left to be said of this end.
  return (await store.replaceHeader(announced)) ? announced : header;
}
