import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createApiHandler, type ApiHandler } from '../../../lambdas/api/handler.ts';
import { lambdaContext } from '../../../local/lambda/lambda-context.ts';
import { Table } from '../../../shared/adapters/aws/dynamo/table.ts';
import { startTestStack, type TestStack } from '../../support/stack.ts';
import { flawsOfProblem } from './problem-answers.ts';
import { PASSING } from './request-samples.ts';

/** Events as API Gateway makes them, some that the local gateway does not: it passes JSON on as text. */
let running: TestStack;
let handler: ApiHandler;
beforeAll(async () => {
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'CRITICAL');
  running = await startTestStack();
  handler = createApiHandler(running.stack.env);
});
afterAll(() => running.stop());

const FN = { name: 'api', folder: 'api', timeoutSeconds: 29, memoryMb: 1_024, environment: {} };

interface Call {
  readonly method?: string;
  readonly path: string;
  readonly type?: string;
  readonly body?: string;
  readonly base64?: boolean;
}

function eventOf({ method = 'GET', path, type, body, base64 = false }: Call): APIGatewayProxyEventV2 {
  const http = { method, path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' };
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: '',
    headers: { authorization: `Bearer ${running.api.key}`, ...(type !== undefined && { 'content-type': type }) },
    requestContext: {
      accountId: '0',
      apiId: 'x',
      domainName: 'api.example',
      domainPrefix: 'api',
      http,
      requestId: 'req-1',
      routeKey: '$default',
      stage: '$default',
      time: '',
      timeEpoch: 0,
    },
    ...(body !== undefined && { body }),
    isBase64Encoded: base64,
  };
}

const invoke = (call: Call): Promise<APIGatewayProxyStructuredResultV2> => handler(eventOf(call), lambdaContext(FN));
const bodyOf = ({ body = '' }: APIGatewayProxyStructuredResultV2) => JSON.parse(body);

function flawsOf(result: APIGatewayProxyStructuredResultV2): string[] {
  const headers = Object.fromEntries(
    Object.entries(result.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
  return flawsOfProblem({ status: result.statusCode ?? 0, headers, text: result.body ?? '', body: bodyOf(result) });
}

const validate = (body: Buffer | string, type: string) =>
  invoke({
    method: 'POST',
    path: '/v1/workflows/validate',
    type,
    body: typeof body === 'string' ? body : body.toString('base64'),
    base64: typeof body !== 'string',
  });

describe('base64 bodies', () => {
  test('are decoded, whatever the content type', async () => {
    for (const type of ['application/json', 'application/yaml', 'text/yaml', 'application/x-yaml']) {
      expect(bodyOf(await validate(Buffer.from(JSON.stringify(PASSING)), type))).toMatchObject({ valid: true });
    }
  });

  test.each([
    ['invalid UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['UTF-8 cut in the middle', Buffer.from('{"name":"ä').subarray(0, 10)],
    ['an overlong slash', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
    ['a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['UTF-16', Buffer.from(JSON.stringify(PASSING), 'utf16le')],
    ['UTF-16 with a mark', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(JSON.stringify(PASSING), 'utf16le')])],
    ['gzip', gzipSync(JSON.stringify(PASSING))],
  ])('%s is refused in JSON and in YAML', async (_, bytes) => {
    for (const type of ['application/json', 'application/yaml']) {
      const report = bodyOf(await validate(bytes, type));
      expect(report).toMatchObject({ valid: false, problems: [{ code: 'malformed', message: expect.any(String) }] });
      const start = await invoke({
        method: 'POST',
        path: '/v1/workflows',
        type,
        body: bytes.toString('base64'),
        base64: true,
      });
      expect([start.statusCode, flawsOf(start)]).toEqual([400, []]);
    }
  });

  test('a byte order mark is skipped in both', async () => {
    for (const type of ['application/json', 'application/yaml']) {
      expect(bodyOf(await validate(Buffer.from(`\uFEFF${JSON.stringify(PASSING)}`), type))).toMatchObject({
        valid: true,
      });
    }
  });

  test('what is not base64 is read as far as it goes and refused as what it is', async () => {
    for (const body of ['***', '====', 'e30', '\u0000']) {
      const answer = await invoke({
        method: 'POST',
        path: '/v1/workflows',
        type: 'application/json',
        body,
        base64: true,
      });
      expect([body, answer.statusCode, flawsOf(answer)]).toEqual([body, 400, []]);
    }
  });
});

test('the request’s id is the instance, and a configured address is in the type', async () => {
  expect(bodyOf(await invoke({ path: '/nowhere' }))).toMatchObject({
    instance: 'req-1',
    type: `${running.api.url}/docs/errors#not_found`,
  });
});

test('health asks its dependencies once for all who ask at once', async () => {
  const gets = vi.spyOn(Table.prototype, 'get');
  const answers = await Promise.all(Array.from({ length: 50 }, () => invoke({ path: '/health' })));
  expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
  expect(gets).toHaveBeenCalledTimes(1);
});

/** The last test: it takes the stack away. */
test('dependencies that do not answer are 503 with Retry-After, and health names them', async () => {
  expect((await invoke({ path: '/v1/executions' })).statusCode).toBe(200);
  await running.stop();
  // Health remembers for two seconds.
  await sleep(2_100);
  const answer = await invoke({ path: '/v1/executions' });
  expect([answer.statusCode, bodyOf(answer).code]).toEqual([503, 'unavailable']);
  expect(answer.headers).toMatchObject({ 'content-type': 'application/problem+json', 'Retry-After': '2' });
  const health = await invoke({ path: '/health' });
  expect([health.statusCode, bodyOf(health)]).toEqual([
    503,
    { status: 'unavailable', checks: { table: 'failing', queue: 'failing' } },
  ]);
});
