import type { Env } from '../runtime/config.ts';
import { createQueueHandler, type QueueHandler } from '../runtime/queue-handler.ts';
import { buryBatch } from './bury-batch.ts';

/** Buries messages of the dead-letter queue: their nodes fail, their executions end. */
export function createDeadLettersHandler(env: Env): QueueHandler {
  return createQueueHandler(env, 'dead-letters', buryBatch);
}
