import { API, DEAD_LETTERS, ISOLATED, RECURSIVE_LOOP, SWEEPER, WORKER } from '../../../shared/config/functions.ts';

/** The functions as Lambda sees them: what the constructs configure, taken from where they take it. */
export interface FunctionConfig {
  readonly timeoutMs: number;
  readonly batchSize: number;
  readonly concurrency: number;
  /** `Allow`: Lambda lets a chain of messages through this function go on beyond {@link HOPS_MAX}. */
  readonly recursiveLoop: 'Allow' | 'Terminate';
}

/** Those that a queue feeds. */
export type QueueFunction = 'worker' | 'isolated' | 'deadLetters';
export type FunctionName = QueueFunction | 'sweeper' | 'api';

/** How often one chain of messages may pass through functions that may not loop. */
export const HOPS_MAX = 16;

export const FUNCTIONS: Readonly<Record<FunctionName, FunctionConfig>> = {
  worker: {
    timeoutMs: WORKER.timeoutSeconds * 1_000,
    batchSize: WORKER.batchSize,
    concurrency: WORKER.maximumConcurrency,
    recursiveLoop: RECURSIVE_LOOP.Worker,
  },
  isolated: {
    timeoutMs: WORKER.timeoutSeconds * 1_000,
    batchSize: ISOLATED.batchSize,
    concurrency: ISOLATED.maximumConcurrency,
    recursiveLoop: RECURSIVE_LOOP.IsolatedWorker,
  },
  deadLetters: {
    timeoutMs: DEAD_LETTERS.timeoutSeconds * 1_000,
    batchSize: DEAD_LETTERS.batchSize,
    concurrency: DEAD_LETTERS.maximumConcurrency,
    recursiveLoop: RECURSIVE_LOOP.DeadLetters,
  },
  sweeper: {
    timeoutMs: SWEEPER.timeoutSeconds * 1_000,
    batchSize: 1,
    concurrency: 1,
    recursiveLoop: RECURSIVE_LOOP.Sweeper,
  },
  api: { timeoutMs: API.timeoutSeconds * 1_000, batchSize: 1, concurrency: 1_000, recursiveLoop: RECURSIVE_LOOP.Api },
};
