import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { StackMetrics } from '../../../lambdas/runtime/stack-metrics.ts';
import { METRICS } from '../../../shared/config/metrics.ts';

const { executions, nodeDuration, sweeper, dimension } = METRICS;
const lines: string[] = [];

beforeEach(() => {
  lines.length = 0;
  // Powertools then writes where a test can listen.
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  vi.spyOn(console, 'log').mockImplementation((line: unknown) => void lines.push(String(line)));
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const written = () => lines.map((line): unknown => JSON.parse(line));

describe('an invocation’s metrics', () => {
  test('are one line, in the format that CloudWatch takes metrics from, with the stack as their only dimension', () => {
    const metrics = new StackMetrics('stepwell-dev');
    metrics.executionStarted('acme');
    metrics.executionStarted('acme');
    metrics.executionEnded('acme', 'succeeded', 1_200);
    metrics.executionEnded('acme', 'timed_out', 60_000);
    metrics.deadLetterFiled('acme');
    metrics.messageParked();
    metrics.flush();
    expect(written()).toMatchObject([
      {
        [dimension]: 'stepwell-dev',
        [executions.started]: 2,
        [executions.succeeded]: 1,
        [executions.timedOut]: 1,
        [executions.duration]: [1_200, 60_000],
        [METRICS.deadLettersFiled]: 1,
        [METRICS.messagesParked]: 1,
        _aws: { CloudWatchMetrics: [{ Namespace: METRICS.namespace, Dimensions: [[dimension]] }] },
      },
    ]);
  });

  test('are one line more for each type of node that ended: never for each node', () => {
    const metrics = new StackMetrics('stepwell-dev');
    for (let at = 0; at < 10; at += 1) metrics.nodeEnded('acme', 'http', at);
    metrics.nodeEnded('acme', 'wait', 3_000);
    metrics.flush();
    expect(written()).toMatchObject([
      {
        [dimension]: 'stepwell-dev',
        [nodeDuration.dimension]: 'http',
        [nodeDuration.name]: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      },
      { [dimension]: 'stepwell-dev', [nodeDuration.dimension]: 'wait', [nodeDuration.name]: 3_000 },
    ]);
    const { _aws } = written()[0] as { _aws: { CloudWatchMetrics: { Dimensions: string[][] }[] } };
    expect(_aws.CloudWatchMetrics[0]?.Dimensions.flat().sort()).toEqual([dimension, nodeDuration.dimension].sort());
  });

  test('are nothing where nothing happened, and nothing twice', () => {
    const metrics = new StackMetrics('stepwell-dev');
    metrics.flush();
    expect(lines).toEqual([]);
    metrics.active(3);
    metrics.flush();
    metrics.flush();
    expect(written()).toMatchObject([{ [executions.active]: 3 }]);
  });

  test('say what a sweep came to', () => {
    const metrics = new StackMetrics('stepwell-dev');
    metrics.swept({ lagMs: 61_000, looked: 7, failed: 2, leftOver: 3 });
    metrics.flush();
    expect(written()).toMatchObject([
      { [sweeper.lag]: 61_000, [sweeper.looked]: 7, [sweeper.failed]: 2, [sweeper.leftOver]: 3 },
    ]);
  });

  test('a thousand nodes of one type lose none', () => {
    const metrics = new StackMetrics('stepwell-dev');
    for (let at = 0; at < 1_000; at += 1) metrics.nodeEnded('acme', 'http', at);
    metrics.flush();
    const values = written().flatMap((line) => (line as Record<string, number | number[]>)[nodeDuration.name]);
    expect(values).toHaveLength(1_000);
  });

  test('are not written by the local stack', () => {
    vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'true');
    const metrics = new StackMetrics('stepwell-dev');
    metrics.executionStarted('acme');
    metrics.flush();
    expect(lines).toEqual([]);
  });
});
