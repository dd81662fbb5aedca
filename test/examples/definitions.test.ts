import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lintSchema } from '../../lambdas/runtime/bootstrap.ts';
import { Example } from '../../local/demo/example.ts';
import { EXAMPLES_DIR, readExamples } from '../../local/demo/examples.ts';
import { compileSchema, validateAgainst } from '../../shared/documents/json-schema.ts';
import { parseYaml } from '../../shared/documents/parse-yaml.ts';
import type { Json } from '../../shared/domain/json.ts';
import { validateDefinition } from '../../shared/domain/workflow/validate.ts';
import { createNodeRegistry } from '../../shared/nodes/index.ts';

const NODES = createNodeRegistry({ httpAllow: [], runtimeApi: undefined });
const NAMES = readdirSync(EXAMPLES_DIR).filter((name) => existsSync(join(EXAMPLES_DIR, name, 'workflow.yaml')));

const textOf = (...path: string[]): string => readFileSync(join(EXAMPLES_DIR, ...path), 'utf8');

function problemsOf(definition: Json): unknown {
  const checked = validateDefinition(definition, NODES, lintSchema);
  return checked.ok ? [] : checked.error;
}

function definitionOf(name: string) {
  const parsed = parseYaml(textOf(name, 'workflow.yaml'));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const checked = validateDefinition(parsed.value, NODES, lintSchema);
  if (!checked.ok) throw new Error(JSON.stringify(checked.error, undefined, 2));
  return checked.value.workflow.definition;
}

test('there are at least seven written examples, and five recorded ones', () => {
  expect(NAMES.length).toBeGreaterThanOrEqual(7);
  expect(readExamples().filter(({ id }) => id.startsWith('wfinstances/'))).toHaveLength(5);
});

describe.each(NAMES)('%s', (name) => {
  const example = Example.parse(JSON.parse(textOf(name, 'example.json')));

  test('its definition has no problems and is called like its folder', () => {
    expect(definitionOf(name).name).toBe(name);
  });

  test('what its example expects and decides are nodes that it has', () => {
    const { nodes } = definitionOf(name);
    for (const run of example.runs) {
      const named = [...Object.keys(run.expect.nodes), ...(run.decisions ?? []).map(({ node }) => node)];
      expect(named.filter((id) => !Object.hasOwn(nodes, id))).toEqual([]);
      for (const { node } of run.decisions ?? []) expect(nodes[node]?.type).toBe('approval');
    }
  });

  test('its inputs fit its schema', () => {
    const schema = compileSchema(definitionOf(name).input ?? {}, '');
    if (!schema.ok) throw new Error(JSON.stringify(schema.error));
    for (const { input } of example.runs) {
      expect(validateAgainst(schema.value, { ...input, target: 'http://127.0.0.1:9000/x' }).problems).toEqual([]);
    }
  });

  test('every route that it expects calls to is one that its services know', () => {
    for (const { expect: expected, target } of example.runs) {
      const called = Object.entries(expected.calls ?? {}).flatMap(([route, count]) => (count > 0 ? [route] : []));
      expect(called.filter((route) => !Object.hasOwn(target, route))).toEqual([]);
    }
  });
});

test.each(readdirSync(join(EXAMPLES_DIR, 'wfinstances')).filter((file) => file.endsWith('.json')))(
  'the recorded %s has no problems',
  (file) => {
    expect(problemsOf(JSON.parse(textOf('wfinstances', file)) as Json)).toEqual([]);
  },
);

test.each([
  ['a run without an end', { name: 'a', description: '', input: {}, target: {} }],
  [
    'an unknown field',
    { name: 'a', description: '', input: {}, target: {}, expect: { status: 'succeeded', nodes: {}, outputs: 1 } },
  ],
  [
    'a status that no node has',
    { name: 'a', description: '', input: {}, target: {}, expect: { status: 'succeeded', nodes: { x: 'done' } } },
  ],
  [
    'a route without a method',
    { name: 'a', description: '', input: {}, target: { '/x': 200 }, expect: { status: 'succeeded', nodes: {} } },
  ],
  [
    'a name that is no path',
    { name: 'a/b', description: '', input: {}, target: {}, expect: { status: 'succeeded', nodes: {} } },
  ],
])('example.json: %s is refused', (_what, run) => {
  expect(Example.safeParse({ description: '', runs: [run] }).success).toBe(false);
});
