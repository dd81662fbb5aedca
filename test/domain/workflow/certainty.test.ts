import { describe, expect, test } from 'vitest';
import type { Json } from '../../../shared/domain/json.ts';
import { validateDefinition } from '../../../shared/domain/workflow/validate.ts';
import { definitionOf, expected, type ModelNode } from '../../support/join-oracle.ts';
import { seededRandom } from '../../support/orders.ts';
import { randomModel } from '../../support/random-model.ts';
import { registry } from '../../support/scripted-task.ts';

/** Gives a random model's nodes other ends: what may happen in another run of the same workflow. */
function otherEnds(model: readonly ModelNode[], seed: number): ModelNode[] {
  const random = seededRandom(seed);
  return model.map(({ fails: _fails, ...node }) => ({
    ...node,
    ...(random() < 0.3 && { fails: random() < 0.5 ? 'boom' : 'bang' }),
    ...(node.if !== undefined && { if: random() < 0.5 ? ('true' as const) : ('false' as const) }),
    ...(node.kind === 'condition' && { branch: random() < 0.5 ? ('yes' as const) : ('no' as const) }),
  }));
}

test('what is called certain has succeeded whenever the node runs, in every run that the tables allow', () => {
  let certain = 0;
  for (let seed = 1; seed <= 400; seed += 1) {
    const model = randomModel(seed, 7);
    const last = model.at(-1)!;
    const upstream = model.slice(0, -1).filter(({ id }) => verdict(model, last.id, id) === 'certain');
    for (let run = 1; run <= 30; run += 1) {
      const ends = expected(otherEnds(model, 1_000 * seed + run)).nodes;
      if (ends[last.id]!.status === 'skipped') continue;
      for (const { id } of upstream) {
        certain += 1;
        expect(ends[id], `${id} for ${last.id} in ${JSON.stringify(model)}`).toEqual({ status: 'succeeded' });
      }
    }
  }
  expect(certain).toBeGreaterThan(1_000);
});

type Spec = Record<string, Json>;
const task = (needs: string[] = [], more: Spec = {}): Spec => ({
  type: 'task',
  ...(needs.length > 0 && { needs }),
  ...more,
});
const seeing = (node: string, needs: string[], more: Spec = {}) =>
  task(needs, { with: `{{ nodes.${node}.output }}`, ...more });
const condition = (needs: string[] = []): Spec => ({
  type: 'condition',
  ...(needs.length > 0 && { needs }),
  with: { cases: [{ branch: 'yes', if: '{{ input.x }}' }], default: 'no' },
});

/** Whether `from`, made to read the output of `target`, is warned. */
function verdict(model: readonly ModelNode[], from: string, target: string): 'certain' | 'warned' | 'not upstream' {
  const { nodes } = definitionOf(model);
  const reading = { ...nodes, [from]: { ...nodes[from]!, type: 'task', with: `{{ nodes.${target}.output }}` } };
  const result = validateDefinition({ name: 'w', nodes: reading }, registry, () => []);
  if (!result.ok) return 'not upstream';
  return result.value.warnings.length === 0 ? 'certain' : 'warned';
}

function warnings(nodes: Record<string, Spec>, output?: Json): string[] {
  const result = validateDefinition({ name: 'w', nodes, ...(output !== undefined && { output }) }, registry, () => []);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value.warnings.map(({ code, path }) => `${code} ${path}`);
}

const WARNED = ['unguarded_reference /nodes/z/with'];

describe('an output is certain', () => {
  test.each<[string, Record<string, Spec>]>([
    ['of what a node needs', { a: task(), z: seeing('a', ['a']) }],
    ['further up the line', { a: task(), b: task(['a']), z: seeing('a', ['b']) }],
    ['of every need of a merge whose edges cannot be dead', { a: task(), b: task(), z: seeing('a', ['a', 'b']) }],
    ['of a node behind a branch, for those behind it', { c: condition(), a: task(['c.yes']), z: seeing('a', ['a']) }],
    [
      'of all needs of `all`',
      { c: condition(), a: task(['c.yes']), b: task(), z: seeing('a', ['a', 'b'], { join: 'all' }) },
    ],
    ['of a node with `if`, for its only follower', { a: task([], { if: '{{ input.x }}' }), z: seeing('a', ['a']) }],
    ['of a caught node, on its plain edge', { a: task(), h: task(['a.error']), z: seeing('a', ['a']) }],
    ['of the condition whose branch was taken', { c: condition(), z: seeing('c', ['c.yes']) }],
    ['by two ways', { a: task(), b: task(['a']), c: task(['a']), z: seeing('a', ['b', 'c']) }],
    [
      'when guarded',
      {
        c: condition(),
        a: task(['c.yes']),
        z: task(['a', 'c.no'], { join: 'merge', with: '{{ nodes.a.?output.orValue(null) }}' }),
      },
    ],
    [
      'when only the status is read',
      { c: condition(), a: task(['c.yes']), z: task(['a', 'c.no'], { join: 'merge', with: '{{ nodes.a.status }}' }) },
    ],
  ])('%s', (_, nodes) => {
    expect(warnings(nodes)).toEqual([]);
  });
});

describe('an output may be missing', () => {
  test.each<[string, Record<string, Spec>]>([
    [
      'behind a branch, where branches merge',
      { c: condition(), a: task(['c.yes']), b: task(['c.no']), z: seeing('a', ['a', 'b']) },
    ],
    [
      'behind an `if`, where another edge is live',
      { a: task([], { if: '{{ input.x }}' }), b: task(), z: seeing('a', ['a', 'b']) },
    ],
    ['of a failed node, for its handler', { a: task(), z: seeing('a', ['a.error']) }],
    ['of a failed node, for a named handler', { a: task([], { catch: { n: ['x'] } }), z: seeing('a', ['a.n']) }],
    ['of a tolerated node', { a: task([], { onError: 'continue' }), z: seeing('a', ['a']) }],
    ['of the losers of `first`', { a: task(), b: task(), z: seeing('a', ['a', 'b'], { join: 'first' }) }],
    ['above `always`, even for a single need', { a: task(), z: seeing('a', ['a'], { join: 'always' }) }],
    [
      'of a caught node, where another edge is live',
      { a: task(), h: task(['a.error']), b: task(), z: seeing('a', ['a', 'b']) },
    ],
    [
      'of an `all` that a dead edge skips',
      {
        c: condition(),
        a: task(['c.yes']),
        b: task(),
        m: task(['a', 'b'], { join: 'all' }),
        d: task(),
        z: seeing('m', ['m', 'd']),
      },
    ],
    [
      'two steps behind a branch',
      { c: condition(), a: task(['c.yes']), a2: task(['a']), b: task(['c.no']), z: seeing('a2', ['a2', 'b']) },
    ],
  ])('%s', (_, nodes) => {
    expect(warnings(nodes)).toEqual(WARNED);
  });

  test('and the warning says how to guard it', () => {
    const nodes = { a: task([], { if: '{{ input.x }}' }), b: task(), z: seeing('a', ['a', 'b']) };
    const result = validateDefinition({ name: 'w', nodes }, registry, () => []);
    expect(result.ok && result.value.warnings[0]?.message).toContain('nodes.a.?output');
  });
});

describe("the workflow's output", () => {
  const output = '{{ nodes.a.output }}';
  test.each<[string, Record<string, Spec>, string[]]>([
    ['a node that always succeeds if the execution does', { a: task() }, []],
    ['a node behind a branch', { c: condition(), a: task(['c.yes']) }, ['unguarded_reference /output']],
    ['a node whose failure is caught', { a: task(), h: task(['a.error']) }, ['unguarded_reference /output']],
    ['a node whose failure is tolerated', { a: task([], { onError: 'continue' }) }, ['unguarded_reference /output']],
  ])('%s', (_, nodes, wanted) => {
    expect(warnings(nodes, output)).toEqual(wanted);
  });
});
