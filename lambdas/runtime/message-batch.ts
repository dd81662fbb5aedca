import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { EngineDeps } from '../../shared/engine/engine-deps.ts';
import type { Delivery, WorkMessage } from '../../shared/engine/messages.ts';
import { readMessage } from '../../shared/engine/read-message.ts';
import { UnreadableError } from '../../shared/engine/unreadable.ts';
import { withLogContext } from './log-context.ts';

export interface BatchDeps {
  readonly engine: EngineDeps;
  readonly reportFailure: (record: SQSRecord, error: unknown) => void;
  readonly reportParked?: (record: SQSRecord, why: UnreadableError) => void;
}

/** What is done with one message: `work`, `buryMessage`. */
export type HandleMessage = (
  engine: EngineDeps,
  message: WorkMessage,
  delivery: Delivery,
  remainingMs: number,
) => Promise<void>;

/**
 * Handles the messages of one batch, side by side; answers which of them must come again. Each one's fault is its own.
 *
 * A message that cannot be read, or whose execution was written by a newer deployment, is neither misread nor tried for
 * hours, nor lost: it is parked, then acknowledged. Dying in between parks it twice, which harms nobody. Its execution is
 * gone on with by the newer deployment's sweeper, or when an operator puts the message back.
 */
export async function handleBatch(
  deps: BatchDeps,
  { Records }: SQSEvent,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
  handle: HandleMessage,
): Promise<SQSBatchResponse> {
  const failed = await Promise.all(Records.map((record) => handleRecord(deps, record, context, handle)));
  return { batchItemFailures: failed.flatMap((id) => (id === undefined ? [] : [{ itemIdentifier: id }])) };
}

/** The id of a record that must come again, undefined when it is done. */
async function handleRecord(
  deps: BatchDeps,
  record: SQSRecord,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
  handle: HandleMessage,
): Promise<string | undefined> {
  let message: WorkMessage;
  try {
    message = readMessage(record.body);
  } catch (error) {
    return afterTrouble(deps, record, error);
  }
  const delivery = {
    id: record.messageId,
    receiveCount: Number(record.attributes.ApproximateReceiveCount),
    isolated: message.kind === 'node' && message.isolated === true,
  };
  const about = { workspace: message.ws, ...('ex' in message && { execution: message.ex }) };
  return withLogContext(about, async () => {
    try {
      await handle(deps.engine, message, delivery, context.getRemainingTimeInMillis());
      return undefined;
    } catch (error) {
      return afterTrouble(deps, record, error);
    }
  });
}

async function afterTrouble(deps: BatchDeps, record: SQSRecord, error: unknown): Promise<string | undefined> {
  try {
    if (!(error instanceof UnreadableError)) throw error;
    await deps.engine.queue.park(record.body);
    deps.reportParked?.(record, error);
    return undefined;
  } catch (fault) {
    deps.reportFailure(record, fault);
    return record.messageId;
  }
}
