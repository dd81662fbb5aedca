import { afterAll, beforeAll, expect, test } from 'vitest';
import { startRecordingTarget, type RecordingTarget } from '../support/recording-target.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

/** Rows 1 to 6 of what Stepwell must do, through the public API: real handlers, SDK and emulators. */
let target: RecordingTarget;
let stack: TestStack;

beforeAll(async () => {
  target = await startRecordingTarget({
    delayMs: 5,
    answer: (path) => (path.startsWith('/broken') ? { status: 404 } : undefined),
  });
  stack = await startTestStack({ httpAllow: target.authority });
});

afterAll(async () => {
  await stack.stop();
  await target.stop();
});

const http = (path: string, needs: readonly string[] = [], more: object = {}) => ({
  type: 'http',
  needs,
  with: { url: `${target.url}${path}` },
  ...more,
});
const statuses = (execution: { nodes: Record<string, { status: string }> }) =>
  Object.fromEntries(Object.entries(execution.nodes).map(([id, node]) => [id, node.status]));

test('an execution in flight keeps its version while three newer ones are saved; every version can be read', async () => {
  const version = (text: string) => ({
    name: 'versions',
    nodes: { gate: { type: 'approval' }, say: { type: 'transform', needs: ['gate'], with: { value: text } } },
  });
  await stack.api.save(version('first'));
  const id = await stack.api.start('versions');
  await stack.api.until(id, (execution) => execution.nodes.gate.status === 'waiting');
  for (const text of ['second', 'third', 'fourth']) await stack.api.save(version(text));
  const { callback } = await stack.api.node(id, 'gate');
  await stack.api.call('POST', `/v1/callbacks/${callback.token}`, { body: { output: {} } });
  const execution = await stack.api.ended(id);
  expect(execution.version).toBe(1);
  expect((await stack.api.results(id)).outputs.say).toBe('first');
  const { body } = await stack.api.call('GET', '/v1/workflows/versions/versions');
  expect(body.items.map((item: { version: number }) => item.version)).toEqual([4, 3, 2, 1]);
  const second = await stack.api.call('GET', '/v1/workflows/versions?version=2');
  expect(second.body.definition.nodes.say.with.value).toBe('second');
});

test('a held execution stays pending, runs only on start; starting twice is a no-op; after cancel it is refused', async () => {
  await stack.api.save({ name: 'held', nodes: { a: http('/held') } });
  const id = await stack.api.start('held', { hold: true });
  expect((await stack.api.execution(id)).status).toBe('pending');
  expect((await stack.api.call('POST', `/v1/executions/${id}/start`)).status).toBe(202);
  expect((await stack.api.call('POST', `/v1/executions/${id}/start`)).status).toBe(202);
  expect((await stack.api.ended(id)).status).toBe('succeeded');
  expect(target.calls('/held')).toHaveLength(1);
  expect((await stack.api.call('POST', `/v1/executions/${id}/start`)).body.code).toBe('execution_terminal');
  const other = await stack.api.start('held', { hold: true });
  expect((await stack.api.call('POST', `/v1/executions/${other}/cancel`)).status).toBe(202);
  expect((await stack.api.execution(other)).status).toBe('cancelled');
  expect((await stack.api.call('POST', `/v1/executions/${other}/start`)).status).toBe(409);
});

test('1 → 1,000 → 1: every node reaches the target once, the join once and last', async () => {
  const names = Array.from({ length: 1_000 }, (_, at) => `w${at}`);
  const nodes = {
    source: http('/wide/source'),
    ...Object.fromEntries(names.map((name) => [name, http(`/wide/${name}`, ['source'])])),
    join: http('/wide/join', names),
  };
  const execution = await stack.api.run({ name: 'wide', nodes });
  expect(execution.status).toBe('succeeded');
  const calls = target.all.filter(({ path }) => path.startsWith('/wide/'));
  expect(calls).toHaveLength(1_002);
  expect(new Set(calls.map(({ path }) => path)).size).toBe(1_002);
  expect(calls[0]?.path).toBe('/wide/source');
  expect(calls.at(-1)?.path).toBe('/wide/join');
});

test('the untaken branch is skipped, the skip travels on, a join with one live parent runs, with none it is skipped', async () => {
  const execution = await stack.api.run(
    {
      name: 'routing',
      nodes: {
        size: {
          type: 'condition',
          with: { cases: [{ branch: 'large', if: '{{ input.total > 100 }}' }], default: 'small' },
        },
        large: http('/large', ['size.large']),
        larger: { type: 'pass', needs: ['large'] },
        small: http('/small', ['size.small']),
        any: http('/any', ['larger', 'small']),
        none: http('/none', ['larger'], { join: 'all' }),
      },
    },
    { total: 5 },
  );
  expect(execution.status).toBe('succeeded');
  expect(statuses(execution)).toEqual({
    size: 'succeeded',
    large: 'skipped',
    larger: 'skipped',
    small: 'succeeded',
    any: 'succeeded',
    none: 'skipped',
  });
  expect(execution.nodes.larger.reason).toBe('branch');
});

test('a caught failure runs its handler and the execution succeeds; an uncaught one blocks what is below and fails it', async () => {
  const caught = await stack.api.run({
    name: 'caught',
    nodes: {
      pay: http('/broken', [], { catch: { missing: ['http_404'] } }),
      refund: http('/refund', ['pay.missing']),
      ship: http('/ship', ['pay']),
    },
  });
  expect(caught.status).toBe('succeeded');
  expect(statuses(caught)).toEqual({ pay: 'failed', refund: 'succeeded', ship: 'skipped' });
  const failed = await stack.api.run({
    name: 'uncaught',
    nodes: {
      pay: http('/broken'),
      ship: http('/ship', ['pay']),
      always: http('/always', ['ship'], { join: 'always' }),
    },
  });
  expect(failed).toMatchObject({
    status: 'failed',
    reason: 'node_failed',
    error: { node: 'pay', code: 'http_404', category: 'target' },
  });
  expect(failed.nodes.ship).toMatchObject({ status: 'skipped', reason: 'upstream_failed' });
  expect(failed.nodes.always.status).toBe('succeeded');
  const tolerated = await stack.api.run({
    name: 'tolerated',
    nodes: { optional: http('/broken', [], { onError: 'continue' }), next: http('/next', ['optional']) },
  });
  expect(tolerated.status).toBe('succeeded');
  expect(tolerated.nodes.optional).toMatchObject({ status: 'failed', tolerated: true });
});

test('a whole-value template keeps its type, paths nest, text interpolates; a missing path fails the node and is named', async () => {
  const definition = {
    name: 'templates',
    nodes: {
      a: {
        type: 'transform',
        with: {
          value: {
            list: '{{ input.items }}',
            count: '{{ size(input.items) }}',
            text: 'have {{ size(input.items) }} of {{ input.name }}',
          },
        },
      },
      b: {
        type: 'http',
        needs: ['a'],
        with: { method: 'POST', url: `${target.url}/echo/{{ nodes.a.output.count }}`, body: '{{ nodes.a.output }}' },
      },
      c: { type: 'transform', needs: ['b'], with: { value: '{{ nodes.b.output.body.nothing.here }}' } },
    },
  };
  const execution = await stack.api.run(definition, { items: [1, 2], name: 'apples' });
  expect(execution.status).toBe('failed');
  expect(execution.error.code).toBe('expression_failed');
  expect(execution.error.message).toContain('nothing');
  const { outputs } = await stack.api.results(execution.id);
  expect(outputs.a).toEqual({ list: [1, 2], count: 2, text: 'have 2 of apples' });
  expect(target.calls('/echo/2')).toHaveLength(1);
  expect((await stack.api.node(execution.id, 'b')).with.body).toEqual(outputs.a);
});

test('`if` on a node: false skips it with the reason `if`, an unevaluable one fails the node', async () => {
  const execution = await stack.api.run(
    {
      name: 'ifs',
      nodes: {
        no: http('/if/no', [], { if: '{{ input.go }}' }),
        after: { type: 'pass', needs: ['no'] },
        broken: http('/if/broken', [], { if: '{{ input.missing.path }}', onError: 'continue' }),
        yes: { type: 'transform', if: '{{ !input.go }}', with: { value: 1 } },
      },
    },
    { go: false },
  );
  expect(execution.status).toBe('succeeded');
  expect(execution.nodes.no).toMatchObject({ status: 'skipped', reason: 'if' });
  expect(execution.nodes.after).toMatchObject({ status: 'skipped', reason: 'branch' });
  expect(execution.nodes.broken).toMatchObject({
    status: 'failed',
    tolerated: true,
    error: { code: 'expression_failed' },
  });
  expect(execution.nodes.yes.status).toBe('succeeded');
  expect(target.calls('/if/no')).toHaveLength(0);
});

test('inputs and outputs of any size: 1 KB to 900 KB of input, compressed or in the bucket, arrive unchanged', async () => {
  const noise = Array.from({ length: 30_000 }, (_, at) => (at * 2_654_435_761) % 4_294_967_296);
  for (const input of [{ text: 'x'.repeat(2_000) }, { noise: noise.slice(0, 2_000) }, { noise }]) {
    const execution = await stack.api.run(
      {
        name: 'large',
        nodes: { a: { type: 'transform', with: { value: '{{ input }}' } }, b: http('/large', ['a']) },
        output: '{{ nodes.a.output }}',
      },
      input,
    );
    expect(execution.status).toBe('succeeded');
    expect((await stack.api.results(execution.id)).output).toEqual(input);
  }
});
