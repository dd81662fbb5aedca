import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { EngineDeps } from '../../shared/engine/engine-deps.ts';
import { WorkMessage } from '../../shared/engine/messages.ts';
import { work } from '../../shared/engine/work.ts';

export interface BatchDeps {
  readonly engine: EngineDeps;
  readonly reportFailure: (record: SQSRecord, error: unknown) => void;
}

/** Works the messages of one batch, side by side; answers which of them must come again. Each one's fault is its own. */
export async function workBatch(
  deps: BatchDeps,
  { Records }: SQSEvent,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<SQSBatchResponse> {
  const failed = await Promise.all(Records.map((record) => workRecord(deps, record, context)));
  return { batchItemFailures: failed.flatMap((id) => (id === undefined ? [] : [{ itemIdentifier: id }])) };
}

/** The id of a record that must come again, undefined when it is done. */
async function workRecord(
  { engine, reportFailure }: BatchDeps,
  record: SQSRecord,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<string | undefined> {
  try {
    const message = WorkMessage.parse(JSON.parse(record.body));
    const delivery = {
      id: record.messageId,
      receiveCount: Number(record.attributes.ApproximateReceiveCount),
      isolated: message.kind === 'node' && message.isolated === true,
    };
    await work(engine, message, delivery, context.getRemainingTimeInMillis());
    return undefined;
  } catch (error) {
    reportFailure(record, error);
    return record.messageId;
  }
}
