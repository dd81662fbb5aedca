import { describe, expect, test } from 'vitest';
import {
  afterCall,
  BREAKER_FAILURES,
  BREAKER_OPEN_MS,
  BREAKER_SUCCESSES,
  BreakerState,
  CLOSED,
  gate,
  verdictOn,
  withProbe,
  type OpenBreaker,
  type Verdict,
} from '../../shared/domain/breaker.ts';
import { failure, type FailureCategory } from '../../shared/domain/failure.ts';
import { epochMs } from '../../shared/domain/time.ts';

const at = epochMs;
const NOW = at(1_000_000);
const PROBE_AT = at(NOW + BREAKER_OPEN_MS);

const closed = (...failures: string[]): BreakerState => ({ status: 'closed', failures });
const open: OpenBreaker = { status: 'open', since: at(1), failures: 5, probeAt: NOW };
const halfOpen = (successes: number, by?: string): OpenBreaker => ({
  status: 'half_open',
  since: at(1),
  failures: 5,
  successes,
  ...(by !== undefined && { probe: { by, until: at(NOW + 10) } }),
});
const call = (by: string, verdict: Verdict) => ({ by, verdict, now: NOW, probeAt: PROBE_AT });

/** Every call reports at once; where it changes nothing, the state stays. */
function play(state: BreakerState, ...calls: readonly (readonly [by: string, verdict: Verdict])[]): BreakerState {
  return calls.reduce((last, [by, verdict]) => afterCall(last, call(by, verdict)) ?? last, state);
}

test('five failures in a row open it, for 60 s, and two successes in a row close it', () => {
  expect([BREAKER_FAILURES, BREAKER_OPEN_MS, BREAKER_SUCCESSES]).toEqual([5, 60_000, 2]);
  const four = play(CLOSED, ['a', 'down'], ['b', 'down'], ['c', 'down'], ['d', 'down']);
  expect(four).toEqual(closed('a', 'b', 'c', 'd'));
  const opened = play(four, ['e', 'down']);
  expect(opened).toEqual({ status: 'open', since: NOW, failures: 5, probeAt: PROBE_AT });
  const probed = withProbe(opened as OpenBreaker, { by: 'p', until: at(PROBE_AT + 10) });
  const once = play(probed, ['p', 'alive']);
  expect(once).toEqual({ status: 'half_open', since: NOW, failures: 5, successes: 1 });
  const again = withProbe(once as OpenBreaker, { by: 'q', until: at(PROBE_AT + 20) });
  expect(play(again, ['q', 'alive'])).toEqual(CLOSED);
});

describe('a call', () => {
  test.each<[string, BreakerState, ReturnType<typeof gate>]>([
    ['passes where nothing failed', CLOSED, { kind: 'pass' }],
    ['passes after a few failures', closed('a', 'b'), { kind: 'pass' }],
    ['is a probe once it is time', open, { kind: 'probe', state: open }],
    [
      'is refused before',
      { ...open, probeAt: at(NOW + 1) },
      { kind: 'refuse', state: { ...open, probeAt: at(NOW + 1) }, until: at(NOW + 1) },
    ],
    ['is a probe where nobody probes', halfOpen(1), { kind: 'probe', state: halfOpen(1) }],
    [
      'is refused while another probes',
      halfOpen(0, 'p'),
      { kind: 'refuse', state: halfOpen(0, 'p'), until: at(NOW + 10) },
    ],
  ])('%s', (_, state, expected) => {
    expect(gate(state, NOW)).toEqual(expected);
  });

  test('is a probe when the slot of another has expired; successes so far count on', () => {
    const state = halfOpen(1, 'p');
    expect(gate(state, at(NOW + 10))).toEqual({ kind: 'probe', state });
    expect(withProbe(state, { by: 'q', until: at(NOW + 99) })).toEqual({
      ...halfOpen(1),
      probe: { by: 'q', until: NOW + 99 },
    });
    expect(withProbe(open, { by: 'q', until: at(NOW + 10) })).toEqual(halfOpen(0, 'q'));
  });
});

describe('a report', () => {
  test.each<[string, BreakerState, [string, Verdict], BreakerState | undefined]>([
    ['of a success where nothing failed changes nothing', CLOSED, ['a', 'alive'], undefined],
    ['of a success ends the row', closed('a', 'b'), ['c', 'alive'], CLOSED],
    ['of nothing is no success and no failure', closed('a'), ['c', 'unknown'], undefined],
    ['B1: of the same failure twice is one failure', closed('a', 'b'), ['a', 'down'], undefined],
    ['B3: of a failure changes nothing while it is open', open, ['a', 'down'], undefined],
    ['B3: of a success changes nothing while it is open', open, ['a', 'alive'], undefined],
    ['B3: of a call that is not the probe changes nothing', halfOpen(1, 'p'), ['a', 'down'], undefined],
    ['B3: of a probe whose slot is free again changes nothing', halfOpen(1), ['p', 'alive'], undefined],
    ['of the probe: the first success frees the slot', halfOpen(0, 'p'), ['p', 'alive'], halfOpen(1)],
    ['of the probe: the second success closes', halfOpen(1, 'p'), ['p', 'alive'], CLOSED],
    ['of a probe that says nothing frees the slot', halfOpen(1, 'p'), ['p', 'unknown'], halfOpen(1)],
    [
      'of the probe: a failure opens it again, for as long as the first time',
      halfOpen(1, 'p'),
      ['p', 'down'],
      { status: 'open', since: at(1), failures: 6, probeAt: PROBE_AT },
    ],
  ])('%s', (_, state, [by, verdict], expected) => {
    expect(afterCall(state, call(by, verdict))).toEqual(expected);
  });
});

test('what is stored comes back', () => {
  for (const state of [CLOSED, closed('a'), open, halfOpen(1), halfOpen(0, 'p')]) {
    expect(BreakerState.parse(JSON.parse(JSON.stringify(state)))).toEqual(state);
  }
  expect(BreakerState.safeParse({ status: 'ajar' }).success).toBe(false);
});

describe('a failure says of its target', () => {
  test.each<[code: string, category: FailureCategory, retryable: boolean, verdict: Verdict]>([
    ['connect_failed', 'transient', true, 'down'],
    ['dns_failed', 'transient', true, 'down'],
    ['connection_lost', 'transient', true, 'down'],
    ['timeout', 'timeout', true, 'down'],
    ['http_500', 'transient', true, 'down'],
    ['http_503', 'transient', true, 'down'],
    // A certificate that is not valid.
    ['connect_failed', 'transient', false, 'unknown'],
    ['http_429', 'transient', true, 'alive'],
    ['http_404', 'target', false, 'alive'],
    ['http_4040', 'target', false, 'alive'],
    ['throttled', 'transient', true, 'alive'],
    ['retry_if', 'transient', true, 'alive'],
    ['redirect_refused', 'policy', false, 'alive'],
    ['response_too_large', 'input', false, 'alive'],
    ['address_refused', 'policy', false, 'unknown'],
    ['deadline_exceeded', 'timeout', false, 'unknown'],
    ['expression_failed', 'input', false, 'unknown'],
  ])('%s (%s, retryable: %s): %s', (code, category, retryable, verdict) => {
    expect(verdictOn(failure(code, category, 'm', { retryable }))).toBe(verdict);
  });
});
