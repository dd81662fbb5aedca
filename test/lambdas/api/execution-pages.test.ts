import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../shared/domain/json.ts';
import { LIMITS } from '../../../shared/domain/limits.ts';
import type { ApiClient } from '../../support/api-client.ts';
import { startTestStack, type TestStack } from '../../support/stack.ts';

let running: TestStack;
let api: ApiClient;
beforeAll(async () => {
  running = await startTestStack({ permissions: 'unchecked' });
  api = running.api;
});
afterAll(() => running.stop());

const mixed: JsonObject = {
  name: 'mixed',
  nodes: {
    good: { type: 'pass', with: { value: 'done' } },
    bad: { type: 'fail', with: { code: 'broken', message: 'no' } },
    after: { type: 'pass', needs: ['bad'] },
    never: { type: 'pass', if: false },
    open: { type: 'approval' },
  },
};

/** Ids of all pages of nodes. */
async function nodesOf(id: string, query: string): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.execution(id, `?${query}${cursor === undefined ? '' : `&nodesCursor=${cursor}`}`);
    expect(Object.keys(page.nodes).length).toBeLessThanOrEqual(LIMITS.nodesPageMax);
    expect(Buffer.byteLength(JSON.stringify(JSON.stringify(page)))).toBeLessThan(6 * 1_024 * 1_024);
    found.push(...Object.keys(page.nodes));
    cursor = page.nodesCursor;
  } while (cursor !== undefined);
  return found;
}

describe('nodes=', () => {
  test.each([
    ['nodes=all', ['good', 'bad', 'after', 'never', 'open']],
    ['', ['good', 'bad', 'after', 'never', 'open']],
    ['nodes=none', []],
    ['nodes=failed', ['bad']],
    ['nodes=unfinished', ['open']],
  ])('%s', async (query, expected) => {
    await api.save(mixed);
    const id = await api.start('mixed');
    const execution = await api.until(
      id,
      ({ progress }) => progress.waiting === 1 && progress.failed === 1 && progress.pending === 0,
    );
    expect((await nodesOf(id, query)).sort()).toEqual([...expected].sort());
    expect((await api.execution(id, `?${query}`)).progress).toEqual(execution.progress);
    await api.call('POST', `/v1/executions/${id}/cancel`);
  });

  test('more than 2,000 nodes come in pages, each node once', async () => {
    const ids = Array.from({ length: 4_500 }, (_, at) => `n${at}`);
    await api.save({ name: 'many', nodes: Object.fromEntries(ids.map((id) => [id, { type: 'pass' }])) });
    const id = await api.start('many', { hold: true });
    for (const query of ['nodes=all', 'nodes=unfinished'])
      expect(new Set(await nodesOf(id, query))).toEqual(new Set(ids));
    expect((await api.execution(id)).progress).toMatchObject({ total: 4_500, pending: 4_500 });
    expect((await api.execution(id, '?nodes=none')).nodes).toEqual({});
    const { nodesCursor } = await api.execution(id);
    expect((await api.call('GET', `/v1/executions/${id}?nodes=failed&nodesCursor=${nodesCursor}`)).status).toBe(400);
    const other = await api.start('many', { hold: true });
    expect((await api.call('GET', `/v1/executions/${other}?nodesCursor=${nodesCursor}`)).status).toBe(400);
  });

  test('1,500 long error messages do not make an answer that Lambda cannot give', async () => {
    const message = '😀'.repeat(LIMITS.errorMessageLengthMax / 2);
    const ids = Array.from({ length: 1_500 }, (_, at) => `n${at}`);
    await api.save({
      name: 'loud',
      nodes: Object.fromEntries(
        ids.map((id) => [
          id,
          { type: 'fail', onError: 'continue', with: { code: 'loud', message: '{{ input.message }}' } },
        ]),
      ),
    });
    const id = await api.start('loud', { input: { message } });
    // Read without its nodes: each of their pages is 2.5 MB.
    while ((await api.execution(id, '?nodes=none')).status === 'running') await sleep(200);
    expect(new Set(await nodesOf(id, 'nodes=failed'))).toEqual(new Set(ids));
  });
});

describe('results', () => {
  test('only what succeeded appears, while it runs and after it', async () => {
    await api.save({ ...mixed, output: { said: '{{ nodes.good.output }}' } });
    const id = await api.start('mixed');
    await api.until(id, ({ progress }) => progress.waiting === 1 && progress.succeeded === 1);
    expect(await api.results(id)).toEqual({ outputs: { good: 'done' } });
    await api.call('POST', `/v1/executions/${id}/cancel`);
    await api.ended(id);
    expect(await api.results(id)).toEqual({ outputs: { good: 'done' } });
  });

  test('the output of the execution, null included', async () => {
    const { id } = await api.run({
      name: 'out',
      nodes: { a: { type: 'pass', with: { value: null } } },
      output: { a: '{{ nodes.a.output }}', list: [1, '{{ 1 + 1 }}'] },
    });
    expect(await api.results(id)).toEqual({ outputs: { a: null }, output: { a: null, list: [1, 2] } });
  });

  test('outputs larger than one answer are 413; each is read at its node, with or without what made it', async () => {
    const large = 'x'.repeat(3_500_000);
    const { id, status } = await api.run({
      name: 'large',
      nodes: {
        a: { type: 'transform', with: { value: large } },
        b: { type: 'pass', needs: ['a'], with: { value: '{{ nodes.a.output }}' } },
      },
    });
    expect(status).toBe('succeeded');
    const answer = await api.call('GET', `/v1/executions/${id}/results`);
    expect([answer.status, answer.body.code]).toEqual([413, 'too_large']);
    for (const name of ['a', 'b']) {
      const node = await api.call('GET', `/v1/executions/${id}/nodes/${name}`);
      expect([node.status, node.body.output === large, node.body.with]).toEqual([200, true, undefined]);
    }
  });
});

describe('history', () => {
  test('in order of time, in pages of any size the same, complete once it ended', async () => {
    await api.save({
      name: 'told',
      nodes: {
        a: { type: 'wait', with: { duration: '10ms' } },
        b: { type: 'pass', needs: ['a'] },
        c: { type: 'fail', needs: ['b'], with: { code: 'broken', message: 'no' } },
      },
    });
    const id = await api.start('told');
    await api.ended(id);
    const whole = (await api.call('GET', `/v1/executions/${id}/history?limit=200`)).body;
    expect(whole.cursor).toBeUndefined();
    const times = whole.items.map(({ at }: { at: string }) => at) as string[];
    expect(times).toEqual([...times].sort());
    const types = whole.items.map(({ type, node }: { type: string; node?: string }) =>
      node === undefined ? type : `${type} ${node}`,
    );
    expect(types[0]).toBe('execution_created');
    expect(types.at(-1)).toBe('execution_failed');
    for (const type of [
      'execution_started',
      'attempt_started a',
      'node_succeeded a',
      'node_succeeded b',
      'node_failed c',
    ])
      expect(types).toContain(type);
    for (const limit of [1, 3]) {
      const items: unknown[] = [];
      for (let cursor = ''; ;) {
        const page = (await api.call('GET', `/v1/executions/${id}/history?limit=${limit}${cursor}`)).body;
        items.push(...page.items);
        if (page.cursor === undefined) break;
        cursor = `&cursor=${page.cursor}`;
      }
      expect(items).toEqual(whole.items);
    }
  });
});

describe('a node', () => {
  test('of every kind and status can be read', async () => {
    await api.save(mixed);
    const id = await api.start('mixed');
    await api.until(id, ({ progress }) => progress.waiting === 1 && progress.failed === 1 && progress.pending === 0);
    expect(await api.node(id, 'good')).toMatchObject({
      node: 'good',
      type: 'pass',
      status: 'succeeded',
      generation: 1,
      with: { value: 'done' },
      output: 'done',
    });
    expect(await api.node(id, 'bad')).toMatchObject({
      status: 'failed',
      error: { code: 'broken', category: 'target', message: 'no' },
    });
    expect(await api.node(id, 'after')).toMatchObject({ status: 'skipped', reason: 'upstream_failed', attempts: [] });
    expect(await api.node(id, 'never')).toMatchObject({ status: 'skipped', reason: 'if' });
    const open = await api.node(id, 'open');
    expect(open).toMatchObject({
      status: 'waiting',
      waitingFor: 'callback',
      attempts: [{ attempt: 1 }],
      callback: { token: expect.any(String) },
    });
    expect(open.callback.url).toBe(`${api.url}/v1/callbacks/${open.callback.token}`);
    expect(open.output).toBeUndefined();
    expect((await api.call('GET', `/v1/executions/${id}/nodes/nobody`)).status).toBe(404);
    await api.call('POST', `/v1/executions/${id}/cancel`);
    await api.ended(id);
    const cancelled = await api.node(id, 'open');
    expect(cancelled.status).toBe('cancelled');
    expect(cancelled.callback).toBeUndefined();
  });

  test('of a held execution can be read before anything ran', async () => {
    await api.save(mixed);
    const id = await api.start('mixed', { hold: true });
    for (const node of ['good', 'bad', 'after', 'never', 'open']) {
      expect(await api.node(id, node)).toMatchObject({ node, status: 'pending', attempts: [] });
    }
    expect(await api.results(id)).toEqual({ outputs: {} });
    expect((await api.call('GET', `/v1/executions/${id}/history`)).body.items).toMatchObject([
      { type: 'execution_created', actor: 'api' },
    ]);
  });
});
