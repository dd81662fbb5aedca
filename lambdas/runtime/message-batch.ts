import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { EngineDeps } from '../../shared/engine/engine-deps.ts';
import type { Delivery, WorkMessage } from '../../shared/engine/messages.ts';
import { readMessage } from '../../shared/engine/read-message.ts';
import { UnreadableError } from '../../shared/engine/unreadable.ts';
import { usageOf } from '../../shared/metering/usage.ts';
import { InvocationMeter, shareOfBatch } from './invocation-meter.ts';
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

export type InvocationContext = Pick<Context, 'getRemainingTimeInMillis' | 'memoryLimitInMB'>;

interface Work {
  readonly handle: HandleMessage;
  readonly context: InvocationContext;
  readonly metered: (message: WorkMessage, run: () => Promise<string | undefined>) => Promise<string | undefined>;
}

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
  context: InvocationContext,
  handle: HandleMessage,
): Promise<SQSBatchResponse> {
  const meter = new InvocationMeter(context);
  const share = shareOfBatch(Records.length);
  const metered: Work['metered'] = ({ ws, usage }, run) => meter.run(ws, { received: usageOf(usage), own: share }, run);
  const work = { handle, context, metered };
  const failed = await Promise.all(Records.map((record) => handleRecord(deps, record, work)));
  return { batchItemFailures: failed.flatMap((id) => (id === undefined ? [] : [{ itemIdentifier: id }])) };
}

/** The id of a record that must come again, undefined when it is done. */
async function handleRecord(
  deps: BatchDeps,
  record: SQSRecord,
  { handle, context, metered }: Work,
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
  const run = async (): Promise<string | undefined> => {
    try {
      await handle(deps.engine, message, delivery, context.getRemainingTimeInMillis());
      return undefined;
    } catch (error) {
      return afterTrouble(deps, record, error);
    }
  };
  return withLogContext(about, () => metered(message, run));
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
