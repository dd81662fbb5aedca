import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../shared/domain/json.ts';
import { LIMITS } from '../../../shared/domain/limits.ts';
import type { Answer, ApiClient } from '../../support/api-client.ts';
import { startTestStack, type TestStack } from '../../support/stack.ts';
import { PASSING, WAITING } from './request-samples.ts';

let running: TestStack;
let api: ApiClient;
beforeAll(async () => {
  running = await startTestStack();
  api = running.api;
  await api.save(PASSING);
  await api.save(WAITING);
});
afterAll(() => running.stop());

const post = (path: string, body?: JsonObject, headers: Readonly<Record<string, string>> = {}) =>
  api.call('POST', path, { body, headers });
const told = ({ status, body }: Answer) => [status, body.code ?? body.status];

describe('starting', () => {
  test('202 with id, status and Location; a body is not needed', async () => {
    for (const answer of [
      await post('/v1/workflows/passing/executions'),
      await post('/v1/workflows/passing/executions', {}),
    ]) {
      expect(answer.status).toBe(202);
      expect(answer.body).toEqual({ id: expect.stringMatching(/^ex_[0-9a-z]{26}$/), status: 'running' });
      expect(answer.headers.get('location')).toBe(`/v1/executions/${answer.body.id}`);
      expect(answer.headers.get('idempotent-replayed')).toBeNull();
    }
  });

  test('a version, tags and an input of any kind', async () => {
    await api.save({ name: 'echo', nodes: { a: { type: 'transform', with: { value: '{{ input }}' } } } });
    await api.save({ name: 'echo', nodes: { a: { type: 'transform', with: { value: 'second' } } } });
    for (const input of [null, 0, '', false, [], { a: [{ b: null }] }, 'ä😀\u0000', 1e308, -0.5]) {
      const { id } = (
        await post('/v1/workflows/echo/executions', { input, version: 1, tags: { team: 'x', empty: '' } })
      ).body;
      const execution = await api.ended(id);
      expect(execution).toMatchObject({ version: 1, tags: { team: 'x', empty: '' }, status: 'succeeded' });
      expect(await api.results(id)).toEqual({ outputs: { a: input } });
    }
    const { id } = (await post('/v1/workflows/echo/executions')).body;
    expect((await api.ended(id)).version).toBe(2);
    expect((await post('/v1/workflows/echo/executions', { version: 3 })).status).toBe(404);
  });

  test('the input is judged by the schema, defaults filled in', async () => {
    const input: JsonObject = {
      type: 'object',
      required: ['qty'],
      additionalProperties: false,
      properties: { qty: { type: 'integer', minimum: 1 }, unit: { type: 'string', default: 'kg' } },
    };
    await api.save({ name: 'strict', input, nodes: { a: { type: 'transform', with: { value: '{{ input }}' } } } });
    const refused = await post('/v1/workflows/strict/executions', { input: { qty: 0, 'a/b': 1 } });
    expect(told(refused)).toEqual([400, 'input_invalid']);
    expect(
      refused.body.problems.map(({ code, path }: { code: string; path: string }) => `${code} ${path}`).sort(),
    ).toEqual(['input_invalid /input/a~1b', 'input_invalid /input/qty']);
    expect(told(await post('/v1/workflows/strict/executions'))).toEqual([400, 'input_invalid']);
    const id = await api.start('strict', { input: { qty: 2 } });
    await api.ended(id);
    expect((await api.results(id)).outputs.a).toEqual({ qty: 2, unit: 'kg' });
  });

  test.each([
    ['11 tags', Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`t${at}`, '']))],
    ['a long key', { ['k'.repeat(65)]: '' }],
    ['a long value', { k: 'v'.repeat(257) }],
  ])('%s are too many or too long', async (_, tags) => {
    const answer = await post('/v1/workflows/passing/executions', { tags });
    expect(told(answer)).toEqual([400, 'validation_failed']);
    expect(answer.body.problems[0].path).toMatch(/^\/tags/);
  });
});

describe('held executions', () => {
  test('pending until started; starting again does nothing', async () => {
    const id = await api.start('waiting', { hold: true });
    expect(await api.execution(id)).toMatchObject({ status: 'pending', progress: { total: 1, pending: 1 } });
    expect((await api.execution(id)).startedAt).toBeUndefined();
    expect(told(await post(`/v1/executions/${id}/start`))).toEqual([202, 'running']);
    const { startedAt } = await api.execution(id);
    for (const body of [undefined, {}])
      expect(told(await post(`/v1/executions/${id}/start`, body))).toEqual([202, 'running']);
    expect((await api.execution(id)).startedAt).toBe(startedAt);
    await post(`/v1/executions/${id}/cancel`);
    expect(told(await post(`/v1/executions/${id}/start`))).toEqual([409, 'execution_terminal']);
  });

  test('fifty starters at once start it once', async () => {
    const id = await api.start('passing', { hold: true });
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(`/v1/executions/${id}/start`)));
    // Who comes after its end is told so.
    expect(answers.filter(({ status }) => ![202, 409].includes(status))).toEqual([]);
    await api.ended(id);
    const { items } = (await api.call('GET', `/v1/executions/${id}/history`)).body;
    expect(items.filter(({ type }: { type: string }) => type === 'execution_started')).toHaveLength(1);
    expect(items.filter(({ type }: { type: string }) => type === 'node_succeeded')).toHaveLength(1);
  });

  test('a held one can be cancelled: nothing ever ran', async () => {
    const id = await api.start('passing', { hold: true });
    expect(told(await post(`/v1/executions/${id}/cancel`))).toEqual([202, 'cancelled']);
    expect(await api.execution(id)).toMatchObject({
      status: 'cancelled',
      reason: 'cancelled',
      progress: { cancelled: 1, succeeded: 0 },
    });
    expect(told(await post(`/v1/executions/${id}/cancel`))).toEqual([409, 'execution_terminal']);
  });
});

describe('cancelling', () => {
  test('202; cancelled soon after; then 409', async () => {
    const id = await api.start('waiting');
    await api.until(id, ({ progress }) => progress.waiting === 1);
    expect((await post(`/v1/executions/${id}/cancel`)).status).toBe(202);
    const execution = await api.ended(id);
    expect(execution).toMatchObject({
      status: 'cancelled',
      reason: 'cancelled',
      nodes: { decision: { status: 'cancelled' } },
    });
    expect(execution.cancelRequestedAt).toBeTypeOf('string');
    expect(told(await post(`/v1/executions/${id}/cancel`))).toEqual([409, 'execution_terminal']);
  });

  test('what has ended cannot be cancelled', async () => {
    const { id } = await api.run(PASSING);
    expect(told(await post(`/v1/executions/${id}/cancel`))).toEqual([409, 'execution_terminal']);
    expect((await api.execution(id)).status).toBe('succeeded');
  });

  test('a field in the body is refused, not ignored', async () => {
    const id = await api.start('passing', { hold: true });
    for (const action of ['cancel', 'start']) {
      const answer = await post(`/v1/executions/${id}/${action}`, { reason: 'late' });
      expect([answer.status, answer.body.problems]).toEqual([
        400,
        [{ code: 'unknown_key', path: '/reason', message: expect.any(String) }],
      ]);
    }
    expect((await api.execution(id)).status).toBe('pending');
  });
});

describe('Idempotency-Key', () => {
  const start = (key: string, body: JsonObject, workflow = 'waiting') =>
    post(`/v1/workflows/${workflow}/executions`, body, { 'idempotency-key': key });

  test('a hundred at once are one execution, and a hundred equal answers', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => start('hundred', { input: { b: 1, a: 2 } })));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === null)).toHaveLength(1);
    expect(new Set(answers.map(({ headers }) => headers.get('location'))).size).toBe(1);
    const { items } = (await api.call('GET', '/v1/executions?workflow=waiting&status=running&limit=200')).body;
    expect(items.filter(({ id }: { id: string }) => id === answers[0]?.body.id)).toHaveLength(1);
    await api.until(answers[0]?.body.id, ({ progress }) => progress.waiting === 1);
  });

  test('the order of keys does not matter; any other difference is a conflict', async () => {
    const first = await start('order', { input: { a: 1, b: 2 }, tags: { x: 'y' } });
    const same = await start('order', { tags: { x: 'y' }, input: { b: 2, a: 1 } });
    expect([same.status, same.body.id, same.headers.get('idempotent-replayed')]).toEqual([202, first.body.id, 'true']);
    for (const other of [
      {},
      { input: { a: 1, b: 3 }, tags: { x: 'y' } },
      { input: { a: 1, b: 2 } },
      { input: { a: 1, b: 2 }, tags: { x: 'y' }, hold: true },
    ]) {
      expect(told(await start('order', other))).toEqual([409, 'idempotency_conflict']);
    }
  });

  test('the same key for another workflow is another request', async () => {
    const [one, other] = [await start('shared', {}), await start('shared', {}, 'passing')];
    expect(one.body.id).not.toBe(other.body.id);
  });

  test('a replay is answered whatever became of the workflow meanwhile', async () => {
    await api.save({ name: 'changing', nodes: { a: { type: 'pass' } } });
    const first = await start('kept', { input: { n: 1 } }, 'changing');
    await api.ended(first.body.id);
    await api.save({
      name: 'changing',
      input: { type: 'object', required: ['other'] },
      nodes: { a: { type: 'pass' } },
    });
    const changed = await start('kept', { input: { n: 1 } }, 'changing');
    expect([changed.status, changed.body, changed.headers.get('idempotent-replayed')]).toEqual([
      202,
      { id: first.body.id, status: 'running' },
      'true',
    ]);
    expect(told(await start('kept', { input: { n: 2 } }, 'changing'))).toEqual([409, 'idempotency_conflict']);
    expect((await api.call('DELETE', '/v1/workflows/changing')).status).toBe(204);
    expect((await start('kept', { input: { n: 1 } }, 'changing')).body.id).toBe(first.body.id);
    expect((await start('other', { input: { n: 1 } }, 'changing')).status).toBe(404);
  });

  test.each(['', ' ', 'a b', 'x'.repeat(256), '\u00e4', 'x'.repeat(5_000)])('%j is no key', async (key) => {
    const answer = await start(key, {});
    expect(told(answer)).toEqual([400, 'validation_failed']);
    expect(answer.body.problems).toMatchObject([{ path: '/headers/idempotency-key' }]);
  });

  test.each(['x', '0', '../..', '%00', '#', '{}', '__proto__', '~'.repeat(LIMITS.idempotencyKeyLengthMax)])(
    '%j is one',
    async (key) => {
      expect((await start(key, {}, 'passing')).status).toBe(202);
      expect((await start(key, {}, 'passing')).headers.get('idempotent-replayed')).toBe('true');
    },
  );

  test('a refused request does not use up its key', async () => {
    await api.save({ name: 'picky', input: { type: 'object', required: ['n'] }, nodes: { a: { type: 'pass' } } });
    expect(told(await start('retry', {}, 'picky'))).toEqual([400, 'input_invalid']);
    expect((await start('retry', { input: { n: 1 } }, 'picky')).status).toBe(202);
  });
});
