import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { InvocationMeter, METRIC_BYTES, shareOfBatch } from '../../../lambdas/runtime/invocation-meter.ts';
import { StackMetrics } from '../../../lambdas/runtime/stack-metrics.ts';
import { currentTally } from '../../../shared/metering/tally.ts';
import { NO_USAGE, plus } from '../../../shared/metering/usage.ts';

let now: number;

beforeEach(() => {
  now = 1_000;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});

afterEach(() => vi.restoreAllMocks());

const taken = () => currentTally()?.take() ?? NO_USAGE;

describe('an invocation of half a GB', () => {
  test('costs each of its messages their share of the time in which they were under way', async () => {
    const meter = new InvocationMeter({ memoryLimitInMB: '512' });
    const second = Promise.withResolvers<void>();
    const one = meter.run('a', { own: {} }, async () => {
      now += 1_000;
      const alone = taken().gbSeconds;
      second.resolve();
      await sleep(0);
      now += 2_000;
      return [alone, taken().gbSeconds];
    });
    const other = second.promise.then(() =>
      meter.run('b', { own: {} }, async () => {
        await sleep(20);
        return taken().gbSeconds;
      }),
    );
    // One second alone, two together, half a GB of each.
    expect(await one).toEqual([0.5, 0.5]);
    expect(await other).toBe(0.5);
  });

  test('goes on from what its message brought, and adds its own part', async () => {
    const meter = new InvocationMeter({ memoryLimitInMB: '512' });
    const received = plus(NO_USAGE, { writeUnits: 3 });
    const own = shareOfBatch(4);
    expect(own).toEqual({ invocations: 0.25, queueRequests: 0.5, logBytes: METRIC_BYTES / 4 });
    const usage = await meter.run('a', { received, own }, () => Promise.resolve(taken()));
    expect(usage).toEqual(plus(received, own));
  });
});

test('what an invocation is taken to log is about what its metrics are', () => {
  const lines: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  const metrics = new StackMetrics('stepwell-prod');
  metrics.executionEnded('acme', 'succeeded', 1_234);
  for (let at = 0; at < 10; at += 1) metrics.nodeEnded('acme', 'http', 123);
  metrics.flush();
  vi.unstubAllEnvs();
  const bytes = lines.reduce((sum, line) => sum + JSON.stringify(JSON.parse(line)).length, 0);
  expect(lines).toHaveLength(2);
  expect(bytes).toBeGreaterThan(METRIC_BYTES * 0.75);
  expect(bytes).toBeLessThan(METRIC_BYTES * 1.25);
});
