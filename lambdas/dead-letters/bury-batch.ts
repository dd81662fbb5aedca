import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { buryMessage } from '../../shared/engine/bury-message.ts';
import { handleBatch, type BatchDeps } from '../runtime/message-batch.ts';

export function buryBatch(
  deps: BatchDeps,
  event: SQSEvent,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<SQSBatchResponse> {
  return handleBatch(deps, event, context, buryMessage);
}
