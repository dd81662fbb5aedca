import { expect, test } from 'vitest';
import { compile, EngineHarness } from '../support/engine-harness.ts';
test('smoke', async () => {
  const plan = compile({ a: { type: 'task' }, b: { type: 'task', needs: ['a'], with: { x: '{{ nodes.a.output.from }}' } }, c: { type: 'task', needs: ['a'] }, d: { type: 'task', needs: ['b', 'c'] } }, { output: '{{ nodes.d.output }}' });
  const h = new EngineHarness(plan);
  await h.start();
  await h.runToEnd();
  console.log(JSON.stringify(await h.result(), null, 1), h.runs, h.errors, h.faults.calls);
  const t = performance.now();
  for (let i = 0; i < 500; i++) { const g = new EngineHarness(plan); await g.start(); await g.runToEnd(); g.dispose(); }
  console.log('ms per execution', (performance.now() - t) / 500);
  expect(1).toBe(1);
});
