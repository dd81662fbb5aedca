import { expect, test } from 'vitest';
import {
  afterRefusal,
  SPREAD_MS,
  SPREAD_MS_MAX,
  type Refusal,
} from '../../../shared/domain/execution/after-refusal.ts';
import { epochMs } from '../../../shared/domain/time.ts';

const RETRY_AT = epochMs(2_000_000);
const refusal: Refusal = {
  target: 'https://pay.example',
  state: { status: 'open', since: epochMs(0), failures: 7, probeAt: RETRY_AT },
  retryAt: RETRY_AT,
};
const FAR = epochMs(RETRY_AT + 86_400_000);

function after(more: { times?: number; deadline?: number; random?: number; rate?: number; target?: string } = {}) {
  const { times = 1, deadline = FAR, random = 0, rate = 1, target = refusal.target } = more;
  return afterRefusal({
    refusal: { ...refusal, target },
    times,
    deadline: epochMs(deadline),
    timerMs: (ms) => ms / rate,
    random,
  });
}

test('a refused attempt comes back when the breaker may be asked again, spread a little', () => {
  expect(after()).toMatchObject({ kind: 'wait', due: RETRY_AT, error: { code: 'breaker_open' } });
  expect(after({ random: 0.5 })).toMatchObject({ due: RETRY_AT + SPREAD_MS / 2 });
  expect(after({ random: 0.5, rate: 100 })).toMatchObject({ due: RETRY_AT + SPREAD_MS / 200 });
});

test.each([
  [2, 2 * SPREAD_MS],
  [5, 16 * SPREAD_MS],
  [6, SPREAD_MS_MAX],
  [2_000, SPREAD_MS_MAX],
])('refused %s times it is spread over %s ms', (times, spread) => {
  expect(after({ times, random: 0.25 })).toMatchObject({ due: RETRY_AT + spread / 4 });
});

test('the spread leaves half of what is left of the deadline for the call', () => {
  expect(after({ deadline: RETRY_AT + 1_000, random: 0.5 })).toMatchObject({ kind: 'wait', due: RETRY_AT + 250 });
});

test('a deadline that comes first fails it, and the failure says which target, since when and how often', () => {
  expect(after({ deadline: RETRY_AT })).toEqual({
    kind: 'fail',
    error: {
      code: 'breaker_open',
      category: 'policy',
      retryable: true,
      message:
        'no call was made: https://pay.example failed 7 times in a row, its breaker is open since 1970-01-01T00:00:00.000Z',
      details: {
        target: 'https://pay.example',
        since: '1970-01-01T00:00:00.000Z',
        failures: 7,
        retryAt: '1970-01-01T00:33:20.000Z',
      },
    },
  });
});

test('a target of any length gives a message of bounded length', () => {
  expect(after({ target: 'x'.repeat(10_000) }).error.message.length).toBeLessThan(500);
});
