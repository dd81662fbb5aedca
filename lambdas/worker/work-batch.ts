import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { work } from '../../shared/engine/work.ts';
import { handleBatch, type BatchDeps, type InvocationContext } from '../runtime/message-batch.ts';

export function workBatch(deps: BatchDeps, event: SQSEvent, context: InvocationContext): Promise<SQSBatchResponse> {
  return handleBatch(deps, event, context, work);
}
