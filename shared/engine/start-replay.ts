import { epochMs } from '../domain/time.ts';
import type { EngineDeps } from './engine-deps.ts';
import type { DeadLetterFilter, ReplayJob } from './replay-jobs.ts';

export interface ReplayRequest {
  readonly workspace: string;
  readonly filter: DeadLetterFilter;
  readonly ratePerSecond: number;
}

/**
 * Begins a bulk replay: the record, then its first message. Who dies in between has begun nothing and answered nothing;
 * whoever asks again gets a job of its own, and two jobs over the same letters replay each of them once.
 */
export async function startReplay(deps: EngineDeps, request: ReplayRequest): Promise<ReplayJob> {
  const { clock, ids, queue, replays } = deps;
  const { workspace: ws, filter, ratePerSecond } = request;
  const now = clock.now();
  const op = ids.operation();
  // A letter that fails again during the job is newer than the job, and none of its business.
  const until = epochMs(Math.min(filter.until ?? Infinity, now));
  const job: ReplayJob = {
    workspace: ws,
    job: `rp_${op}`,
    filter: { ...filter, statuses: ['open'], until },
    ratePerSecond,
    createdAt: now,
    status: 'running',
    slice: 1,
    counts: { replayed: 0, skipped: 0, failed: 0 },
    op,
  };
  await replays.createJob(job);
  await queue.send([{ message: { v: 1, ws, kind: 'replay', job: job.job, slice: job.slice } }]);
  return job;
}
