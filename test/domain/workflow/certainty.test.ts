import { describe, expect, test } from 'vitest';
import type { Json } from '../../../shared/domain/json.ts';
import { validateDefinition } from '../../../shared/domain/workflow/validate.ts';
import { registry } from '../../support/scripted-task.ts';

type Spec = Record<string, Json>;
const task = (needs: string[] = [], more: Spec = {}): Spec => ({ type: 'task', ...(needs.length > 0 && { needs }), ...more });
const seeing = (node: string, needs: string[], more: Spec = {}) => task(needs, { with: `{{ nodes.${node}.output }}`, ...more });
const condition = (needs: string[] = []): Spec => ({
  type: 'condition',
  ...(needs.length > 0 && { needs }),
  with: { cases: [{ branch: 'yes', if: '{{ input.x }}' }], default: 'no' },
});

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
    ['of all needs of `all`', { c: condition(), a: task(['c.yes']), b: task(), z: seeing('a', ['a', 'b'], { join: 'all' }) }],
    ['of a node with `if`, for its only follower', { a: task([], { if: '{{ input.x }}' }), z: seeing('a', ['a']) }],
    ['of a caught node, on its plain edge', { a: task(), h: task(['a.error']), z: seeing('a', ['a']) }],
    ['of the condition whose branch was taken', { c: condition(), z: seeing('c', ['c.yes']) }],
    ['by two ways', { a: task(), b: task(['a']), c: task(['a']), z: seeing('a', ['b', 'c']) }],
    ['when guarded', { c: condition(), a: task(['c.yes']), z: task(['a', 'c.no'], { join: 'merge', with: '{{ nodes.a.?output.orValue(null) }}' }) }],
    ['when only the status is read', { c: condition(), a: task(['c.yes']), z: task(['a', 'c.no'], { join: 'merge', with: '{{ nodes.a.status }}' }) }],
  ])('%s', (_, nodes) => {
    expect(warnings(nodes)).toEqual([]);
  });
});

describe('an output may be missing', () => {
  test.each<[string, Record<string, Spec>]>([
    ['behind a branch, where branches merge', { c: condition(), a: task(['c.yes']), b: task(['c.no']), z: seeing('a', ['a', 'b']) }],
    ['behind an `if`, where another edge is live', { a: task([], { if: '{{ input.x }}' }), b: task(), z: seeing('a', ['a', 'b']) }],
    ['of a failed node, for its handler', { a: task(), z: seeing('a', ['a.error']) }],
    ['of a failed node, for a named handler', { a: task([], { catch: { n: ['x'] } }), z: seeing('a', ['a.n']) }],
    ['of a tolerated node', { a: task([], { onError: 'continue' }), z: seeing('a', ['a']) }],
    ['of the losers of `first`', { a: task(), b: task(), z: seeing('a', ['a', 'b'], { join: 'first' }) }],
    ['above `always`, even for a single need', { a: task(), z: seeing('a', ['a'], { join: 'always' }) }],
    ['of a caught node, where another edge is live', { a: task(), h: task(['a.error']), b: task(), z: seeing('a', ['a', 'b']) }],
    ['of an `all` that a dead edge skips', { c: condition(), a: task(['c.yes']), b: task(), m: task(['a', 'b'], { join: 'all' }), d: task(), z: seeing('m', ['m', 'd']) }],
    ['two steps behind a branch', { c: condition(), a: task(['c.yes']), a2: task(['a']), b: task(['c.no']), z: seeing('a2', ['a2', 'b']) }],
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
  ])('%s', (_, nodes, expected) => {
    expect(warnings(nodes, output)).toEqual(expected);
  });
});
