import type { CostFigures } from '../../bench/cost/figures.ts';
import type { BenchReport } from '../../bench/report/report.ts';
import { figuresOf, type Lap, type Round } from '../../bench/speed/race.ts';

/** Made-up figures, in which every number can be told from every other where it matters. */
export function lapOf(nodesPerSecond: number, cpuMsPerNode: number | undefined): Lap {
  return {
    nodesPerSecond,
    cpuMsPerNode,
    databaseCpuMsPerNode: cpuMsPerNode && cpuMsPerNode / 4,
    driverCpuMsPerNode: 0.1,
  };
}

/** `proc: 'absent'`: nobody tells what processor time other processes use. */
export function roundOf(stepwell: number, bare: number, proc: 'there' | 'absent' = 'there'): Round {
  const cpu = proc === 'there' ? 2 : undefined;
  return { stepwell: lapOf(stepwell, cpu), bare: lapOf(bare, cpu && cpu / 2), ratioToBare: stepwell / bare };
}

export function costOf(wruPerNode: number): CostFigures {
  return {
    executions: 20,
    nodes: 10,
    wruPerNode,
    rruPerNode: 1.1,
    sqsPerNode: 0.2,
    schedulesPerExecution: 0,
    told: { wruPerNode, rruPerNode: 1.1, sqsPerNode: 0.2 },
    usdPerMillionNodes: 1.512_345_6,
    usdPerMillionNodesLocalTime: 1.6,
    usdPerMillionNodesOffTheWire: 1.4,
    modelHandlerMsPerNode: 11,
  };
}

export function reportOf(proc: 'there' | 'absent' = 'there'): BenchReport {
  const chainRounds = figuresOf([roundOf(600, 1_000, proc)]);
  const solo = { soloP50Ms: 28.5, soloP99Ms: 46, bareSoloP50Ms: 15, bareSoloP99Ms: 30, soloExecutions: 60 };
  return {
    effort: 'quick',
    seconds: 42.123_456,
    cost: {
      chain10: costOf(1.7),
      fan100: costOf(1.2),
      pure20: { ...costOf(0.4), perPureNode: { wru: 0, rru: 0 } },
      'a-real-dag': costOf(3.1),
      retries: costOf(5.7),
      waits: costOf(3.7),
      longWaits: costOf(3),
    },
    scale: [
      { nodes: 100, wruPerNode: 1.2, rruPerNode: 0.2, sqsPerNode: 0.1, usdPerMillionNodes: 1 },
      { nodes: 10_000, wruPerNode: 1.1, rruPerNode: 0.2, sqsPerNode: 0.1, usdPerMillionNodes: 0.9 },
      { executions: 100, wruPerNode: 1.7, rruPerNode: 1.1, sqsPerNode: 0.1, usdPerMillionNodes: 1.5 },
    ],
    scaleRatio: { nodes: 0.9, executions: 1 },
    speed: {
      chain10: { ...chainRounds, ...solo },
      fan100: figuresOf([roundOf(770, 1_234, proc)]),
      startsPerSecond: 206,
      statusReadsPerSecond: 633,
      statusRead1738: { ms: 97.7, againMs: 9.5, bytes: 256_835, nodes: 1_738 },
    },
    roundTrips: {
      inline: 1,
      localJoin: 2,
      dispatched: 4,
      modelMs: { inline: 7.6, localJoin: 15.2, dispatched: 35.4 },
      steps: { inline: ['commit'], localJoin: ['commit', 'claim'], dispatched: ['commit', 'send', 'read', 'take'] },
    },
    bundles: { api: { zippedBytes: 400_000, initMs: 100, rssBytes: 75e6, nodeRssBytes: 45e6 } },
    machine: { cpu: 'a processor', cores: 2, memoryGb: 16, system: 'Linux', node: 'v24.0.0', loadBefore: 0.1 },
  };
}
