import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { buryMessage } from '../../shared/engine/bury-message.ts';
import { handleBatch, type BatchDeps, type InvocationContext } from '../runtime/message-batch.ts';

export function buryBatch(deps: BatchDeps, event: SQSEvent, context: InvocationContext): Promise<SQSBatchResponse> {
  return handleBatch(deps, event, context, buryMessage);
}
