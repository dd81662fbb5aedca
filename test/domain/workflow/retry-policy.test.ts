import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NodeDefinition } from '../../../shared/domain/workflow/definition.ts';
import { NO_RETRY, retryDelayMs, retryPolicy } from '../../../shared/domain/workflow/retry-policy.ts';

type Retry = NonNullable<NodeDefinition['retry']>;
const policy = (retry?: Retry) => retryPolicy({ type: 'http', ...(retry !== undefined && { retry }) });

/** The waits before attempts 2, 3, … without jitter. */
function waits(retry: Retry | undefined, random = 0): number[] {
  const made = policy(retry);
  return Array.from({ length: made.attempts - 1 }, (_, failed) => retryDelayMs(made, failed + 1, random));
}

const S = 1_000;
const MIN = 60 * S;

describe('when attempts come', () => {
  test.each<[string, Retry | undefined, number[]]>([
    ['nothing said: 3 attempts, 1 s and 2 s', undefined, [1 * S, 2 * S]],
    ['delays: five attempts', { delays: ['0s', '1m', '5m', '30m'] }, [0, MIN, 5 * MIN, 30 * MIN]],
    ['more attempts than delays: the last repeats', { attempts: 5, delays: ['0s', '1m'] }, [0, MIN, MIN, MIN]],
    ['fewer attempts than delays', { attempts: 2, delays: ['0s', '1m', '5m'] }, [0]],
    ['one attempt', { attempts: 1 }, []],
    [
      'exponential, cut at max',
      { attempts: 6, first: '10s', factor: 3, max: '5m' },
      [10 * S, 30 * S, 90 * S, 270 * S, 300 * S],
    ],
    [
      'the default maximum is 5 minutes',
      { attempts: 12 },
      [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300].map((s) => s * S),
    ],
    ['factor 1 is a fixed interval', { attempts: 4, first: '7s', factor: 1 }, [7 * S, 7 * S, 7 * S]],
  ])('%s', (_, retry, expected) => {
    expect(waits(retry)).toEqual(expected);
  });

  test('a hundred attempts do not overflow', () => {
    expect(waits({ attempts: 100, first: '1h', factor: 100 }).at(-1)).toBe(5 * MIN);
  });

  test('at-most-once never repeats, and no retry means one attempt', () => {
    expect(retryPolicy({ type: 'http', delivery: 'at-most-once' })).toBe(NO_RETRY);
    expect(retryDelayMs(NO_RETRY, 1, 0.9)).toBe(0);
  });

  test('only a definition that says something of retry is explicit', () => {
    expect(policy().explicit).toBe(false);
    expect(policy({}).explicit).toBe(true);
    expect(policy({ delays: ['1s'] }).explicit).toBe(true);
  });

  test('a duration that does not parse (refused when saved) reads as the default', () => {
    expect(waits({ first: 'soon', max: 'later' })).toEqual([1 * S, 2 * S]);
    expect(waits({ delays: ['soon'] })).toEqual([0]);
  });
});

describe('jitter', () => {
  test('is 0.2 by default, 0 with delays', () => {
    expect(policy().jitter).toBe(0.2);
    expect(policy({ delays: ['1s'] }).jitter).toBe(0);
    expect(policy({ delays: ['1s'], jitter: 0.5 }).jitter).toBe(0.5);
  });

  test('only adds: d ≤ wait ≤ d · (1 + jitter)', () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const jitter = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(random, jitter, fc.integer({ min: 1, max: 99 }), (chance, share, failed) => {
        const made = policy({ attempts: 100, jitter: share });
        const base = retryDelayMs({ ...made, jitter: 0 }, failed, chance);
        const wait = retryDelayMs(made, failed, chance);
        expect(wait).toBeGreaterThanOrEqual(base);
        expect(wait).toBeLessThanOrEqual(base * (1 + share));
        expect(Number.isInteger(wait)).toBe(true);
      }),
    );
  });
});

test('Retry-After and the policy: the longer of both', () => {
  expect(retryDelayMs(policy(), 1, 0, 30 * S)).toBe(30 * S);
  expect(retryDelayMs(policy({ delays: ['1m'] }), 1, 0, 30 * S)).toBe(MIN);
});
