import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { work } from '../../shared/engine/work.ts';
import { handleBatch, type BatchDeps } from '../runtime/message-batch.ts';

export function workBatch(
  deps: BatchDeps,
  event: SQSEvent,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<SQSBatchResponse> {
  return handleBatch(deps, event, context, work);
}
