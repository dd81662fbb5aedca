import { isSettledRecord, isTerminal, type ExecutionKey } from '../domain/execution/records.ts';
import { failure } from '../domain/failure.ts';
import type { Json } from '../domain/json.ts';
import { epochMs } from '../domain/time.ts';
import { nodeAt } from '../domain/workflow/plan.ts';
import { lookSoon } from './check.ts';
import { settleOpen } from './claim.ts';
import { drive } from './drive.ts';
import type { EngineDeps, SchemaCheck } from './engine-deps.ts';
import { recover } from './recover.ts';
import { GUARD_DELAY_MS } from './time-budget.ts';
import { openSession } from './open-session.ts';

export interface Callback extends ExecutionKey {
  readonly node: string;
  readonly gen: number;
  readonly payload: { readonly output: Json } | { readonly error: { readonly code: string; readonly message: string } };
  /** Digest of the payload: the same again gets the same answer. */
  readonly digest: string;
  readonly requestId: string;
}

export type CallbackResult =
  | { readonly kind: 'accepted' | 'used' | 'expired' | 'not_found' }
  | { readonly kind: 'invalid'; readonly problems: readonly { readonly path: string; readonly message: string }[] };

/**
 * Ends a waiting node with what somebody sent (protocol §8 "Callback"). One conditional write decides between callback,
 * timeout and cancel; the guard message, sent first, carries on should we die after it, and so does the sweeper, which is
 * told to look soon.
 */
export async function acceptCallback(
  deps: EngineDeps,
  checkSchema: SchemaCheck,
  callback: Callback,
): Promise<CallbackResult> {
  const { workspace: ws, execution: ex } = callback;
  const session = await openSession(
    deps,
    { ws, ex },
    { id: callback.requestId, receiveCount: 1, isolated: false },
    GUARD_DELAY_MS,
    false,
  );
  if (session === undefined) return { kind: 'not_found' };
  const index = session.plan.indexOf.get(callback.node);
  const node = index === undefined ? undefined : nodeAt(session.plan, index);
  if (node === undefined) return { kind: 'not_found' };
  if (session.generation(node) !== callback.gen) return { kind: 'used' };
  const record = await deps.store.readNode(session.key, { node: callback.node, gen: callback.gen });
  if (record === undefined) return { kind: 'used' };
  if (isSettledRecord(record)) {
    if (record.callback === callback.digest) {
      await recoverUnlessEnded();
      return { kind: 'accepted' };
    }
    return { kind: record.error?.code === 'callback_expired' ? 'expired' : 'used' };
  }
  if (isTerminal(session.header.status) || session.header.stop !== undefined) return { kind: 'used' };
  if (record.status !== 'waiting' || record.wait.for !== 'callback') return { kind: 'used' };
  if (record.wait.due !== undefined && record.wait.due <= deps.clock.now()) return { kind: 'expired' };
  if ('output' in callback.payload && record.wait.schema !== undefined) {
    const { problems } = checkSchema(record.wait.schema, callback.payload.output);
    if (problems.length > 0) return { kind: 'invalid', problems };
  }
  await deps.queue.send([
    { message: { v: 1, ws, ex, kind: 'recover' }, notBefore: epochMs(deps.clock.now() + GUARD_DELAY_MS) },
  ]);
  await lookSoon(session);
  const end =
    'output' in callback.payload
      ? ({ status: 'succeeded', output: callback.payload.output } as const)
      : ({ status: 'failed', error: callbackFailed(callback.payload.error) } as const);
  const result = await settleOpen(session, node, record, end, callback.digest);
  if (result.kind === 'lost') return acceptCallback(deps, checkSchema, callback);
  await drive(session);
  return { kind: 'accepted' };

  async function recoverUnlessEnded(): Promise<void> {
    if (session === undefined || session.header.status !== 'running') return;
    await recover(session, { by: undefined, resendDelayed: false });
    await drive(session);
  }
}

function callbackFailed({ code, message }: { readonly code: string; readonly message: string }) {
  return failure('callback_failed', 'target', message, { details: { code } });
}
