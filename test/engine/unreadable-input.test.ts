import { expect, test } from 'vitest';
import { bury, dieOf, isNode } from '../support/burial.ts';
import { compile, EngineHarness } from '../support/engine-harness.ts';

test('a node that is buried because its input cannot be read ends its execution all the same', async () => {
  const plan = compile({
    a: { type: 'task' },
    b: { type: 'task', needs: ['a'], timeout: '5m', with: { k: '{{ input.k }}' } },
  });
  let broken = false;
  const harness = new EngineHarness(plan, {
    input: { k: 1 },
    watch: (store) =>
      new Proxy(store, {
        get: (target, name) => {
          if (broken && name === 'load') return () => Promise.reject(new Error('NoSuchKey'));
          const method: unknown = Reflect.get(target, name);
          return typeof method === 'function' ? method.bind(target) : method;
        },
      }),
  });
  await harness.start();
  const dead = await dieOf(harness, isNode('b'));
  broken = true;
  await bury(harness, dead);
  await harness.runToEnd();
  expect(await harness.header()).toMatchObject({ status: 'failed', error: { node: 'b', code: 'dispatch_dead' } });
  harness.dispose();
});
