import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { median, percentile } from '../../bench/harness/statistics.ts';
import { readOptions } from '../../bench/options.ts';
import { reportJson } from '../../bench/report/report.ts';
import { table } from '../../bench/report/table.ts';
import { reportText } from '../../bench/report/text.ts';
import { ratioOf } from '../../bench/scale/scale.ts';
import { figuresOf } from '../../bench/speed/race.ts';
import { reportOf, roundOf } from './figures.ts';

/** What machines read: names that others rely on. */
const Cost = z.object({ wruPerNode: z.number(), rruPerNode: z.number(), sqsPerNode: z.number() }).extend({
  usdPerMillionNodes: z.number(),
  usdPerMillionNodesLocalTime: z.number(),
});
const Race = z.object({
  nodesPerSecond: z.number(),
  bareNodesPerSecond: z.number(),
  ratioToBare: z.number(),
  cpuMsPerNode: z.number().optional(),
  rounds: z.array(z.object({ ratioToBare: z.number() })),
});
const Report = z.object({
  cost: z
    .object({ chain10: Cost, fan100: Cost, pure20: Cost, retries: Cost, waits: Cost, longWaits: Cost })
    .catchall(Cost),
  scale: z.array(
    z.object({
      nodes: z.number().optional(),
      executions: z.number().optional(),
      wruPerNode: z.number(),
      usdPerMillionNodes: z.number(),
    }),
  ),
  speed: z.object({
    chain10: Race.extend({ soloP50Ms: z.number(), soloP99Ms: z.number() }),
    fan100: Race,
    startsPerSecond: z.number(),
    statusReadsPerSecond: z.number(),
    statusRead1738: z.object({ ms: z.number(), againMs: z.number(), bytes: z.number() }),
  }),
  roundTrips: z.object({
    inline: z.number(),
    localJoin: z.number(),
    dispatched: z.number(),
    modelMs: z.record(z.string(), z.number()),
  }),
  bundles: z.record(z.string(), z.object({ zippedBytes: z.number(), initMs: z.number() })),
  machine: z.object({ cores: z.number() }),
});

describe('for machines', () => {
  test('all names are there, and each real DAG under its own', () => {
    const report = Report.parse(JSON.parse(reportJson(reportOf())));
    expect(Object.keys(report.cost)).toContain('a-real-dag');
    expect(report.speed.chain10.rounds).toHaveLength(1);
  });

  test('no number has more digits than were measured', () => {
    const { cost } = Report.parse(JSON.parse(reportJson(reportOf())));
    expect(cost.chain10.usdPerMillionNodes).toBe(1.5123);
  });

  test('where there is no /proc, processor time is left out', () => {
    const { speed } = Report.parse(JSON.parse(reportJson(reportOf('absent'))));
    expect(speed.chain10).not.toHaveProperty('cpuMsPerNode');
  });
});

describe('for people', () => {
  test('every workflow has a line, and what is left out is said', () => {
    const text = reportText(reportOf());
    for (const name of Object.keys(reportOf().cost)) expect(text).toMatch(new RegExp(`^${name} `, 'm'));
    expect(text).toContain('Left out: how long targets take, computing time, lifecycle events, tracing');
    expect(text).toContain('0.90 times as much among 10,000 as among 100');
    expect(text).toContain('Quick: few rounds');
  });

  test('where there is no /proc, it says so', () => {
    expect(reportText(reportOf('absent'))).toContain('only on Linux');
    expect(reportText(reportOf())).not.toContain('only on Linux');
  });

  test('columns are as wide as their widest cell, numbers aligned to the right', () => {
    expect(
      table(
        ['', 'n'],
        [
          ['long name', '1'],
          ['x', '1,234'],
        ],
      ),
    ).toEqual(['               n', '─────────  ─────', 'long name      1', 'x          1,234']);
  });
});

describe('what the rounds come to', () => {
  test('the median of the ratios, not the ratio of the medians', () => {
    const { ratioToBare, nodesPerSecond, bareNodesPerSecond } = figuresOf([
      roundOf(500, 1_000),
      roundOf(900, 1_000),
      roundOf(600, 2_000),
    ]);
    expect({ ratioToBare, nodesPerSecond, bareNodesPerSecond }).toEqual({
      ratioToBare: 0.5,
      nodesPerSecond: 600,
      bareNodesPerSecond: 1_000,
    });
  });

  test('processor time that is not known of every round is not known', () => {
    expect(figuresOf([roundOf(1, 1), roundOf(1, 1)]).cpuMsPerNode).toBe(2);
    expect(figuresOf([roundOf(1, 1), roundOf(1, 1, 'absent')])).toMatchObject({
      cpuMsPerNode: undefined,
      cpuRatioToBare: undefined,
    });
  });

  test('the middle of an odd number, the mean of the two in the middle of an even one', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  test('a percentile is a value that was measured', () => {
    const hundred = Array.from({ length: 100 }, (_, at) => 100 - at);
    expect(percentile(hundred, 0.5)).toBe(50);
    expect(percentile(hundred, 0.99)).toBe(99);
    expect(percentile([7], 0.99)).toBe(7);
  });

  test('the largest against the row of 100', () => {
    const { scale } = reportOf();
    expect(ratioOf(scale, 'nodes')).toBe(0.9);
    expect(ratioOf(scale, 'executions')).toBe(1);
  });
});

describe('flags', () => {
  test('both may be there', () => {
    expect(readOptions([])).toEqual({ json: false, effort: 'full' });
    expect(readOptions(['--quick', '--json'])).toEqual({ json: true, effort: 'quick' });
  });

  test('what is unknown is named', () => {
    expect(readOptions(['--quick', '--fast'])).toEqual({
      problem: "'--fast' is nothing that the bench knows: it takes --json and --quick.",
    });
  });
});
