import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startRecordingTarget, type RecordingTarget } from '../support/recording-target.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

interface Definition {
  readonly name: string;
  readonly nodes: Readonly<
    Record<string, { readonly needs?: readonly string[]; readonly with: { readonly url: string } }>
  >;
}

let target: RecordingTarget;
let stack: TestStack;

beforeAll(async () => {
  target = await startRecordingTarget();
  stack = await startTestStack({ httpAllow: target.authority, permissions: 'unchecked' });
});

afterAll(async () => {
  await stack.stop();
  await target.stop();
});

test('the 1,738-node Montage DAG finishes: each effect exactly once, none before all that it needs', async () => {
  const definition = JSON.parse(
    readFileSync('examples/wfinstances/montage-chameleon-2mass-05d-001.json', 'utf8'),
  ) as Definition;
  await stack.api.save(definition as never);
  const id = await stack.api.start(definition.name, { input: { target: target.url } });
  const execution = await stack.api.ended(id);
  expect(execution.status).toBe('succeeded');
  const ids = Object.keys(definition.nodes);
  expect(ids).toHaveLength(1_738);
  expect(execution.progress).toMatchObject({ total: 1_738, succeeded: 1_738 });
  const position = new Map(target.all.map(({ key = '' }, at) => [key.split(':')[1] ?? '', at]));
  expect(target.all.length).toBe(1_738);
  expect(position.size).toBe(1_738);
  const early = Object.entries(definition.nodes).flatMap(([node, { needs = [] }]) =>
    needs
      .filter((need) => (position.get(need) ?? Infinity) > (position.get(node) ?? -1))
      .map((need) => `${node} ran before ${need}`),
  );
  expect(early).toEqual([]);
});
