import { isTerminal } from '../../shared/domain/execution/records.ts';
import { isJsonObject, type Json } from '../../shared/domain/json.ts';
import { toRfc3339 } from '../../shared/domain/time.ts';
import { nodeAt } from '../../shared/domain/workflow/plan.ts';
import { resolveWith } from '../../shared/engine/resolve-with.ts';
import { openSession } from '../../shared/engine/open-session.ts';
import type { App } from '../runtime/bootstrap.ts';
import type { CallbackAddress } from './callback-token.ts';

/** What a person must know to decide; undefined when nothing waits for the callback any more, or nothing ever did. */
export interface PendingDecision {
  readonly workflow: string;
  readonly execution: string;
  readonly node: string;
  /** The node's `with.message`, templates filled in. */
  readonly message: string | undefined;
  readonly until: string | undefined;
  readonly schema: Json | undefined;
}

export async function pendingDecision(
  app: App,
  address: CallbackAddress,
  requestId: string,
): Promise<PendingDecision | undefined> {
  const { workspace: ws, execution: ex } = address;
  const session = await openSession(
    app.engine,
    { ws, ex },
    { id: requestId, receiveCount: 1, isolated: false },
    0,
    false,
  );
  const index = session?.plan.indexOf.get(address.node);
  if (session === undefined || index === undefined) return undefined;
  const node = nodeAt(session.plan, index);
  const record = await app.executions.readNode(session.key, { node: address.node, gen: address.gen });
  const isOver =
    isTerminal(session.header.status) || session.header.stop !== undefined || session.generation(node) !== address.gen;
  if (isOver || record?.status !== 'waiting' || record.wait.for !== 'callback') return undefined;
  const { due, schema } = record.wait;
  if (due !== undefined && due <= app.engine.clock.now()) return undefined;
  const { value } = await resolveWith(session, {
    node,
    attempt: record.attempt,
    startedAt: record.startedAt,
    via: record.via,
  });
  const message = value.ok && isJsonObject(value.value) ? value.value['message'] : undefined;
  return {
    workflow: session.header.workflow,
    execution: session.header.execution,
    node: node.id,
    message: typeof message === 'string' ? message : undefined,
    until: due === undefined ? undefined : toRfc3339(due),
    schema,
  };
}
