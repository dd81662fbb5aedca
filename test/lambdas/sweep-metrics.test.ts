import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SweepMetrics } from '../../lambdas/sweeper/sweep-metrics.ts';
import { METRICS } from '../../shared/config/metrics.ts';

const REPORT = { lagMs: 61_000, looked: 7, failed: 2, leftOver: 3 };
const lines: unknown[] = [];

beforeEach(() => {
  lines.length = 0;
  // Powertools then writes where a test can listen.
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.spyOn(console, 'log').mockImplementation((line: unknown) => void lines.push(line));
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test('one line holds what the sweep came to, in the format that CloudWatch takes metrics from', () => {
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  new SweepMetrics('sweeper').publish(REPORT);
  expect(lines).toHaveLength(1);
  const { lag, looked, failed, leftOver } = METRICS.sweeper;
  const line: unknown = JSON.parse(String(lines[0]));
  expect(line).toMatchObject({
    [METRICS.dimension]: 'sweeper',
    [lag]: 61_000,
    [looked]: 7,
    [failed]: 2,
    [leftOver]: 3,
    _aws: { CloudWatchMetrics: [{ Namespace: METRICS.namespace, Dimensions: [[METRICS.dimension]] }] },
  });
});

test('the local stack writes none', () => {
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'true');
  new SweepMetrics('sweeper').publish(REPORT);
  expect(lines).toEqual([]);
});
