import { expect, test } from 'vitest';
import type { Json } from '../../../shared/domain/json.ts';
import { LIMITS } from '../../../shared/domain/limits.ts';
import { compilePlan } from '../../../shared/domain/workflow/compile-plan.ts';
import { validateDefinition } from '../../../shared/domain/workflow/validate.ts';
import { registry } from '../../support/scripted-task.ts';

/** Far above what is measured (about 0.3 s): a shared machine must not make this test fail, a quadratic pass must. */
const BUDGET_MS = 5_000;

/** A ladder: each node needs the two before it, and reads the output of one. */
function ladder(): Json {
  const nodes = Array.from({ length: LIMITS.nodesMax }, (_, at) => {
    const needs = [at - 1, at - 2].filter((before) => before >= 0).map((before) => `n${before}`);
    return [
      `n${at}`,
      { type: 'task', ...(needs.length > 0 && { needs, with: { before: `{{ nodes.${needs[0]}.output }}` } }) },
    ] as const;
  });
  return { name: 'ladder', nodes: Object.fromEntries(nodes) };
}

function fan(): Json {
  const leaves = Array.from({ length: LIMITS.nodesMax - 2 }, (_, at) => `n${at}`);
  return {
    name: 'fan',
    nodes: {
      a: { type: 'task' },
      ...Object.fromEntries(leaves.map((id) => [id, { type: 'task', needs: ['a'] }])),
      z: { type: 'task', needs: leaves },
    },
  };
}

test.each<[string, () => Json, number]>([
  ['a ladder of 10,000 nodes with 20,000 edges', ladder, 19_997],
  ['a fan of 10,000 nodes', fan, 19_996],
])('%s is validated and compiled in well under a second', (name, make, edges) => {
  const definition = make();
  const started = performance.now();
  const checked = validateDefinition(definition, registry, () => []);
  const validated = performance.now();
  if (!checked.ok) throw new Error(JSON.stringify(checked.error.slice(0, 3)));
  const plan = compilePlan(checked.value.workflow, 1);
  const compiled = performance.now();
  console.log(
    `${name}: validated in ${Math.round(validated - started)} ms, compiled in ${Math.round(compiled - validated)} ms`,
  );
  expect(plan.edges.length).toBeGreaterThanOrEqual(edges);
  expect(compiled - started).toBeLessThan(BUDGET_MS);
});
