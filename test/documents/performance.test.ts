import { expect, test } from 'vitest';
import { invariant } from '../../shared/domain/invariant.ts';
import { LIMITS } from '../../shared/domain/limits.ts';
import { compileSchema, validateAgainst } from '../../shared/documents/json-schema.ts';
import { parseJson } from '../../shared/documents/parse-json.ts';
import { parseYaml } from '../../shared/documents/parse-yaml.ts';

/** Loose by a factor of five or more: a busy machine must not fail the build, an accidental square must. */
const JSON_MS_MAX = 1_000;
const YAML_MS_MAX = 15_000;
const SCHEMA_MS_MAX = 3_000;

function timed<T>(name: string, run: () => T): { result: T; ms: number } {
  const start = performance.now();
  const result = run();
  const ms = performance.now() - start;
  console.log(`${name}: ${ms.toFixed(0)} ms`);
  return { result, ms };
}

function definition(padding: number) {
  const nodes = Array.from({ length: LIMITS.nodesMax }, (_, index) => [
    `n${index}`,
    {
      type: 'http',
      needs: [`n${Math.max(0, index - 1)}`],
      with: {
        method: 'POST',
        url: 'https://x.example/{{ input.id }}',
        body: { amount: '{{ nodes.n.output }}', padding: 'p'.repeat(padding) },
      },
      timeout: '30s',
    },
  ]);
  return { name: 'large', nodes: Object.fromEntries(nodes) as object };
}

test('10,000 nodes in 5 MB of JSON', () => {
  const text = JSON.stringify(definition(320));
  expect(text.length).toBeGreaterThan(4.5e6);
  const { result, ms } = timed(`JSON, ${(text.length / 1e6).toFixed(1)} MB`, () => parseJson(text));
  expect(result.ok).toBe(true);
  expect(ms).toBeLessThan(JSON_MS_MAX);
});

test('10,000 nodes in YAML', () => {
  const lines = Object.entries(definition(0).nodes).map(
    ([id, node]) =>
      `  ${id}:\n    ${Object.entries(node as object)
        .map(([key, part]) => `${key}: ${JSON.stringify(part)}`)
        .join('\n    ')}\n`,
  );
  const text = `name: large\nnodes:\n${lines.join('')}`;
  const { result, ms } = timed(`YAML, ${(text.length / 1e6).toFixed(1)} MB`, () => parseYaml(text));
  expect(result.ok).toBe(true);
  expect(ms).toBeLessThan(YAML_MS_MAX);
});

test('1 MB of input against its schema', () => {
  const item = { id: '0b9c3b4e-6a53-4a0e-9d0e-3f0c1a2b3c4d', qty: 3, tags: ['a', 'b'] };
  const value = { items: Array.from({ length: 12_000 }, () => ({ ...item })) };
  const uuid = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$';
  const compiled = compileSchema(
    {
      type: 'object',
      properties: {
        items: {
          type: 'array',
          items: {
            type: 'object',
            required: ['id'],
            additionalProperties: false,
            properties: {
              id: { type: 'string', pattern: uuid },
              qty: { type: 'integer', minimum: 0 },
              tags: { type: 'array', items: { type: 'string' } },
              state: { default: 'new' },
            },
          },
        },
      },
    },
    '',
  );
  invariant(compiled.ok, 'compiles');
  const { result, ms } = timed(`schema, ${(JSON.stringify(value).length / 1e6).toFixed(1)} MB`, () =>
    validateAgainst(compiled.value, value),
  );
  expect(result.problems).toEqual([]);
  expect(ms).toBeLessThan(SCHEMA_MS_MAX);
});
