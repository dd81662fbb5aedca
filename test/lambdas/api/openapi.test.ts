import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { API_ERRORS } from '../../../shared/contracts/error-codes.ts';
import { compileSchema, validateAgainst } from '../../../shared/documents/json-schema.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../shared/domain/json.ts';
import { LIMITS } from '../../../shared/domain/limits.ts';
import type { Answer, ApiClient } from '../../support/api-client.ts';
import { startTestStack, type TestStack } from '../../support/stack.ts';

let running: TestStack;
let api: ApiClient;
// oxlint-disable-next-line typescript/no-explicit-any -- the document is what the tests are about
let document: any;
beforeAll(async () => {
  running = await startTestStack();
  api = running.api;
  document = (await api.call('GET', '/openapi.json')).body;
});
afterAll(() => running.stop());

interface Operation {
  readonly path: string;
  readonly method: string;
  readonly operation: {
    readonly operationId: string;
    readonly summary: string;
    readonly security: readonly object[];
    readonly parameters: readonly {
      readonly name: string;
      readonly in: string;
      readonly required: boolean;
      readonly schema: Json;
    }[];
    readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Json }>> };
    readonly responses: Readonly<
      Record<
        string,
        { readonly description: string; readonly content?: Readonly<Record<string, { readonly schema?: Json }>> }
      >
    >;
  };
}

function operations(): Operation[] {
  return Object.entries(document.paths as Record<string, Record<string, Operation['operation']>>).flatMap(
    ([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
}

function* valuesOf(value: Json): Generator<JsonObject> {
  if (isJsonObject(value)) yield value;
  if (typeof value === 'object' && value !== null) for (const member of Object.values(value)) yield* valuesOf(member);
}

/** The schema with what `#/components` refers to at hand: the validator knows one document. */
function problemsOf(schema: Json, value: Json): readonly { readonly path: string; readonly message: string }[] {
  const inlined = JSON.parse(JSON.stringify(schema).replaceAll('#/components/schemas/', '#/$defs/')) as JsonObject;
  const compiled = compileSchema({ $defs: document.components.schemas as Json, ...inlined }, '');
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
  return validateAgainst(compiled.value, value).problems;
}

describe('the document', () => {
  test('is open, of version 3.1, and names where it is served', () => {
    expect(document).toMatchObject({
      openapi: '3.1.0',
      info: { title: expect.any(String), version: expect.any(String) },
      servers: [{ url: api.url }],
    });
  });

  test('declares every path parameter, exactly once', () => {
    for (const { path, operation } of operations()) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => String(name));
      const declared = operation.parameters.filter((parameter) => parameter.in === 'path');
      expect(declared.map(({ name }) => name).sort()).toEqual(inPath.sort());
      expect(declared.every(({ required }) => required)).toBe(true);
      const names = operation.parameters.map((parameter) => `${parameter.in} ${parameter.name}`);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  test('resolves every $ref', () => {
    const references = [...valuesOf(document as Json)].flatMap(({ $ref }) => (typeof $ref === 'string' ? [$ref] : []));
    expect(references.length).toBeGreaterThan(0);
    for (const reference of references) {
      expect(reference.startsWith('#/')).toBe(true);
      const tokens = reference
        .slice(2)
        .split('/')
        .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
      const target = tokens.reduce<unknown>(
        (at, token) => (at as Record<string, unknown> | undefined)?.[token],
        document,
      );
      expect([reference, target]).toEqual([reference, expect.anything()]);
    }
  });

  test('has schemas that compile, for parameters, bodies and answers', () => {
    for (const { operation } of operations()) {
      const media = [
        operation.requestBody?.content ?? {},
        ...Object.values(operation.responses).map(({ content }) => content ?? {}),
      ];
      const schemas = [
        ...operation.parameters.map(({ schema }) => schema),
        ...media.flatMap((content) => Object.values(content).flatMap(({ schema }) => schema ?? [])),
      ];
      for (const schema of schemas) expect(() => problemsOf(schema, null)).not.toThrow();
    }
  });

  test('gives every operation an id of its own, a summary, answers with descriptions, and problems', () => {
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { operation } of operations()) {
      expect(operation.summary).not.toBe('');
      expect(Object.keys(operation.responses).filter((status) => /^[23]\d\d$/.test(status)).length).toBeGreaterThan(0);
      expect(operation.responses['default']?.content).toHaveProperty(['application/problem+json']);
      for (const { description } of Object.values(operation.responses)) expect(description).not.toBe('');
    }
  });

  test('names only security schemes that it has', () => {
    const used = operations().flatMap(({ operation }) => operation.security.flatMap((one) => Object.keys(one)));
    expect(new Set(used)).toEqual(new Set(Object.keys(document.components.securitySchemes)));
  });
});

/** What an answer has that its documented schema does not allow. */
function departures(method: string, template: string, answer: Answer): unknown {
  const operation = operations().find((one) => one.method === method.toLowerCase() && one.path === template)?.operation;
  if (operation === undefined) return `${method} ${template} is not documented`;
  const documented =
    operation.responses[answer.status] ?? (answer.status >= 400 ? operation.responses['default'] : undefined);
  if (documented === undefined) return `${answer.status} is not documented: ${answer.text.slice(0, 200)}`;
  const type = (answer.headers.get('content-type') ?? '').split(';')[0] ?? '';
  if (documented.content === undefined) return answer.text === '' ? [] : `${answer.status} has a body`;
  const media = documented.content[type];
  if (media === undefined) return `${type} is not documented`;
  return media.schema === undefined ? [] : problemsOf(media.schema, answer.body as Json);
}

describe('every real answer is as documented', () => {
  const seen = new Set<string>();
  async function call(
    method: string,
    template: string,
    path = template,
    body?: Json,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const answer = await api.call(method, path, { body, headers });
    expect({ method, path, departures: departures(method, template, answer) }).toEqual({
      method,
      path,
      departures: [],
    });
    if (answer.status < 400) seen.add(`${method.toLowerCase()} ${template}`);
    return answer;
  }
  const definition: JsonObject = {
    name: 'shown',
    input: { type: 'object', properties: { n: { type: 'integer' } } },
    nodes: {
      start: { type: 'transform', with: { value: { n: 1, list: [null, true, 'x'] } } },
      pause: { type: 'wait', needs: ['start'], with: { duration: '10ms' } },
      bad: { type: 'fail', onError: 'continue', with: { code: 'broken', message: 'no' } },
      worse: { type: 'http', with: { url: 'http://127.0.0.1:1/' }, retry: { delays: ['0s'] } },
      after: { type: 'pass', needs: ['worse'] },
      choice: { type: 'condition', needs: ['start'], with: { cases: [{ branch: 'a', if: true }], default: 'b' } },
      other: { type: 'pass', needs: ['choice.b'] },
      decision: { type: 'approval', needs: ['pause'] },
    },
    output: { n: '{{ nodes.start.output.n }}' },
  };

  test('of the open routes and of limits', async () => {
    expect((await call('GET', '/health')).body).toEqual({ status: 'ok', checks: { table: 'ok', queue: 'ok' } });
    expect((await call('GET', '/v1/limits')).body).toEqual(LIMITS);
    await call('GET', '/openapi.json');
    expect((await call('GET', '/metrics')).text).toMatch(/^# HELP stepwell_/);
    const { text } = await call('GET', '/docs/errors');
    for (const code of Object.keys(API_ERRORS)) expect(text).toContain(`id="${code}"`);
  });

  test('of workflows', async () => {
    await call('POST', '/v1/workflows/validate', undefined, definition);
    await call('POST', '/v1/workflows/validate', undefined, { name: 1 });
    expect((await call('POST', '/v1/workflows', undefined, definition)).status).toBe(201);
    expect((await call('POST', '/v1/workflows', undefined, definition)).status).toBe(200);
    expect((await call('POST', '/v1/workflows', undefined, [])).status).toBe(400);
    await call('GET', '/v1/workflows', '/v1/workflows?limit=1');
    const { headers } = await call('GET', '/v1/workflows/{name}', '/v1/workflows/shown');
    const known = await call('GET', '/v1/workflows/{name}', '/v1/workflows/shown', undefined, {
      'if-none-match': headers.get('etag') ?? '',
    });
    expect(known.status).toBe(304);
    await call('GET', '/v1/workflows/{name}/versions', '/v1/workflows/shown/versions?limit=1');
    await call('GET', '/v1/workflows/{name}', '/v1/workflows/nothing');
  });

  test('of executions, in each state of their nodes', async () => {
    const started = '/v1/workflows/{name}/executions';
    const key = { 'idempotency-key': 'k' };
    const { id } = (
      await call(
        'POST',
        started,
        '/v1/workflows/shown/executions',
        { input: { n: 1 }, hold: true, tags: { a: 'b' } },
        key,
      )
    ).body;
    await call('POST', started, '/v1/workflows/shown/executions', { hold: true }, key);
    await call('POST', started, '/v1/workflows/shown/executions', { input: { n: 'x' } });
    const readAll = async () => {
      for (const query of ['', '?nodes=none', '?nodes=failed', '?nodes=unfinished'])
        await call('GET', '/v1/executions/{id}', `/v1/executions/${id}${query}`);
      for (const part of ['results', 'history'])
        await call('GET', `/v1/executions/{id}/${part}`, `/v1/executions/${id}/${part}`);
      for (const node of Object.keys(definition['nodes'] as JsonObject))
        await call('GET', '/v1/executions/{id}/nodes/{node}', `/v1/executions/${id}/nodes/${node}`);
      await call('GET', '/v1/executions', '/v1/executions?limit=1');
    };
    await readAll();
    await call('POST', '/v1/executions/{id}/start', `/v1/executions/${id}/start`);
    await readAll();
    await api.until(
      id,
      ({ nodes, progress }) =>
        nodes.decision.status === 'waiting' && progress.running + progress.queued + progress.retrying === 0,
    );
    await readAll();
    const { callback } = await api.node(id, 'decision');
    const template = '/v1/callbacks/{token}';
    await call('GET', template, `/v1/callbacks/${callback.token}`);
    await call('POST', template, `/v1/callbacks/${callback.token}`, { output: 1 });
    await call('POST', template, `/v1/callbacks/${callback.token}`, { output: 2 });
    await api.ended(id);
    await readAll();
    const other = (await call('POST', started, '/v1/workflows/shown/executions', {})).body.id;
    await call('DELETE', '/v1/workflows/{name}', '/v1/workflows/shown');
    await call('POST', '/v1/executions/{id}/cancel', `/v1/executions/${other}/cancel`, {});
    await api.ended(other);
    await call('POST', '/v1/executions/{id}/cancel', `/v1/executions/${other}/cancel`);
    expect((await call('DELETE', '/v1/workflows/{name}', '/v1/workflows/shown')).status).toBe(204);
  });

  test('of redrives and dead letters', async () => {
    const nodes: JsonObject = {
      call: { type: 'http', with: { url: 'http://127.0.0.1:1/' }, retry: { delays: ['0s'] } },
      next: { type: 'pass', needs: ['call'] },
    };
    await api.save({ name: 'repaired', nodes });
    const { id } = await api.ended(await api.start('repaired'));
    const letter = (generation: number) => `/v1/dead-letters/${id}-${generation}-call`;
    const one = '/v1/dead-letters/{letter}';
    const readAll = async (generation: number) => {
      await call('GET', one, letter(generation));
      await call('GET', '/v1/dead-letters', '/v1/dead-letters?limit=1');
      await call('GET', '/v1/dead-letters/stats', '/v1/dead-letters/stats');
      await call('GET', '/v1/executions/{id}/history', `/v1/executions/${id}/history`);
    };
    await readAll(1);
    const redriven = '/v1/executions/{id}/redrive';
    await call('POST', redriven, `/v1/executions/${id}/redrive`, { from: ['nowhere'] });
    await call('POST', redriven, `/v1/executions/${id}/redrive`, { version: 1, freshKeys: true });
    await call('POST', redriven, `/v1/executions/${id}/redrive`);
    await api.ended(id);
    await readAll(1);
    const replayed = '/v1/dead-letters/{letter}/replay';
    await call('POST', replayed, `${letter(2)}/replay`, { with: {} });
    await call('POST', replayed, `${letter(2)}/replay`);
    await call('POST', replayed, `${letter(1)}/replay`);
    await api.ended(id);
    await call('DELETE', one, letter(3));
    await call('DELETE', one, letter(3));
    await readAll(3);
    const many = '/v1/dead-letters/replay';
    await call('POST', many, many, { filter: { workflow: 'nothing' }, ratePerSecond: 1 });
    await call('POST', many, many, { filter: { status: 'replayed' } });
  });

  test('and none was left out', () => {
    expect(
      operations()
        .map(({ method, path }) => `${method} ${path}`)
        .filter((one) => !seen.has(one)),
    ).toEqual([]);
  });
});
