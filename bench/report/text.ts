import { AWS_LATENCIES } from '../round-trips/aws-latencies.ts';
import type { RaceFigures } from '../speed/race.ts';
import type { BenchReport } from './report.ts';
import { number, table, type Row } from './table.ts';

/** The report for people: a table for each part, and under it what its figures leave out. */
export function reportText(report: BenchReport): string {
  const { cpu, cores, memoryGb, system, node, loadBefore } = report.machine;
  const parts = [
    ['SPEED, against the bare loop (same stack, no engine), on this machine', ...speedTable(report)],
    ['COST of a node, with its share of what an execution costs as such', ...costTable(report)],
    ['SCALE', ...scaleTable(report)],
    ['ROUND TRIPS from the end of one node to the start of the next', ...roundTripTable(report)],
    ['BUNDLES', ...bundleTable(report)],
    [
      `${cpu}, ${cores} cores, ${memoryGb} GB, ${system}, Node ${node}; load ${loadBefore} before.`,
      `${report.effort === 'quick' ? 'Quick: few rounds, so take speed with care. ' : ''}It took ${number(report.seconds)} s.`,
    ],
  ];
  return `${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function speedTable({ speed }: BenchReport): readonly string[] {
  const row = (name: string, figures: RaceFigures, p50?: number, p99?: number): Row => [
    name,
    number(figures.nodesPerSecond),
    number(figures.bareNodesPerSecond),
    number(figures.ratioToBare, 2),
    figures.rounds.map(({ ratioToBare }) => ratioToBare.toFixed(2)).join(' '),
    number(figures.cpuMsPerNode, 2),
    number(figures.bareCpuMsPerNode, 2),
    number(figures.cpuRatioToBare, 2),
    p50 === undefined ? '' : `${number(p50, 1)} / ${number(p99, 1)}`,
  ];
  const { chain10, fan100, statusRead1738: large } = speed;
  return [
    ...table(
      ['', 'nodes/s', 'bare', 'ratio', 'of each round', 'CPU ms/node', 'bare', 'ratio', 'alone p50 / p99 ms'],
      [row('chain of 10', chain10, chain10.soloP50Ms, chain10.soloP99Ms), row('1 → 100 → 1', fan100)],
    ),
    `Alone, the bare loop takes ${number(chain10.bareSoloP50Ms, 1)} / ${number(chain10.bareSoloP99Ms, 1)} ms for ten nodes.`,
    ...(chain10.cpuMsPerNode === undefined
      ? ['Processor time of other processes is read from /proc: only on Linux.']
      : []),
    `Answered a second: ${number(speed.startsPerSecond)} starts, ${number(speed.statusReadsPerSecond)} reads of the status of ten nodes.`,
    `Status of ${number(large.nodes)} nodes: ${number(large.ms, 1)} ms the first time, ${number(large.againMs, 1)} ms again; ${number(large.bytes / 1_024)} KB, one page.`,
  ];
}

function costTable({ cost }: BenchReport): readonly string[] {
  const rows = Object.entries(cost).map(([name, figures]): Row => {
    const { told } = figures;
    return [
      name,
      number(figures.nodes),
      number(figures.executions),
      ...pair(figures.wruPerNode, told.wruPerNode),
      ...pair(figures.rruPerNode, told.rruPerNode),
      ...pair(figures.sqsPerNode, told.sqsPerNode),
      number(figures.usdPerMillionNodes, 2),
      number(figures.usdPerMillionNodesLocalTime, 2),
      number(figures.usdPerMillionNodesOffTheWire, 2),
    ];
  });
  const { wru = 0, rru = 0 } = cost['pure20']?.perPureNode ?? {};
  return [
    ...table(
      ['', 'nodes', 'runs', 'WRU', 'told', 'RRU', 'told', 'SQS', 'told', 'USD/M nodes', 'local time', 'off the wire'],
      rows,
    ),
    'WRU, RRU, SQS: units and requests a node, counted on the wire; told: what GET /v1/executions/{id} says of itself.',
    'USD: told units, with handler time as published latencies of AWS have it; the same with the time measured here;',
    'and units off the wire with modelled time, but no logs.',
    'Left out: how long targets take, computing time, lifecycle events, tracing, storage, and what an idle stack costs.',
    `Each of pure20's twenty transforms adds ${number(wru, 2)} WRU and ${number(rru, 2)} RRU. longWaits is counted until it waits.`,
  ];
}

const pair = (wire: number, told: number): Row => [number(wire, 2), number(told, 2)];

function scaleTable({ scale, scaleRatio }: BenchReport): readonly string[] {
  const rows = scale.map(({ nodes, executions, ...figures }): Row => [
    nodes === undefined ? `${number(executions)} × chain of 10` : `fan-out, ${number(nodes)} nodes`,
    number(figures.wruPerNode, 3),
    number(figures.rruPerNode, 3),
    number(figures.sqsPerNode, 3),
    number(figures.usdPerMillionNodes, 3),
  ]);
  const far = (by: 'nodes' | 'executions'): string => number(scale.findLast((row) => row[by] !== undefined)?.[by]);
  return [
    ...table(['', 'WRU/node', 'RRU/node', 'SQS/node', 'USD/M nodes'], rows),
    `A node costs ${number(scaleRatio.nodes, 2)} times as much among ${far('nodes')} as among 100, ` +
      `and ${number(scaleRatio.executions, 2)} times as much in ${far('executions')} executions as in 100.`,
  ];
}

function roundTripTable({ roundTrips }: BenchReport): readonly string[] {
  const ways = ['inline', 'localJoin', 'dispatched'] as const;
  const { dynamodbWriteMs, dynamodbReadMs, queueMs } = AWS_LATENCIES;
  const rows = ways.map((way): Row => [way, number(roundTrips[way]), number(roundTrips.modelMs[way], 1)]);
  return [
    ...table(['', 'calls', 'model ms'], rows),
    ...ways.map((way) => `${way}: ${roundTrips.steps[way].join(', then ')}`),
    `Model: DynamoDB write ${dynamodbWriteMs} ms, read ${dynamodbReadMs} ms (assumed), SQS to Lambda ${queueMs} ms.`,
    'Sources: bench/round-trips/aws-latencies.ts.',
  ];
}

function bundleTable({ bundles }: BenchReport): readonly string[] {
  const megabytes = (bytes: number): string => number(bytes / 1_048_576, 1);
  const rows = Object.entries(bundles).map(([name, { zippedBytes, initMs, rssBytes, nodeRssBytes }]): Row => [
    name,
    number(zippedBytes / 1_000),
    number(initMs),
    megabytes(rssBytes),
    megabytes(rssBytes - nodeRssBytes),
  ]);
  return table(['', 'KB zipped', 'init ms', 'RSS MB', 'without Node'], rows);
}
