import { exploreShare, type ExploreShare } from '../exhaustive/explore.ts';
import type { Problem } from '../run.ts';
import { runSeed } from '../seeds.ts';

/** What a runner process is asked to do, and what it answers. Plain data: it travels between processes. */
export type Job =
  | { readonly kind: 'seeds'; readonly from: number; readonly count: number }
  | ({ readonly kind: 'explore' } & ExploreShare);

export interface Failure {
  /** How to do it again. */
  readonly replay: string;
  readonly problems: readonly Problem[];
}

export interface Outcome {
  readonly runs: number;
  readonly steps: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly failures: readonly Failure[];
  /** One for each run, in order. */
  readonly digests: readonly string[];
  readonly recoveryMsMax?: number;
  readonly slowest?: string;
}

export function perform(job: Job): Promise<Outcome> {
  return job.kind === 'seeds' ? runSeeds(job.from, job.count) : exploreShare(job);
}

async function runSeeds(from: number, count: number): Promise<Outcome> {
  const faults: Record<string, number> = {};
  const failures: Failure[] = [];
  const digests: string[] = [];
  let steps = 0;
  for (let seed = from; seed < from + count; seed += 1) {
    const run = await runSeed(seed);
    steps += run.steps;
    digests.push(run.digest);
    for (const [kind, times] of run.faults) faults[kind] = (faults[kind] ?? 0) + times;
    if (run.problems.length > 0)
      failures.push({ replay: `npm run sim -- --seed ${seed} --runs 1 --verbose`, problems: run.problems });
  }
  return { runs: count, steps, faults, failures, digests };
}
