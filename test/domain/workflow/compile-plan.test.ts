import { describe, expect, test } from 'vitest';
import {
  edgeAt,
  isPureRoot,
  isVirtual,
  nodeAt,
  START,
  type Plan,
  type PlanNode,
} from '../../../shared/domain/workflow/plan.ts';
import { compile } from '../../support/engine-harness.ts';

const task = (...needs: string[]) => ({ type: 'task', ...(needs.length > 0 && { needs }) });
const pass = (...needs: string[]) => ({ type: 'pass', ...(needs.length > 0 && { needs }) });

const node = (plan: Plan, id: string): PlanNode => nodeAt(plan, plan.indexOf.get(id)!);
const unitOf = (plan: Plan, id: string): string => nodeAt(plan, node(plan, id).unit).id;
const joins = (plan: Plan): string[] => plan.nodes.filter(({ isJoin }) => isJoin).map(({ id }) => id);
const into = (plan: Plan, id: string): string[] =>
  node(plan, id).in.map((index) => {
    const { from, selector } = edgeAt(plan, index);
    return `${nodeAt(plan, from).id}:${selector.kind}${'name' in selector ? `.${selector.name}` : ''}`;
  });

describe('virtual nodes', () => {
  test('$start feeds what needs nothing, $end is reached by what nobody needs', () => {
    const plan = compile({ a: task(), b: task(), c: task('a') });
    expect(plan.nodes.map(({ id }) => id)).toEqual(['$start', 'a', 'b', 'c', '$end']);
    expect([into(plan, 'a'), into(plan, 'b'), into(plan, '$end')]).toEqual([
      ['$start:plain'],
      ['$start:plain'],
      ['b:plain', 'c:plain'],
    ]);
    expect(nodeAt(plan, START).kind).toBe('start');
    expect(plan.end).toBe(4);
    expect(plan.userNodes).toBe(3);
    expect(plan.nodes.filter(isVirtual).map(({ id }) => id)).toEqual(['$start', '$end']);
  });

  test('a gate takes over needs and join of a node with `if`', () => {
    const plan = compile({ a: task(), b: task(), c: { ...task('a', 'b'), join: 'all', if: '{{ input.x }}' } });
    expect(into(plan, 'c?')).toEqual(['a:plain', 'b:plain']);
    expect(into(plan, 'c')).toEqual(['c?:gate']);
    expect([node(plan, 'c?').join, node(plan, 'c').join]).toEqual(['all', 'merge']);
    expect([node(plan, 'c?').isJoin, node(plan, 'c').isJoin]).toEqual([true, false]);
    expect(isVirtual(node(plan, 'c?'))).toBe(true);
  });

  test('slots are positions among the in-edges', () => {
    const plan = compile({ a: task(), b: task(), c: task('a', 'b') });
    expect(node(plan, 'c').in.map((edge) => edgeAt(plan, edge).slot)).toEqual([0, 1]);
  });
});

describe('units', () => {
  test('pure nodes ride with the effect that they depend on alone', () => {
    // a → p → q → b      p, q in a's unit
    const plan = compile({ a: task(), p: pass('a'), q: pass('p', 'a'), b: task('q') });
    expect([unitOf(plan, 'p'), unitOf(plan, 'q'), unitOf(plan, 'b')]).toEqual(['a', 'a', 'b']);
    expect(node(plan, 'a').members.map((index) => nodeAt(plan, index).id)).toEqual(['p', 'q']);
    expect(joins(plan)).toEqual([]);
  });

  test('pure nodes without needs ride with $start', () => {
    expect(unitOf(compile({ p: pass(), q: pass('p') }), 'q')).toBe('$start');
  });

  test('a pure node fed by two units is a root and a join', () => {
    const plan = compile({ a: task(), b: task(), p: pass('a', 'b') });
    expect(unitOf(plan, 'p')).toBe('p');
    expect(joins(plan)).toEqual(['p']);
    expect(isPureRoot(node(plan, 'p'))).toBe(true);
    expect(isPureRoot(node(plan, 'a'))).toBe(false);
    expect(isPureRoot(node(plan, '$end'))).toBe(false);
  });

  test('two edges from one condition make no join', () => {
    const c = {
      type: 'condition',
      needs: ['a'],
      with: { cases: [{ branch: 'yes', if: '{{ input.x }}' }], default: 'no' },
    };
    const plan = compile({ a: task(), c, b: task('c.yes', 'c.no') });
    expect(joins(plan)).toEqual([]);
    expect(unitOf(plan, 'c')).toBe('a');
    expect(into(plan, 'b')).toEqual(['c:branch.yes', 'c:branch.no']);
  });

  test('`always` is a root of its own: it may run where its unit leaves no record', () => {
    const plan = compile({ a: task(), p: { ...pass('a'), join: 'always' }, q: pass('p') });
    expect([unitOf(plan, 'p'), unitOf(plan, 'q')]).toEqual(['p', 'p']);
    expect(joins(plan)).toEqual([]);
  });

  test('gates ride along', () => {
    const plan = compile({
      a: task(),
      p: { ...pass('a'), if: '{{ input.x }}' },
      b: { ...task('p'), if: '{{ input.x }}' },
    });
    expect(['p?', 'p', 'b?', 'b'].map((id) => unitOf(plan, id))).toEqual(['a', 'a', 'a', 'b']);
  });
});

describe('$end and drains', () => {
  test('$end is no join when one unit feeds it', () => {
    expect(joins(compile({ a: task(), b: task('a') }))).toEqual([]);
    expect(joins(compile({ a: task(), p: pass('a'), q: pass('a') }))).toEqual([]);
    expect(joins(compile({ a: task(), b: task() }))).toEqual(['$end']);
  });

  test('a `first` join drains into $end', () => {
    const plan = compile({ a: task(), b: task(), f: { ...task('a', 'b'), join: 'first' } });
    expect(into(plan, '$end')).toEqual(['f:plain', 'f:drain']);
    expect(joins(plan)).toEqual(['f', '$end']);
    expect(plan.hasFirst).toBe(true);
  });

  test('a `first` inside one unit has no stragglers and no drain', () => {
    const plan = compile({ a: task(), p: pass('a'), q: pass('a'), f: { ...task('p', 'q'), join: 'first' } });
    expect(into(plan, '$end')).toEqual(['f:plain']);
    expect(joins(plan)).toEqual([]);
  });
});

describe('policies', () => {
  test('come with their defaults', () => {
    const plan = compile({ a: task() });
    expect(node(plan, 'a')).toMatchObject({
      join: 'merge',
      catches: [],
      errorEdges: { error: false, names: [] },
      tolerant: false,
      atMostOnce: false,
      attemptTimeoutMs: 10_000,
      deadlineMs: undefined,
    });
    expect(plan).toMatchObject({
      timeoutMs: 30 * 86_400_000,
      timeoutExplicit: false,
      version: 1,
      workflow: 'test',
      hasFirst: false,
    });
  });

  test('are taken from the definition', () => {
    const plan = compile(
      {
        a: {
          type: 'task',
          timeout: '2m',
          deadline: '1h',
          delivery: 'at-most-once',
          catch: { declined: ['http_402'], gone: ['http_410'] },
        },
        b: { ...task('a.declined'), onError: 'continue' },
        c: task('a.error'),
      },
      { timeout: '2h', input: { type: 'object' }, output: '{{ nodes.b.status }}' },
    );
    expect(node(plan, 'a')).toMatchObject({
      attemptTimeoutMs: 120_000,
      deadlineMs: 3_600_000,
      atMostOnce: true,
      catches: [
        { name: 'declined', patterns: ['http_402'] },
        { name: 'gone', patterns: ['http_410'] },
      ],
      errorEdges: { error: true, names: ['declined'] },
    });
    expect(node(plan, 'b').tolerant).toBe(true);
    expect(plan).toMatchObject({ timeoutMs: 7_200_000, timeoutExplicit: true, inputSchema: { type: 'object' } });
    expect(plan.output).toBeDefined();
  });
});

test('what a plan does not have is an error, not undefined', () => {
  const plan = compile({ a: task() });
  expect(() => nodeAt(plan, 99)).toThrow('there is no element 99');
  expect(() => edgeAt(plan, 99)).toThrow('there is no element 99');
});
