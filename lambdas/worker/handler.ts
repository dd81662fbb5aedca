import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { WorkMessage } from '../../shared/engine/messages.ts';
import { work } from '../../shared/engine/work.ts';
import { bootstrap, type App } from '../runtime/bootstrap.ts';
import type { Env } from '../runtime/config.ts';

export type WorkerHandler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

/** Works messages of the work queue and, one at a time, of the isolated queue. */
export function createWorkerHandler(env: Env): WorkerHandler {
  const app = bootstrap(env, 'worker');
  const handle = async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
    const results = await Promise.all(event.Records.map((record) => workRecord(app, record, context)));
    return {
      batchItemFailures: results.flatMap((failed) => (failed === undefined ? [] : [{ itemIdentifier: failed }])),
    };
  };
  const handler = middy<SQSEvent, SQSBatchResponse>(handle).use(injectLambdaContext(app.logger));
  return (event, context) => Promise.resolve(handler(event, context));
}

/** The id of a record that must come again, undefined when it is done. Each record's fault is its own. */
async function workRecord(app: App, record: SQSRecord, context: Context): Promise<string | undefined> {
  try {
    const message = WorkMessage.parse(JSON.parse(record.body));
    const delivery = {
      id: record.messageId,
      receiveCount: Number(record.attributes.ApproximateReceiveCount),
      isolated: message.kind === 'node' && message.isolated === true,
    };
    await work(app.engine, message, delivery, context.getRemainingTimeInMillis());
    return undefined;
  } catch (error) {
    app.logger.error('message failed; it comes again', {
      messageId: record.messageId,
      body: record.body,
      error: error instanceof Error ? error : String(error),
    });
    return record.messageId;
  }
}
