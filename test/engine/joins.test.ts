import { afterAll, describe, expect, test } from 'vitest';
import { compile, EngineHarness, type Chooser } from '../support/engine-harness.ts';
import { definitionOf, expected, MODEL_INPUT, type ModelNode } from '../support/join-oracle.ts';
import { everyOrder } from '../support/orders.ts';
import { SOURCES, type Source } from './join-sources.ts';

/**
 *    s1 ─┐
 *    s2 ─┼─▶ join ─▶ after            every combination of ends and needs, every join rule, every order,
 *    s3 ─┘      └─error─▶ rescue      against the contract's tables
 */
const JOINS = ['merge', 'all', 'first', 'always'] as const;
type JoinRule = (typeof JOINS)[number];
type JoinVariant = Pick<ModelNode, 'kind' | 'if' | 'fails' | 'onError' | 'branch'>;

/** How the sources' ends come about: in one invocation, in messages of their own, or both at once. */
type Mode = 'one invocation' | 'own messages' | 'concurrent messages';

let cases = 0;
let orders = 0;
afterAll(() => console.log(`joins: ${cases} workflows, ${orders} orders of arrival`));

function modelOf(sources: readonly Source[], join: JoinRule, variant: JoinVariant, mode: Mode): ModelNode[] {
  const parts = sources.map((source, at) => source.make(`s${at + 1}`));
  const nodes = parts
    .flatMap((part) => part.nodes)
    .map((node) => (node.kind === 'task' && mode !== 'one invocation' ? { ...node, long: true } : node));
  const needs = parts.flatMap((part) => part.needs);
  // With an error edge beside it, a failure of the join is caught; so that edge only exists where it does not fail.
  const rescue: ModelNode[] =
    variant.onError === undefined ? [{ id: 'rescue', kind: 'task', needs: ['join.error'] }] : [];
  const branches: ModelNode[] =
    variant.kind === 'condition'
      ? [
          { id: 'taken', kind: 'task', needs: ['join.yes'] },
          { id: 'other', kind: 'pass', needs: ['join.no'] },
        ]
      : [];
  return [
    ...nodes,
    { id: 'join', needs, join, ...variant },
    { id: 'after', kind: 'task', needs: ['join'] },
    ...rescue,
    ...branches,
  ];
}

async function check(model: readonly ModelNode[], mode: Mode): Promise<void> {
  const { nodes, script } = definitionOf(model);
  const plan = compile(nodes);
  const wanted = expected(model);
  const isSource = (id: string) => id.startsWith('s');
  cases += 1;
  orders += await everyOrder((choose) => once(choose));

  async function once(choose: Chooser): Promise<void> {
    const harness = new EngineHarness(plan, {
      script,
      input: MODEL_INPUT,
      ...(mode !== 'own messages' && { holds: isSource }),
    });
    await harness.start();
    await harness.runToEnd(choose);
    const { status, nodes: got } = await harness.result();
    harness.dispose();
    const ends = Object.entries(got).map(([id, { output: _output, error: _error, ...end }]) => [id, end]);
    const runs = model.filter(({ kind }) => kind === 'task').map(({ id }) => [id, harness.runsOf(id).length]);
    const wantedRuns = model
      .filter(({ kind }) => kind === 'task')
      .map(({ id, if: condition }) => [id, wanted.nodes[id]!.status === 'skipped' || condition === 'error' ? 0 : 1]);
    const problem = { status, nodes: Object.fromEntries(ends), runs: Object.fromEntries(runs), errors: harness.errors };
    expect(problem, JSON.stringify(model)).toEqual({ ...wanted, runs: Object.fromEntries(wantedRuns), errors: [] });
  }
}

function multisets<T>(items: readonly T[], size: number): T[][] {
  if (size === 0) return [[]];
  return items.flatMap((item, at) => multisets(items.slice(at), size - 1).map((rest) => [item, ...rest]));
}

const EFFECT: JoinVariant = { kind: 'task' };
const names = (sources: readonly Source[]) => sources.map(({ name }) => name).join(', ');

describe.each(JOINS)('join: %s', (join) => {
  test('one source, every kind of end and need', async () => {
    for (const source of SOURCES) {
      for (const mode of ['one invocation', 'own messages'] as const)
        await check(modelOf([source], join, EFFECT, mode), mode);
    }
  });

  test('two sources, every pair of ends and needs, in every order', async () => {
    for (const pair of multisets(SOURCES, 2)) {
      for (const mode of ['one invocation', 'own messages'] as const)
        await check(modelOf(pair, join, EFFECT, mode), mode);
    }
  });

  test('two sources whose invocations overlap', async () => {
    for (const pair of multisets(
      SOURCES.filter(({ basic }) => basic),
      2,
    ))
      await check(modelOf(pair, join, EFFECT, 'concurrent messages'), 'concurrent messages');
  });

  test('three sources of the basic kinds, in every order', async () => {
    for (const three of multisets(
      SOURCES.filter(({ basic }) => basic),
      3,
    )) {
      for (const mode of ['one invocation', 'own messages'] as const)
        await check(modelOf(three, join, EFFECT, mode), mode);
    }
  });

  test.each<[string, JoinVariant]>([
    ['a join that fails, rescued', { kind: 'task', fails: 'boom' }],
    ['a join that fails and is tolerated', { kind: 'task', fails: 'boom', onError: 'continue' }],
    ['a join behind an open gate', { kind: 'task', if: 'true' }],
    ['a join behind a closed gate', { kind: 'task', if: 'false' }],
    ['a join whose `if` cannot be evaluated', { kind: 'task', if: 'error' }],
    ['a pure join', { kind: 'transform' }],
    ['a pure join that fails', { kind: 'transform', fails: 'x' }],
    ['a pure join behind an open gate', { kind: 'pass', if: 'true' }],
    ['a pure join behind a closed gate', { kind: 'pass', if: 'false' }],
    ['a pure join whose `if` cannot be evaluated', { kind: 'pass', if: 'error' }],
    ['a condition as join', { kind: 'condition', branch: 'yes' }],
    ['a condition as join, the other branch', { kind: 'condition', branch: 'no' }],
    ['a condition as join that finds no branch', { kind: 'condition', fails: 'x' }],
    ['a tolerated condition as join that finds no branch', { kind: 'condition', fails: 'x', onError: 'continue' }],
  ])('%s', async (_, variant) => {
    for (const sources of [1, 2].flatMap((size) =>
      multisets(
        SOURCES.filter(({ basic }) => basic),
        size,
      ),
    )) {
      for (const mode of ['one invocation', 'own messages'] as const)
        await check(modelOf(sources, join, variant, mode), mode);
    }
  });
});

test('every state of an edge occurs among the basic sources', () => {
  expect(names(SOURCES.filter(({ basic }) => basic))).toContain('failed');
});
