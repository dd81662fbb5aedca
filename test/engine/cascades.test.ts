import { expect, test } from 'vitest';
import { compile, EngineHarness } from '../support/engine-harness.ts';
import { definitionOf, expected, MODEL_INPUT, type ModelNode } from '../support/join-oracle.ts';
import { seededChooser } from '../support/orders.ts';
import { randomModel } from '../support/random-model.ts';

const RANDOM_WORKFLOWS = 4_000;
const ORDERS_EACH = 2;

async function check(model: readonly ModelNode[], label: string, seeds: readonly number[]): Promise<void> {
  const { nodes, script } = definitionOf(model);
  const plan = compile(nodes);
  const wanted = expected(model);
  for (const seed of seeds) {
    const harness = new EngineHarness(plan, { script, input: MODEL_INPUT, holds: () => seed % 2 === 1 });
    await harness.start();
    await harness.runToEnd(seededChooser(seed));
    const { status, nodes: got } = await harness.result();
    const { progress } = await harness.header();
    harness.dispose();
    const ends = Object.fromEntries(
      Object.entries(got).map(([id, { output: _output, error: _error, ...end }]) => [id, end]),
    );
    const runs = model.flatMap(({ id, kind }) => (kind === 'task' ? [[id, harness.runsOf(id).length]] : []));
    const wantedRuns = model.flatMap(({ id, kind, if: condition }) =>
      kind === 'task' ? [[id, wanted.nodes[id]!.status === 'skipped' || condition === 'error' ? 0 : 1]] : [],
    );
    expect({ status, nodes: ends, runs, errors: harness.errors }, `${label}: ${JSON.stringify(model)}`).toEqual({
      ...wanted,
      runs: wantedRuns,
      errors: [],
    });
    const count = (wantedStatus: string) =>
      Object.values(wanted.nodes).filter((node) => node.status === wantedStatus).length;
    expect(progress).toMatchObject({
      total: model.length,
      succeeded: count('succeeded'),
      failed: count('failed'),
      skipped: count('skipped'),
    });
  }
}

test.each<[string, ModelNode[]]>([
  [
    'a chain of skips behind a branch',
    [
      { id: 'c', kind: 'condition', branch: 'no' },
      { id: 'x', kind: 'task', needs: ['c.yes'] },
      { id: 'y', kind: 'task', needs: ['x'] },
      { id: 'z', kind: 'pass', needs: ['y'] },
      { id: 'end', kind: 'task', needs: ['z', 'c.no'], join: 'merge' },
    ],
  ],
  [
    'a failure travels through skipped nodes to an `always`',
    [
      { id: 'a', kind: 'task', fails: 'boom' },
      { id: 'b', kind: 'task', needs: ['a'] },
      { id: 'p', kind: 'transform', needs: ['b'] },
      { id: 'clean', kind: 'task', needs: ['p'], join: 'always' },
      { id: 'after', kind: 'task', needs: ['clean'] },
    ],
  ],
  [
    'pure `always` nodes below skipped effects, in a row',
    [
      { id: 'a', kind: 'task', fails: 'boom' },
      { id: 'b', kind: 'task', needs: ['a'] },
      { id: 'p', kind: 'pass', needs: ['b'], join: 'always' },
      { id: 'q', kind: 'transform', needs: ['p'] },
      { id: 'r', kind: 'pass', needs: ['b', 'q'], join: 'always' },
      { id: 'end', kind: 'task', needs: ['r'] },
    ],
  ],
  [
    'a gate on a pure node inside a unit',
    [
      { id: 'a', kind: 'task' },
      { id: 'p', kind: 'transform', needs: ['a'], if: 'false' },
      { id: 'q', kind: 'pass', needs: ['p'] },
      { id: 'b', kind: 'task', needs: ['q', 'a'], join: 'merge' },
    ],
  ],
  [
    'an open gate in front of a pure node in front of an effect',
    [
      { id: 'a', kind: 'task' },
      { id: 'p', kind: 'transform', needs: ['a'], if: 'true' },
      { id: 'b', kind: 'task', needs: ['p'], if: 'true' },
    ],
  ],
  [
    'an `always` gate below a failure',
    [
      { id: 'a', kind: 'task', fails: 'boom' },
      { id: 'b', kind: 'task', needs: ['a'], join: 'always', if: 'true' },
      { id: 'c', kind: 'pass', needs: ['a'], join: 'always', if: 'false' },
      { id: 'd', kind: 'task', needs: ['b', 'c'], join: 'all' },
    ],
  ],
  [
    'an `always` gate below a skipped effect',
    [
      { id: 'a', kind: 'task', fails: 'boom' },
      { id: 's', kind: 'task', needs: ['a'] },
      { id: 'b', kind: 'task', needs: ['s'], join: 'always', if: 'true' },
      { id: 'c', kind: 'pass', needs: ['s'], join: 'always', if: 'true' },
    ],
  ],
  [
    'a join whose sources are all skipped',
    [
      { id: 'c', kind: 'condition', branch: 'no' },
      { id: 'x', kind: 'task', needs: ['c.yes'] },
      { id: 'y', kind: 'task', needs: ['c.yes'] },
      { id: 'j', kind: 'task', needs: ['x', 'y'], join: 'always' },
      { id: 'k', kind: 'task', needs: ['j', 'c.no'], join: 'first' },
    ],
  ],
  [
    'a `first` whose loser runs on and fails',
    [
      { id: 'a', kind: 'task' },
      { id: 'b', kind: 'task', fails: 'boom' },
      { id: 'f', kind: 'task', needs: ['a', 'b'], join: 'first' },
      { id: 'g', kind: 'task', needs: ['f'] },
    ],
  ],
  [
    'nested `first` joins',
    [
      { id: 'a', kind: 'task' },
      { id: 'b', kind: 'task', fails: 'boom', onError: 'continue' },
      { id: 'c', kind: 'task', if: 'false' },
      { id: 'f', kind: 'pass', needs: ['a', 'b'], join: 'first' },
      { id: 'g', kind: 'task', needs: ['f', 'c'], join: 'first' },
    ],
  ],
  [
    'nothing but pure nodes',
    [
      { id: 'a', kind: 'pass' },
      { id: 'b', kind: 'condition', needs: ['a'], branch: 'yes' },
      { id: 'c', kind: 'transform', needs: ['b.yes'] },
      { id: 'd', kind: 'transform', needs: ['b.no'] },
      { id: 'e', kind: 'pass', needs: ['c', 'd'] },
    ],
  ],
])('%s', async (label, model) => {
  await check(model, label, [1, 2, 3, 4]);
});

test(`${RANDOM_WORKFLOWS} random workflows in random orders end as the contract's tables say`, async () => {
  for (let seed = 1; seed <= RANDOM_WORKFLOWS; seed += 1) {
    await check(
      randomModel(seed, 8),
      `seed ${seed}`,
      Array.from({ length: ORDERS_EACH }, (_, at) => 2 * seed + at),
    );
  }
});
