import type { Effort } from '../harness/effort.ts';
import { progress } from '../harness/progress.ts';
import { Target } from '../harness/target.ts';
import { runLarge, startsPerSecond, statusRead1738, statusReadsPerSecond, type LargeRead } from './api.ts';
import { startBare } from './bare.ts';
import { figuresOf, lap, race, type Course, type RaceFigures } from './race.ts';
import { solo } from './solo.ts';
import { startStepwell } from './stepwell.ts';

export interface SpeedReport {
  readonly chain10: RaceFigures & {
    readonly soloP50Ms: number;
    readonly soloP99Ms: number;
    readonly bareSoloP50Ms: number;
    readonly bareSoloP99Ms: number;
    readonly soloExecutions: number;
  };
  readonly fan100: RaceFigures;
  readonly startsPerSecond: number;
  readonly statusReadsPerSecond: number;
  readonly statusRead1738: LargeRead;
}

/** `warmUp`: chains before anything is measured; the compiler needs some hundred to be done. */
const EFFORT = {
  full: { warmUp: 400, rounds: 5, chains: 500, fans: 20, solos: 200, starts: 2_000, reads: 2_000, larges: 7 },
  quick: { warmUp: 40, rounds: 2, chains: 60, fans: 4, solos: 60, starts: 100, reads: 100, larges: 1 },
} as const;
const CHAIN_CONCURRENCY = 32;
const FAN_CONCURRENCY = 4;

/** Stepwell against the bare loop, in two processes that live as long as this; then what its API does a second. */
export async function measureSpeed(effort: Effort): Promise<SpeedReport> {
  const { warmUp, rounds, chains, fans, solos, starts, reads, larges } = EFFORT[effort];
  const chainCourse: Course = { shape: 'chain10', executions: chains, concurrency: CHAIN_CONCURRENCY };
  const fanCourse: Course = { shape: 'fan100', executions: fans, concurrency: FAN_CONCURRENCY };
  await using target = await Target.start();
  await using bare = await startBare(target);
  await using stepwell = await startStepwell(target);
  progress('speed: warming up both');
  for (const contender of [bare, stepwell]) {
    await lap(contender, target, { ...chainCourse, executions: warmUp });
    await lap(contender, target, { ...fanCourse, executions: FAN_CONCURRENCY / 2 });
  }
  const large = await runLarge(stepwell, larges);
  progress(`speed: one chain of 10 at a time, ${solos} each`);
  const soloTimes = await solo(stepwell, bare, target, solos);
  progress(`speed: ${rounds} rounds of ${chains} chains of 10, ${CHAIN_CONCURRENCY} at a time`);
  const chainRounds = await race(stepwell, bare, target, chainCourse, rounds);
  progress(`speed: ${rounds} rounds of ${fans} fan-outs of 100, ${FAN_CONCURRENCY} at a time`);
  const fanRounds = await race(stepwell, bare, target, fanCourse, rounds);
  progress('speed: starts and status reads');
  const api = {
    startsPerSecond: await startsPerSecond(stepwell, starts),
    statusReadsPerSecond: await statusReadsPerSecond(stepwell, reads),
    statusRead1738: await statusRead1738(stepwell, large),
  };
  await Promise.all([bare.verify(), stepwell.verify()]);
  return {
    chain10: {
      ...figuresOf(chainRounds),
      soloP50Ms: soloTimes.stepwell.p50Ms,
      soloP99Ms: soloTimes.stepwell.p99Ms,
      bareSoloP50Ms: soloTimes.bare.p50Ms,
      bareSoloP99Ms: soloTimes.bare.p99Ms,
      soloExecutions: solos,
    },
    fan100: figuresOf(fanRounds),
    ...api,
  };
}
