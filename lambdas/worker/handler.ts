import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { bootstrap } from '../runtime/bootstrap.ts';
import type { Env } from '../runtime/config.ts';
import { workBatch, type BatchDeps } from './work-batch.ts';

export type WorkerHandler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

/** Works messages of the work queue and, one at a time, of the isolated queue. */
export function createWorkerHandler(env: Env): WorkerHandler {
  const { engine, logger } = bootstrap(env, 'worker');
  const reportFailure: BatchDeps['reportFailure'] = ({ messageId, body }, error) =>
    logger.error('message failed; it comes again', {
      messageId,
      body,
      error: error instanceof Error ? error : String(error),
    });
  const handle = (event: SQSEvent, context: Context) => workBatch({ engine, reportFailure }, event, context);
  const handler = middy<SQSEvent, SQSBatchResponse>(handle).use(injectLambdaContext(logger));
  return (event, context) => Promise.resolve(handler(event, context));
}
