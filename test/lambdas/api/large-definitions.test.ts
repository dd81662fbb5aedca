import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../../shared/domain/json.ts';
import { LIMITS } from '../../../shared/domain/limits.ts';
import { startTestStack, type TestStack } from '../../support/stack.ts';

let running: TestStack;
beforeAll(async () => {
  running = await startTestStack();
});
afterAll(() => running.stop());

/** n0 ← n1 ← n2 …: each needs the `width` before it. */
function chain(name: string, length: number, width = 1): JsonObject {
  const ids = Array.from({ length }, (_, at) => `n${at}`);
  const entries = ids.map((id, at) => [id, { type: 'pass', needs: ids.slice(Math.max(0, at - width), at) }]);
  return { name, nodes: Object.fromEntries(entries) as JsonObject };
}

const save = (definition: JsonObject) => running.api.call('POST', '/v1/workflows', { body: definition });

test('a chain of 50 nodes runs', async () => {
  const execution = await running.api.run(chain('chain', 50));
  expect(execution).toMatchObject({ status: 'succeeded', progress: { total: 50, succeeded: 50 } });
});

test('islands are one workflow', async () => {
  const islands = {
    name: 'islands',
    nodes: {
      ...(chain('a', 3)['nodes'] as JsonObject),
      lonely: { type: 'pass' },
      other: { type: 'pass' },
      last: { type: 'pass', needs: ['other'] },
    },
  };
  expect(await running.api.run(islands)).toMatchObject({ status: 'succeeded', progress: { total: 6, succeeded: 6 } });
});

test('10,000 nodes with 20,000 edges are accepted, stored and read as they were sent', async () => {
  const definition = chain('huge', LIMITS.nodesMax, 2);
  const edges = Object.values(definition['nodes'] as JsonObject).reduce<number>(
    (sum, node) => sum + ((node as JsonObject)['needs'] as readonly string[]).length,
    0,
  );
  expect(edges).toBe(19_997);
  const started = Date.now();
  expect((await running.api.call('POST', '/v1/workflows/validate', { body: definition })).body).toEqual({
    valid: true,
    problems: [],
    warnings: [],
  });
  expect((await save(definition)).status).toBe(201);
  expect((await save(definition)).status).toBe(200);
  expect((await running.api.call('GET', '/v1/workflows/huge')).body.definition).toEqual(definition);
  // Measured 0.5 s for all four on two cores; Lambda's 30 s are far away.
  expect(Date.now() - started).toBeLessThan(10_000);
});

test('a definition just below 5 MB is stored and read; a larger one is not', async () => {
  const sized = (bytes: number): JsonObject => ({
    name: 'wide',
    nodes: { a: { type: 'transform', with: { value: 'x'.repeat(bytes) } } },
  });
  const frame = JSON.stringify(sized(0)).length;
  const definition = sized(LIMITS.definitionBytesMax - frame);
  expect((await save(definition)).status).toBe(201);
  expect((await running.api.call('GET', '/v1/workflows/wide')).body.definition).toEqual(definition);
  const tooLarge = await save(sized(LIMITS.definitionBytesMax - frame + 1));
  expect([tooLarge.status, tooLarge.body.code]).toEqual([413, 'too_large']);
});
