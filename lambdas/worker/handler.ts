import type { Env } from '../runtime/config.ts';
import { createQueueHandler, type QueueHandler } from '../runtime/queue-handler.ts';
import { workBatch } from './work-batch.ts';

/** Works messages of the work queue and, one at a time, of the isolated queue. */
export function createWorkerHandler(env: Env): QueueHandler {
  return createQueueHandler(env, 'worker', workBatch);
}
