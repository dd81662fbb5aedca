import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../shared/domain/json.ts';
import type { ApiClient } from '../../support/api-client.ts';
import { startTestStack, type TestStack } from '../../support/stack.ts';

let running: TestStack;
let api: ApiClient;
beforeAll(async () => {
  running = await startTestStack();
  api = running.api;
});
afterAll(() => running.stop());

const version = (name: string, value: number): JsonObject => ({
  name,
  nodes: { a: { type: 'pass', with: { value } } },
});
const saveText = (raw: string, type: string) =>
  api.call('POST', '/v1/workflows', { raw, headers: { 'content-type': type } });

describe('saving', () => {
  test('201, then 200 for the same definition, however it is written', async () => {
    const first = await saveText(
      '{"name":"same","nodes":{"a":{"type":"pass","with":{"value":1.0}}}}',
      'application/json',
    );
    expect([first.status, first.body, first.headers.get('location')]).toEqual([
      201,
      { name: 'same', version: 1 },
      '/v1/workflows/same?version=1',
    ]);
    const again = [
      await saveText('{"nodes":{"a":{"with":{"value":1},"type":"pass"}},"name":"same"}', 'application/json'),
      await saveText(
        '# a comment\nname: same\nnodes:\n  a: &x\n    type: pass\n    with: { value: 1 }\n',
        'application/yaml',
      ),
      await saveText('{"name": "same", "nodes": {"a": {"type": "pass", "with": {"value": 10e-1}}}}', 'text/yaml'),
    ];
    expect(again.map(({ status, body }) => [status, body])).toEqual(
      again.map(() => [200, { name: 'same', version: 1 }]),
    );
    expect((await api.call('GET', first.headers.get('location') ?? '')).status).toBe(200);
  });

  test('identical to the latest counts, not to any', async () => {
    for (const value of [1, 2, 1])
      expect((await api.call('POST', '/v1/workflows', { body: version('back', value) })).status).toBe(201);
    const { items } = (await api.call('GET', '/v1/workflows/back/versions')).body;
    expect(items.map((item: { version: number }) => item.version)).toEqual([3, 2, 1]);
  });

  test('fifty savers of one new definition at once make one version', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => api.call('POST', '/v1/workflows', { body: version('race', 1) })),
    );
    expect(answers.map(({ body }) => body)).toEqual(answers.map(() => ({ name: 'race', version: 1 })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  });

  test('twenty different ones at once make twenty versions, none skipped, none lost', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) => api.call('POST', '/v1/workflows', { body: version('many', at) })),
    );
    expect(new Set(answers.map(({ body }) => body.version))).toEqual(
      new Set(Array.from({ length: 20 }, (_, at) => at + 1)),
    );
    for (const { body } of answers.slice(0, 5)) {
      const read = (await api.call('GET', `/v1/workflows/many?version=${body.version}`)).body;
      expect(read.definition.nodes.a.with.value).toBe(
        answers.findIndex((answer) => answer.body.version === body.version),
      );
    }
  });
});

describe('reading', () => {
  test('the latest, or any version, with an ETag that stays with it', async () => {
    for (const value of [1, 2]) await api.save(version('read', value));
    const latest = await api.call('GET', '/v1/workflows/read');
    const first = await api.call('GET', '/v1/workflows/read?version=1');
    expect(latest.body).toMatchObject({ name: 'read', version: 2, definition: version('read', 2) });
    expect(first.body).toMatchObject({ name: 'read', version: 1, definition: version('read', 1) });
    expect((await api.call('GET', '/v1/workflows/read?version=2')).headers.get('etag')).toBe(
      latest.headers.get('etag'),
    );
    expect(first.headers.get('etag')).not.toBe(latest.headers.get('etag'));
    expect((await api.call('GET', '/v1/workflows/read?version=3')).status).toBe(404);
  });

  test('If-None-Match: 304 for what is known, alone, in a list, weak, or *', async () => {
    await api.save(version('cached', 1));
    const etag = (await api.call('GET', '/v1/workflows/cached')).headers.get('etag') ?? '';
    const ask = (header: string) => api.call('GET', '/v1/workflows/cached', { headers: { 'if-none-match': header } });
    for (const header of [etag, `W/${etag}`, `"other", ${etag}`, `W/"other",${etag} , "x"`, '*']) {
      const answer = await ask(header);
      expect([header, answer.status, answer.text, answer.headers.get('etag')]).toEqual([header, 304, '', etag]);
    }
    for (const header of ['', '"other"', etag.slice(1, -1), etag.toUpperCase(), `"${etag}"`])
      expect((await ask(header)).status).toBe(200);
  });

  test('an old definition saved again is another answer than the first time', async () => {
    await api.save(version('again', 1));
    const etag = (await api.call('GET', '/v1/workflows/again')).headers.get('etag') ?? '';
    await api.save(version('again', 2));
    await api.save(version('again', 1));
    const answer = await api.call('GET', '/v1/workflows/again', { headers: { 'if-none-match': etag } });
    expect([answer.status, answer.body?.version]).toEqual([200, 3]);
  });
});

describe('deleting', () => {
  test('204, then it is not found; numbers go on where they stopped', async () => {
    for (const value of [1, 2]) await api.save(version('gone', value));
    const deleted = await api.call('DELETE', '/v1/workflows/gone');
    expect([deleted.status, deleted.text]).toEqual([204, '']);
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/versions'],
      ['DELETE', ''],
      ['GET', '?version=1'],
      ['POST', '/executions'],
    ] as const) {
      expect((await api.call(method, `/v1/workflows/gone${path}`)).status).toBe(404);
    }
    const { items } = (await api.call('GET', '/v1/workflows?limit=200')).body;
    expect(items.map((item: { name: string }) => item.name)).not.toContain('gone');
    const saved = await api.call('POST', '/v1/workflows', { body: version('gone', 2) });
    expect([saved.status, saved.body]).toEqual([201, { name: 'gone', version: 3 }]);
  });

  test('409 workflow_in_use while an execution is held or runs, 204 after it ended', async () => {
    await api.save({ name: 'used', nodes: { decision: { type: 'approval' } } });
    const held = await api.start('used', { hold: true });
    const refused = await api.call('DELETE', '/v1/workflows/used');
    expect([refused.status, refused.body.code]).toEqual([409, 'workflow_in_use']);
    await api.call('POST', `/v1/executions/${held}/start`);
    expect((await api.call('DELETE', '/v1/workflows/used')).status).toBe(409);
    await api.call('POST', `/v1/executions/${held}/cancel`);
    await api.ended(held);
    expect((await api.call('DELETE', '/v1/workflows/used')).status).toBe(204);
    expect((await api.execution(held)).status).toBe('cancelled');
  });
});

describe('names', () => {
  test('a workflow may be called validate, and is reached by every method but that one', async () => {
    await api.save(version('validate', 1));
    expect((await api.call('GET', '/v1/workflows/validate')).body.name).toBe('validate');
    expect((await api.call('DELETE', '/v1/workflows/validate')).status).toBe(204);
  });

  test('names of objects’ members are names', async () => {
    for (const name of ['toString', 'hasOwnProperty', 'constructor', '__proto__']) {
      await api.save(version(name, 1));
      expect((await api.call('GET', `/v1/workflows/${name}`)).body.name).toBe(name);
      expect((await api.run(version(name, 1))).status).toBe('succeeded');
    }
  });
});
