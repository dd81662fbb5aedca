import { inLanes } from '../harness/lanes.ts';
import { usedBetween } from '../harness/processor-time.ts';
import { median } from '../harness/statistics.ts';
import type { Target } from '../harness/target.ts';
import { SHAPES, type Contender, type Shape } from './contender.ts';

export interface Lap {
  readonly nodesPerSecond: number;
  /** Of the stack's process, the queues' emulator included, and of all that it started; undefined where nobody tells. */
  readonly cpuMsPerNode: number | undefined;
  /** The part of it that is the database's. */
  readonly databaseCpuMsPerNode: number | undefined;
  /** Of this process: the client and the target. */
  readonly driverCpuMsPerNode: number;
}

export interface Round {
  readonly stepwell: Lap;
  readonly bare: Lap;
  readonly ratioToBare: number;
}

export interface Course {
  readonly shape: Shape;
  /** Executions of each lap. */
  readonly executions: number;
  readonly concurrency: number;
}

let tags = 0;

/** A name for an execution, by which its last call is known. */
export const nextTag = (): string => `e${(tags += 1)}`;

/**
 * One lap: a lane starts its next execution when the last node of the one before has called. It is over when nothing is
 * under way any more, and then the target must have got each call exactly once.
 */
export async function lap(contender: Contender, target: Target, course: Course): Promise<Lap> {
  const { shape, executions, concurrency } = course;
  const nodes = executions * SHAPES[shape].nodes;
  const callsBefore = target.calls;
  const cpuBefore = contender.processorTime();
  const driverBefore = process.cpuUsage();
  const startedAt = performance.now();
  await inLanes(executions, concurrency, async () => {
    const tag = nextTag();
    const lastCall = target.lastCallOf(tag);
    await contender.start(shape, tag);
    await lastCall;
  });
  await contender.drained();
  const ms = performance.now() - startedAt;
  const driver = process.cpuUsage(driverBefore);
  const cpu = usedBetween(cpuBefore, contender.processorTime());
  const calls = target.calls - callsBefore;
  if (calls !== nodes) throw new Error(`${contender.name}: ${calls} calls came to the target instead of ${nodes}`);
  return {
    nodesPerSecond: (nodes / ms) * 1_000,
    cpuMsPerNode: cpu && (cpu.ownMs + cpu.childrenMs) / nodes,
    databaseCpuMsPerNode: cpu && cpu.childrenMs / nodes,
    driverCpuMsPerNode: (driver.user + driver.system) / 1_000 / nodes,
  };
}

/**
 * Rounds of two laps. The machine's neighbours come and go within seconds, so the two of a round run right after one
 * another, the one first in this round and the other in the next, and each round has a ratio of its own.
 */
export async function race(
  stepwell: Contender,
  bare: Contender,
  target: Target,
  course: Course,
  rounds: number,
): Promise<readonly Round[]> {
  const results: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const isStepwellFirst = round % 2 === 0;
    const first = await lap(isStepwellFirst ? stepwell : bare, target, course);
    const second = await lap(isStepwellFirst ? bare : stepwell, target, course);
    const [ours, theirs] = isStepwellFirst ? [first, second] : [second, first];
    results.push({ stepwell: ours, bare: theirs, ratioToBare: ours.nodesPerSecond / theirs.nodesPerSecond });
  }
  return results;
}

export interface RaceFigures {
  readonly nodesPerSecond: number;
  readonly bareNodesPerSecond: number;
  readonly ratioToBare: number;
  readonly cpuMsPerNode: number | undefined;
  readonly bareCpuMsPerNode: number | undefined;
  /** Steadier than that of the speeds: who waits for the processor uses none of it. */
  readonly cpuRatioToBare: number | undefined;
  readonly databaseCpuMsPerNode: number | undefined;
  readonly driverCpuMsPerNode: number;
  readonly rounds: readonly Round[];
}

/** The median of each; the ratio's is that of the rounds' ratios, not of the medians. */
export function figuresOf(rounds: readonly Round[]): RaceFigures {
  const middle = (of: (round: Round) => number | undefined): number | undefined => {
    const known = rounds.flatMap((round) => of(round) ?? []);
    return known.length < rounds.length ? undefined : median(known);
  };
  return {
    nodesPerSecond: median(rounds.map(({ stepwell }) => stepwell.nodesPerSecond)),
    bareNodesPerSecond: median(rounds.map(({ bare }) => bare.nodesPerSecond)),
    ratioToBare: median(rounds.map(({ ratioToBare }) => ratioToBare)),
    cpuMsPerNode: middle(({ stepwell }) => stepwell.cpuMsPerNode),
    bareCpuMsPerNode: middle(({ bare }) => bare.cpuMsPerNode),
    cpuRatioToBare: middle(({ stepwell, bare }) => ratio(stepwell.cpuMsPerNode, bare.cpuMsPerNode)),
    databaseCpuMsPerNode: middle(({ stepwell }) => stepwell.databaseCpuMsPerNode),
    driverCpuMsPerNode: median(rounds.map(({ stepwell }) => stepwell.driverCpuMsPerNode)),
    rounds,
  };
}

function ratio(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one / other;
}
