import { describe, expect, test } from 'vitest';
import type { Standing } from '../../../shared/domain/execution/frontier.ts';
import { runOf } from '../../../shared/domain/execution/generation.ts';
import type { Numbered } from '../../../shared/domain/execution/records.ts';
import { decideRedrive, type RedriveAsk } from '../../../shared/domain/execution/redrive.ts';
import type { Settled } from '../../../shared/domain/execution/settled.ts';
import { failure } from '../../../shared/domain/failure.ts';
import type { Json } from '../../../shared/domain/json.ts';
import { compile, type Nodes } from '../../support/engine-harness.ts';

const ENDS: Readonly<Record<string, Standing>> = {
  ok: settled({ status: 'succeeded' }),
  open: settled({ status: 'succeeded', open: true }),
  failed: settled({ status: 'failed', error: failure('boom', 'target', 'it failed') }),
  branch: settled({ status: 'skipped', reason: 'branch' }),
  blocked: settled({ status: 'skipped', reason: 'upstream_failed' }),
  cancelled: settled({ status: 'cancelled' }),
  never: { at: 'undecided' },
};

function settled(end: Settled): Standing {
  return { at: 'settled', settled: end };
}

const PLAIN: RedriveAsk = { inputEdited: false, freshKeys: false };
const task = (...needs: string[]) => ({ type: 'task', ...(needs.length > 0 && { needs }) });
const pure = (...needs: string[]) => ({ type: 'pass', needs });

interface Case {
  readonly nodes: Nodes;
  /** How each node ended; `ok` where nothing is said. */
  readonly ends: Readonly<Record<string, keyof typeof ENDS>>;
  readonly ask?: Partial<RedriveAsk>;
  /** Another version to go on with. */
  readonly target?: Nodes;
  readonly given?: Readonly<Record<string, Json>>;
  readonly inputSince?: number;
  /** The version as which nodes last ran, if that is not the present one. */
  readonly ranAs?: Nodes;
}

function decide({ nodes, ends, ask, target, ranAs, given = {}, inputSince = 1 }: Case) {
  const plan = compile(nodes);
  const standings = plan.nodes.map(({ id, kind }) => {
    const end = ends[id] ?? (kind === 'gate' ? 'open' : kind === 'end' ? 'never' : 'ok');
    return ENDS[end]!;
  });
  const ended = {
    ...runOf(plan, { gen: 1 }),
    gen: 1,
    standings,
    given,
    inputSince,
    planAt: () => (ranAs === undefined ? plan : compile(ranAs)),
  };
  const goal = target === undefined ? plan : compile(target);
  const decision = decideRedrive(ended, goal, { ...PLAIN, ...ask });
  if (decision.kind !== 'redrive') return decision;
  const ids = (numbered: readonly Numbered[]) =>
    numbered
      .filter(({ number }) => number === 2)
      .flatMap(({ nodes: indices }) => indices.map((index) => goal.nodes[index]!.id))
      .sort();
  return {
    again: ids(decision.repair.generations),
    grown: ids(decision.repair.keys),
    given: decision.given,
  };
}

describe('a plain redrive', () => {
  test('repeats what failed and what waited for it, with the same keys', () => {
    //   a → b → c
    const decision = decide({ nodes: { a: task(), b: task('a'), c: task('b') }, ends: { b: 'failed', c: 'blocked' } });
    expect(decision).toEqual({ again: ['b', 'c'], grown: [], given: {} });
  });

  test('leaves successes beside and below alone', () => {
    //   a → b ──(b.error is not needed: b fails the execution)
    //   x → c         c.other is dead; d ran for x alone
    const nodes = {
      a: { ...task(), catch: { other: ['http_404'] } },
      c: task('a.other'),
      x: task(),
      d: { ...task('c', 'x'), join: 'merge' },
    };
    const decision = decide({ nodes, ends: { a: 'failed', c: 'branch' } });
    expect(decision).toEqual({ again: ['a', 'c'], grown: [], given: {} });
  });

  test('runs `first` and `always` nodes right below again, with another key: they have been told something else before', () => {
    const nodes = {
      a: task(),
      b: task(),
      f: { ...task('a', 'b'), join: 'first' },
      n: { ...task('a'), join: 'always' },
      kept: task('n'),
      p: { ...pure('a'), join: 'always' },
    };
    const decision = decide({ nodes, ends: { a: 'failed' } });
    expect(decision).toEqual({ again: ['a', 'f', 'n', 'p'], grown: ['f', 'n', 'p'], given: {} });
  });

  test('brings to an end what a cancel cut off', () => {
    const decision = decide({ nodes: { a: task(), b: task('a'), c: task('b') }, ends: { b: 'cancelled', c: 'never' } });
    expect(decision).toEqual({ again: ['b', 'c'], grown: [], given: {} });
  });

  test('asks the `if` of what failed again', () => {
    const nodes = { a: task(), b: { ...task('a'), if: '{{ true }}' }, c: { ...task('a'), if: '{{ true }}' } };
    expect(decide({ nodes, ends: { b: 'failed' } })).toMatchObject({
      again: ['b', 'b?'],
      grown: [],
    });
  });

  test('takes an `always` node and its `if` for one', () => {
    const nodes = { a: task(), n: { ...task('a'), join: 'always', if: '{{ true }}' } };
    expect(decide({ nodes, ends: { a: 'failed' } })).toEqual({ again: ['a', 'n', 'n?'], grown: ['n'], given: {} });
  });

  test('takes a pure failure out of the record of an effect that succeeded', () => {
    const nodes = { pay: task(), sum: pure('pay'), ship: task('sum') };
    const decision = decide({ nodes, ends: { sum: 'failed', ship: 'blocked' } });
    expect(decision).toEqual({ again: ['ship', 'sum'], grown: [], given: {} });
  });

  test('does not repeat failures that were caught or tolerated', () => {
    const nodes = {
      a: task(),
      h: task('a.error'),
      t: { ...task(), onError: 'continue' },
      u: task('t'),
    };
    expect(decide({ nodes, ends: { a: 'failed', t: 'failed' } })).toEqual({ kind: 'nothing' });
  });

  test('of nothing that failed, is refused', () => {
    expect(decide({ nodes: { a: task() }, ends: {} })).toEqual({ kind: 'nothing' });
  });

  test('repeats nothing but the output where that is what failed, and it is another one now', () => {
    expect(decide({ nodes: { a: task() }, ends: {}, ask: { outputMended: true } })).toEqual({
      again: [],
      grown: [],
      given: {},
    });
  });

  test('of one failure leaves the others', () => {
    const decision = decide({
      nodes: { a: task(), b: task(), c: task('a'), d: task('b') },
      ends: { a: 'failed', b: 'failed', c: 'blocked', d: 'blocked' },
      ask: { only: ['a'] },
    });
    // d has no result to keep; it waits for b, which is not repeated.
    expect(decision).toEqual({ again: ['a', 'c', 'd'], grown: [], given: {} });
  });

  test('with fresh keys lets targets do everything again', () => {
    const decision = decide({
      nodes: { a: task(), b: task('a') },
      ends: { a: 'failed', b: 'blocked' },
      ask: { freshKeys: true },
    });
    expect(decision).toMatchObject({ grown: ['a', 'b'] });
  });

  test('with edited input of one node gives it, and what follows from it, another key', () => {
    const decision = decide({
      nodes: { a: task(), b: task('a'), x: task() },
      ends: { a: 'failed', b: 'blocked', x: 'failed' },
      ask: { only: ['a'], given: { node: 'a', value: { amount: 5 } } },
    });
    expect(decision).toMatchObject({ grown: ['a', 'b'], given: { a: { amount: 5 } } });
  });

  test('grows the key where the input was replaced while the failure was kept', () => {
    expect(decide({ nodes: { a: task() }, ends: { a: 'failed' }, inputSince: 2 })).toMatchObject({ grown: ['a'] });
  });

  test('keeps what was given before to a node that is repeated as it is', () => {
    const decision = decide({ nodes: { a: task() }, ends: { a: 'failed' }, given: { a: 1, gone: 2 } });
    expect(decision).toMatchObject({ given: { a: 1 }, grown: [] });
  });
});

describe('a redrive from named nodes', () => {
  const nodes = { a: task(), b: task('a'), c: task('b'), x: task('a'), j: task('c', 'x') };

  test('discards them and everything below; what a target did before it is asked again under another key', () => {
    expect(decide({ nodes, ends: {}, ask: { from: ['b'] } })).toEqual({
      again: ['b', 'c', 'j'],
      grown: ['b', 'c', 'j'],
      given: {},
    });
  });

  test('repeats no other failure', () => {
    const decision = decide({ nodes, ends: { x: 'failed', j: 'blocked' }, ask: { from: ['b'] } });
    expect(decision).toMatchObject({ again: ['b', 'c', 'j'], grown: ['b', 'c', 'j'] });
  });

  test('brings what was cut off to an end, without discarding a success below it', () => {
    const first = { a: task(), b: task(), f: { ...task('a', 'b'), join: 'first' }, z: task() };
    const decision = decide({ nodes: first, ends: { a: 'cancelled' }, ask: { from: ['z'] } });
    expect(decision).toMatchObject({ again: ['a', 'f', 'z'], grown: ['f', 'z'] });
  });

  test('with another input gives everything that runs again another key', () => {
    const decision = decide({
      nodes,
      ends: { b: 'failed', c: 'blocked', j: 'blocked' },
      ask: { from: ['b'], inputEdited: true },
    });
    expect(decision).toMatchObject({ grown: ['b', 'c', 'j'] });
  });

  test('forgets what was given to it', () => {
    expect(decide({ nodes, ends: {}, ask: { from: ['b'] }, given: { b: 1, c: 2, a: 3 } })).toMatchObject({
      given: { a: 3 },
    });
  });
});

describe('a redrive onto another version', () => {
  const nodes = { a: task(), b: { ...task('a'), with: { url: 'wrong' } }, c: task('b') };
  const ends = { b: 'failed', c: 'blocked' } as const;

  test('gives a node that was mended another key: the target knows the old one with another request', () => {
    const target = { ...nodes, b: { ...task('a'), with: { url: 'right' } } };
    expect(decide({ nodes, ends, target, given: { b: 1 } })).toEqual({
      again: ['b', 'c'],
      grown: ['b', 'c'],
      given: {},
    });
  });

  test('runs nodes that are new', () => {
    const target = { ...nodes, n: task('a') };
    expect(decide({ nodes, ends, target })).toMatchObject({ again: ['b', 'c', 'n'], grown: [] });
  });

  test('is refused where a kept node is missing or is something else', () => {
    expect(decide({ nodes, ends, target: { b: task(), c: task('b') } })).toEqual({
      kind: 'incompatible',
      nodes: ['a'],
    });
    expect(decide({ nodes, ends, target: { ...nodes, a: { type: 'pass' } } })).toEqual({
      kind: 'incompatible',
      nodes: ['a'],
    });
  });

  test('compares with the version that a node last ran as', () => {
    const old = { ...nodes, b: { ...task('a'), with: { url: 'older' } } };
    expect(decide({ nodes, ends, ranAs: old })).toMatchObject({ grown: ['b', 'c'] });
    expect(decide({ nodes, ends, ranAs: { a: task(), c: task('a') } })).toMatchObject({ again: ['b', 'c'] });
  });

  test('may leave out what is repeated anyway', () => {
    expect(decide({ nodes, ends, target: { a: task(), c: task('a') } })).toMatchObject({ again: ['c'] });
  });

  test('does not miss failures that were handled', () => {
    const caught = { a: task(), h: task('a.error'), z: task() };
    const decision = decide({ nodes: caught, ends: { a: 'failed', z: 'failed' }, target: { z: task() } });
    expect(decision).toEqual({ kind: 'incompatible', nodes: ['a', 'h'] });
  });

  test('keeps a pure node that would lie in another record now', () => {
    const before = { a: task(), b: task(), p: pure('a'), z: task() };
    const after = { a: task(), b: task(), p: pure('b'), z: task() };
    expect(decide({ nodes: before, ends: { z: 'failed' }, target: after })).toMatchObject({ again: ['z'] });
  });

  test('may leave out what is named, or below it, in the version that ran', () => {
    const before = { a: task(), x: task('a'), y: task('x') };
    const after = { a: task(), y: task('a') };
    expect(decide({ nodes: before, ends: {}, ask: { from: ['a'] }, target: after })).toMatchObject({
      again: ['a', 'y'],
    });
  });

  test('changes of conditions count as changes', () => {
    const gated = (condition: string) => ({ a: { ...task(), if: condition } });
    const decision = decide({
      nodes: gated('{{ input.x }}'),
      ends: { a: 'failed' },
      target: gated('{{ input.y }}'),
    });
    expect(decision).toMatchObject({ grown: ['a', 'a?'] });
  });
});
