import { describe, expect, test } from 'vitest';
import { inputOf, runOf, versionAt } from '../../../shared/domain/execution/generation.ts';
import type { Redrive, Repair } from '../../../shared/domain/execution/records.ts';
import { epochMs } from '../../../shared/domain/time.ts';
import { edgeAt, nodeAt } from '../../../shared/domain/workflow/plan.ts';
import { compile } from '../../support/engine-harness.ts';

const task = (...needs: string[]) => ({ type: 'task', ...(needs.length > 0 && { needs }) });
const pure = (...needs: string[]) => ({ type: 'pass', needs });

//   a → p → q → b        p and q ride in a's record
const plan = compile({ a: task(), p: pure('a'), q: pure('p'), b: task('q') });
const indexOf = (id: string) => plan.indexOf.get(id) ?? -1;
const repair = (...ids: string[]): Repair => ({
  generations: [{ number: 2, nodes: ids.map(indexOf) }],
  keys: [{ number: 3, nodes: ids.map(indexOf) }],
});

describe('what a redrive makes of a plan', () => {
  test('nothing, until there is one', () => {
    const run = runOf(plan, { gen: 1 });
    expect(run.plan).toBe(plan);
    expect(new Set(plan.nodes.map(({ index }) => run.generation(index)))).toEqual(new Set([1]));
    expect(run.keyNumber(indexOf('a'))).toBe(1);
  });

  test('nodes that run again have a later generation and, maybe, another key; $end always has the latest', () => {
    const run = runOf(plan, { gen: 2, repair: repair('b') });
    expect(Object.fromEntries(plan.nodes.map(({ id, index }) => [id, run.generation(index)]))).toEqual({
      $start: 1,
      a: 1,
      p: 1,
      q: 1,
      b: 2,
      $end: 2,
    });
    expect([run.keyNumber(indexOf('a')), run.keyNumber(indexOf('b'))]).toEqual([1, 3]);
  });

  test('a pure node that is computed again leaves the record of an effect that is kept, and takes its followers along', () => {
    const run = runOf(plan, { gen: 2, repair: repair('p', 'q', 'b') });
    const at = (id: string) => nodeAt(run.plan, indexOf(id));
    expect([at('a').members, at('p').members, at('p').unit, at('q').unit]).toEqual([
      [],
      [indexOf('q')],
      indexOf('p'),
      indexOf('p'),
    ]);
    expect(run.plan.edges.map(({ from, to, slot }) => [from, to, slot])).toEqual(
      plan.edges.map(({ from, to, slot }) => [from, to, slot]),
    );
  });

  test('a `first` that becomes a real join holds up the end until its stragglers have settled', () => {
    //   a → p ─┐
    //     \→ q ─┴ f → b       p and q both ride in a's record, until q is computed again
    const joined = compile({
      a: task(),
      p: pure('a'),
      q: pure('a'),
      f: { ...pure('p', 'q'), join: 'first' },
      b: task('f'),
    });
    const [q = -1, f = -1, b = -1] = ['q', 'f', 'b'].map((id) => joined.indexOf.get(id));
    expect(nodeAt(joined, f).isJoin).toBe(false);
    const run = runOf(joined, { gen: 2, repair: { generations: [{ number: 2, nodes: [q, f, b] }], keys: [] } });
    expect(nodeAt(run.plan, f).isJoin).toBe(true);
    const drains = run.plan.edges.filter(({ selector }) => selector.kind === 'drain');
    expect(drains.map(({ from, to }) => [from, to])).toEqual([[f, joined.end]]);
    const end = nodeAt(run.plan, joined.end);
    expect(end.isJoin).toBe(true);
    expect(end.in.map((edge) => edgeAt(run.plan, edge).slot)).toEqual(end.in.map((_, slot) => slot));
  });

  test('a `first` that was a real join keeps the drain that it has', () => {
    const joined = compile({ a: task(), b: task(), f: { ...task('a', 'b'), join: 'first' } });
    const run = runOf(joined, { gen: 2, repair: { generations: [], keys: [] } });
    expect(run.plan.edges).toHaveLength(joined.edges.length);
    expect(nodeAt(run.plan, joined.end).isJoin).toBe(true);
  });

  test('an end that follows from one unit collects no arrivals', () => {
    const line = compile({ a: task() });
    const run = runOf(line, { gen: 2, repair: { generations: [{ number: 2, nodes: [1] }], keys: [] } });
    expect(nodeAt(run.plan, line.end).isJoin).toBe(false);
  });

  test('nothing leads from what runs again to what is kept: the end is told instead', () => {
    //   a → n → k        n runs again, k is kept
    const line = compile({ a: task(), n: { ...task('a'), join: 'always' }, k: task('n') });
    const [n = -1, k = -1] = ['n', 'k'].map((id) => line.indexOf.get(id));
    const run = runOf(line, { gen: 2, repair: { generations: [{ number: 2, nodes: [n] }], keys: [] } });
    const targets = (index: number) => nodeAt(run.plan, index).out.map((edge) => edgeAt(run.plan, edge).to);
    expect([targets(n), targets(k)]).toEqual([[line.end], [line.end]]);
    expect(nodeAt(run.plan, k).in).toEqual(nodeAt(line, k).in);
  });

  test('a kept `first` is not waited for: whatever it left behind tells the end itself', () => {
    const joined = compile({ a: task(), b: task(), f: { ...task('a', 'b'), join: 'first' }, z: task('f') });
    const a = joined.indexOf.get('a') ?? -1;
    const run = runOf(joined, { gen: 2, repair: { generations: [{ number: 2, nodes: [a] }], keys: [] } });
    const kinds = nodeAt(run.plan, joined.end).in.map((edge) => {
      const { from, selector } = edgeAt(run.plan, edge);
      return [nodeAt(run.plan, from).id, selector.kind];
    });
    expect(kinds).toEqual([
      ['a', 'plain'],
      ['z', 'plain'],
    ]);
  });

  test('there is nothing beyond the plan', () => {
    expect(() => runOf(plan, { gen: 2, repair: repair('a') }).generation(99)).toThrow('no element 99');
  });
});

describe('the input that a node sees', () => {
  const value = (text: string) => ({ at: 'record', value: text }) as const;
  const after = { version: 1, status: 'failed', endedAt: epochMs(1) } as const;
  const redrive = (gen: number, input?: string): Redrive => ({
    gen,
    at: epochMs(1),
    version: 1,
    after,
    op: 'op',
    ...(input !== undefined && { input: value(input) }),
  });
  const header = { input: value('first'), redrives: [redrive(2), redrive(3, 'third'), redrive(4)] };

  test.each([
    [1, 'first'],
    [2, 'first'],
    [3, 'third'],
    [4, 'third'],
  ])('in generation %d it is the %s', (generation, expected) => {
    expect(inputOf(header, generation)).toEqual(value(expected));
  });
});

describe('the version that a node ran as', () => {
  const after = (version: number) => ({ version, status: 'failed', endedAt: epochMs(1) }) as const;
  const redrives = [
    { gen: 2, at: epochMs(1), version: 1, after: after(1), op: 'op' },
    { gen: 3, at: epochMs(1), version: 4, after: after(1), op: 'op' },
  ];

  test.each([
    [1, 1],
    [2, 1],
    [3, 4],
    [9, 4],
  ])('in generation %d is %d', (generation, version) => {
    expect(versionAt({ version: 4, redrives }, generation)).toBe(version);
  });

  test('is the only one where nothing was redriven', () => {
    expect(versionAt({ version: 2, redrives: [] }, 1)).toBe(2);
  });
});
