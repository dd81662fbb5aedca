import type { ExecutionKey } from '../domain/execution/records.ts';
import { epochMs, type EpochMs } from '../domain/time.ts';
import { close } from './close.ts';
import { drive } from './drive.ts';
import type { EngineDeps } from './engine-deps.ts';
import { recover } from './recover.ts';
import type { Session } from './session.ts';
import { CHECK_AFTER_MS } from './time-budget.ts';
import { openSession, work } from './work.ts';

/** How many executions are asked for at once. */
const SWEEP_MAX = 100;
/** After a lease or a due time the message that belongs to it gets this long before the sweeper steps in. */
const CHECK_MARGIN_MS = 5_000;
/** An execution that waits for people is looked at this often. */
const CHECK_IDLE_MS = 900_000;
/** Of a laptop's stack, at its start. */
const EVERYTHING_MAX = 10_000;
/** What was sent is given this long a message before the execution is looked at again. */
const CHECK_PER_MESSAGE_MS = 1_000;
const FAR_FUTURE = epochMs(Number.MAX_SAFE_INTEGER);

/** `due`: whose check has come. `everything`: all that have not ended, whatever their check says. */
export type SweepScope = 'due' | 'everything';

/** Time kept back for the look at hand. */
const LAST_LOOK_MS = 10_000;

/**
 * The way back for executions whose messages were lost (protocol §7.6): the index only names candidates, the header is
 * read strongly before anything is done, and `check` is then moved to when it is worth while to look again.
 */
export async function sweep(
  deps: EngineDeps,
  scope: SweepScope,
  remainingMs: number,
): Promise<{ readonly looked: number }> {
  const { clock, store } = deps;
  const end = clock.now() + remainingMs;
  const horizon = scope === 'due' ? clock.now() : FAR_FUTURE;
  const seen = new Set<string>();
  for (;;) {
    const page = await store.dueForCheck(horizon, scope === 'due' ? SWEEP_MAX : EVERYTHING_MAX);
    // The index lags behind the checks that this very sweep has moved.
    const fresh = page.filter(({ execution }) => !seen.has(execution));
    for (const { workspace: ws, execution: ex } of fresh) {
      const left = end - clock.now();
      if (left < LAST_LOOK_MS) return { looked: seen.size };
      seen.add(ex);
      await lookSafely(deps, { ws, ex }, scope, left);
    }
    if (fresh.length === 0) return { looked: seen.size };
  }
}

/** One execution that cannot be looked after (its stored plan does not load, say) must not keep the others from it. */
async function lookSafely(
  deps: EngineDeps,
  { ws, ex }: { readonly ws: string; readonly ex: string },
  scope: SweepScope,
  left: number,
): Promise<void> {
  try {
    const delivery = { id: deps.ids.operation(), receiveCount: 1, isolated: false };
    const session = await openSession(deps, { ws, ex }, delivery, left, false);
    if (session !== undefined) await look(deps, session, scope, left);
  } catch (error) {
    deps.log.warn('an execution could not be swept', { workspace: ws, execution: ex, error: String(error) });
    await putOff(deps, { workspace: ws, execution: ex });
  }
}

/** Out of the way of those that can be helped: the oldest checks come first. */
async function putOff(deps: EngineDeps, key: ExecutionKey): Promise<void> {
  const header = await deps.store.readHeader(key).catch(() => undefined);
  if (header?.check === undefined) return;
  const check = epochMs(deps.clock.now() + CHECK_IDLE_MS);
  const next = { ...header, check, rev: header.rev + 1, op: deps.ids.operation() };
  await deps.store.replaceHeader(next).catch(() => false);
}

async function look(deps: EngineDeps, session: Session, scope: SweepScope, remainingMs: number): Promise<void> {
  const { header, key } = session;
  const now = deps.clock.now();
  if (header.check === undefined || (scope === 'due' && header.check > now)) return;
  if (now >= header.deadline) {
    return work(deps, { v: 1, ws: key.workspace, ex: key.execution, kind: 'expire' }, session.delivery, remainingMs);
  }
  let next: EpochMs = epochMs(now + CHECK_AFTER_MS);
  if (header.status === 'pending') next = header.deadline;
  else if (header.stop !== undefined) await close(session);
  else {
    const { nextLook, sent } = await recover(session, { by: undefined, resendDelayed: false });
    await drive(session);
    const idle = epochMs(now + CHECK_IDLE_MS);
    // While there is a backlog its messages are in the queue already: sending them again each minute only lengthens it.
    next = epochMs(now + CHECK_AFTER_MS + sent * CHECK_PER_MESSAGE_MS);
    if (sent === 0) next = nextLook === undefined ? idle : epochMs(Math.min(nextLook + CHECK_MARGIN_MS, idle));
  }
  const current = session.header;
  if (current.status !== 'running' && current.status !== 'pending') return;
  const check = epochMs(Math.min(next, current.deadline));
  // Lost to whoever wrote the header meanwhile: his check stands.
  await deps.store.replaceHeader({ ...current, check, rev: current.rev + 1, op: deps.ids.operation() });
}
