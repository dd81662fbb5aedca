import { describe, expect, test } from 'vitest';
import {
  edgeState,
  handlingOf,
  joinDecision,
  tally,
  type EdgeState,
  type JoinDecision,
  type Settled,
} from '../../../shared/domain/execution/settled.ts';
import { failure } from '../../../shared/domain/failure.ts';
import type { JoinRule } from '../../../shared/domain/workflow/definition.ts';
import { nodeAt, type PlanEdge, type PlanNode } from '../../../shared/domain/workflow/plan.ts';
import { compile, type Nodes } from '../../support/engine-harness.ts';

function source(nodes: Nodes): PlanNode {
  const plan = compile(nodes);
  return nodeAt(plan, plan.indexOf.get('a')!);
}

const CAUGHT = source({
  a: { type: 'task', catch: { named: ['boom'], unneeded: ['other'] } },
  b: { type: 'task', needs: ['a.named'] },
  c: { type: 'task', needs: ['a.error'] },
});
const TOLERANT = source({ a: { type: 'task', onError: 'continue' } });
const BARE = source({ a: { type: 'task' } });

const edge = (selector: PlanEdge['selector']): PlanEdge => ({ index: 0, from: 1, to: 2, slot: 0, selector });
const PLAIN = edge({ kind: 'plain' });
const YES = edge({ kind: 'branch', name: 'yes' });
const NO = edge({ kind: 'branch', name: 'no' });
const NAMED = edge({ kind: 'catch', name: 'named' });
const ERROR = edge({ kind: 'error' });
const GATE = edge({ kind: 'gate' });
const DRAIN = edge({ kind: 'drain' });
const EDGES = [PLAIN, YES, NO, NAMED, ERROR];

const failedWith = (code: string): Settled => ({ status: 'failed', error: failure(code, 'target', 'm') });

describe('the state of an edge once its source has ended (contract, first table): plain, taken branch, other branch, named, .error', () => {
  test.each<[string, PlanNode, Settled, EdgeState[]]>([
    ['succeeded', BARE, { status: 'succeeded', branch: 'yes' }, ['live', 'live', 'dead', 'dead', 'dead']],
    ['failed, caught by name', CAUGHT, failedWith('boom'), ['dead', 'dead', 'dead', 'live', 'dead']],
    ['failed, caught by .error', CAUGHT, failedWith('bang'), ['dead', 'dead', 'dead', 'dead', 'live']],
    [
      'failed, its code named by a catch that nobody needs',
      CAUGHT,
      failedWith('other'),
      ['failed', 'failed', 'failed', 'dead', 'dead'],
    ],
    ['failed, tolerated', TOLERANT, failedWith('boom'), ['live', 'dead', 'dead', 'dead', 'dead']],
    ['failed otherwise', BARE, failedWith('boom'), ['failed', 'failed', 'failed', 'dead', 'dead']],
    ['skipped: branch', BARE, { status: 'skipped', reason: 'branch' }, ['dead', 'dead', 'dead', 'dead', 'dead']],
    ['skipped: if', BARE, { status: 'skipped', reason: 'if' }, ['dead', 'dead', 'dead', 'dead', 'dead']],
    [
      'skipped: upstream_failed',
      BARE,
      { status: 'skipped', reason: 'upstream_failed' },
      ['failed', 'failed', 'failed', 'dead', 'dead'],
    ],
  ])('%s', (_, node, end, states) => {
    expect(EDGES.map((of) => edgeState(of, node, end as Exclude<Settled, { status: 'cancelled' }>))).toEqual(states);
  });

  test('gates and drains', () => {
    expect(edgeState(GATE, BARE, { status: 'succeeded', open: true })).toBe('live');
    expect(edgeState(GATE, BARE, { status: 'succeeded', open: false })).toBe('dead');
    expect(edgeState(GATE, BARE, { status: 'skipped', reason: 'upstream_failed' })).toBe('failed');
    expect(edgeState(DRAIN, BARE, { status: 'succeeded' })).toBe('live');
  });

  test('a status from a newer Stepwell is a broken invariant, not a guess', () => {
    expect(() => edgeState(PLAIN, BARE, { status: 'paused' } as never)).toThrow('unreachable');
  });
});

describe('which handler takes a failure', () => {
  const many = source({
    a: { type: 'task', catch: { exact: ['http_402'], klass: ['http_4xx'], whole: ['target'] } },
    ...Object.fromEntries(
      ['exact', 'klass', 'whole', 'error'].map((name) => [name, { type: 'task', needs: [`a.${name}`] }]),
    ),
  });

  test.each<[string, string, unknown]>([
    ['http_402', 'target', { kind: 'catch', name: 'exact' }],
    ['http_403', 'target', { kind: 'catch', name: 'klass' }],
    ['http_303', 'target', { kind: 'catch', name: 'whole' }],
    ['http_502', 'transient', { kind: 'error' }],
  ])('%s (%s): the exact code, else its class, else its category, else .error', (code, category, handling) => {
    expect(handlingOf(many, failure(code, category as 'target', 'm'))).toEqual(handling);
  });

  test('tolerated, or nobody', () => {
    expect(handlingOf(TOLERANT, failure('x', 'target', 'm'))).toEqual({ kind: 'tolerated' });
    expect(handlingOf(BARE, failure('x', 'target', 'm'))).toEqual({ kind: 'none' });
  });
});

describe('joins (contract, second table): merge, all, first, always', () => {
  const RULES: JoinRule[] = ['merge', 'all', 'first', 'always'];
  test.each<[EdgeState[], JoinDecision[]]>([
    [
      ['live', 'live'],
      ['run', 'run', 'run', 'run'],
    ],
    [
      ['live', 'dead'],
      ['run', 'skip', 'run', 'run'],
    ],
    [
      ['dead', 'dead'],
      ['skip', 'skip', 'skip', 'skip'],
    ],
    [
      ['live', 'failed'],
      ['blocked', 'blocked', 'run', 'run'],
    ],
    [
      ['live', 'failed', 'dead'],
      ['blocked', 'blocked', 'run', 'run'],
    ],
    [
      ['failed', 'failed'],
      ['blocked', 'blocked', 'blocked', 'run'],
    ],
    [
      ['failed', 'dead'],
      ['blocked', 'blocked', 'blocked', 'run'],
    ],
  ])('%j', (states, decisions) => {
    expect(RULES.map((join) => joinDecision(join, tally(states)))).toEqual(decisions);
    // Never decided early, but for `first` at its first live edge; never by the order of arrival.
    const early = RULES.map((join) => joinDecision(join, tally([...states, undefined])));
    expect(early).toEqual(RULES.map((join) => (join === 'first' && states.includes('live') ? 'run' : undefined)));
    expect(RULES.map((join) => joinDecision(join, tally(states.toReversed())))).toEqual(decisions);
  });
});
