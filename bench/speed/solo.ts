import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '../harness/statistics.ts';
import type { Target } from '../harness/target.ts';
import type { Contender } from './contender.ts';
import { nextTag } from './race.ts';

export interface SoloFigures {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** After the last call its answer is committed, and the end after that: a question before is in the way, and asked again. */
const LAST_WRITES_MS = 2;

/** One chain of 10 at a time, nothing beside it, the contenders taking turns: so that both meet the same neighbours. */
export async function solo(
  stepwell: Contender,
  bare: Contender,
  target: Target,
  executions: number,
): Promise<{ readonly stepwell: SoloFigures; readonly bare: SoloFigures }> {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let at = 0; at < executions; at += 1) {
    ours.push(await alone(stepwell, target));
    theirs.push(await alone(bare, target));
  }
  return { stepwell: figures(ours), bare: figures(theirs) };
}

/** From sending the start to the end of the execution. */
async function alone(contender: Contender, target: Target): Promise<number> {
  const tag = nextTag();
  const lastCall = target.lastCallOf(tag);
  const startedAt = performance.now();
  const execution = await contender.start('chain10', tag);
  await lastCall;
  // Asked for only now, so that questions do not take the time of what is asked about.
  await sleep(LAST_WRITES_MS);
  await contender.ended(execution);
  return performance.now() - startedAt;
}

const figures = (times: readonly number[]): SoloFigures => ({
  p50Ms: percentile(times, 0.5),
  p99Ms: percentile(times, 0.99),
});
