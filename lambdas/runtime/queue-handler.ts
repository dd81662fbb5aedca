import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { bootstrap } from './bootstrap.ts';
import type { Env } from './config.ts';
import type { BatchDeps } from './message-batch.ts';

export type QueueHandler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

/** Alarms and runbooks look for these lines. */
const FAILED = 'message failed; it comes again';
const PARKED = 'message parked; this deployment cannot read it or its execution';

/** Ours hold ids; a stranger's may hold anything. */
const LOGGED_BODY_MAX = 1_024;

/** A function that a queue feeds: it says what failed, and counts what was parked. */
export function createQueueHandler(
  env: Env,
  serviceName: string,
  handleBatch: (deps: BatchDeps, event: SQSEvent, context: Context) => Promise<SQSBatchResponse>,
): QueueHandler {
  const { engine, logger, metrics, totals } = bootstrap(env, serviceName);
  const deps: BatchDeps = {
    engine,
    reportFailure: ({ messageId, body }, error) =>
      logger.error(FAILED, { messageId, body, error: error instanceof Error ? error : String(error) }),
    reportParked: ({ messageId, body }, error) => {
      logger.error(PARKED, { messageId, body: body.slice(0, LOGGED_BODY_MAX), error });
      metrics.messageParked();
    },
  };
  const handle = async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
    try {
      return await handleBatch(deps, event, context);
    } finally {
      metrics.flush();
      await totals.publishIfDue();
    }
  };
  const handler = middy<SQSEvent, SQSBatchResponse>(handle).use(injectLambdaContext(logger));
  return (event, context) => Promise.resolve(handler(event, context));
}
