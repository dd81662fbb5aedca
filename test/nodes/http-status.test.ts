import { describe, expect, test } from 'vitest';
import { failure } from '../../shared/domain/failure.ts';
import { LIMITS } from '../../shared/domain/limits.ts';
import { httpNode } from '../../shared/nodes/http.ts';
import { DETAIL_BODY_BYTES_MAX, isRetryableByDefault, parseRetryAfter } from '../../shared/nodes/http/status.ts';
import { endOf, failureOf, NOW, serve } from './http-harness.ts';

describe('a status that is not expected', () => {
  test.each([
    ...[400, 401, 402, 403, 404, 408, 409, 410, 422, 425, 451].map((status) => [status, 'target', false] as const),
    ...[429, 500, 501, 502, 503, 504, 599].map((status) => [status, 'transient', true] as const),
  ])('%s: %s, retryable %s', async (status, category, retryable) => {
    await using server = await serve((response) => response.writeHead(status, 'Because').end('why'));
    const failed = await failureOf(httpNode({ allow: [server.host] }), { url: `${server.origin}/p?token=secret` });
    expect(failed).toMatchObject({
      code: `http_${status}`,
      category,
      retryable,
      message: `GET ${server.origin}/p answered ${status} Because`,
      details: { status, body: 'why' },
    });
  });

  test.each<[number, (string | number)[], number | string]>([
    [200, ['2xx'], 200],
    [204, [204], 204],
    [200, [204], 'http_200'],
    [404, [404], 404],
    [404, ['4xx'], 404],
    [503, ['5xx'], 503],
    [200, [404], 'http_200'],
  ])('%s under expect %j: %s', async (status, expected, end) => {
    await using server = await serve((response) => response.writeHead(status).end());
    expect(await endOf(httpNode({ allow: [server.host] }), { url: server.origin, expect: expected })).toBe(end);
  });

  test('details: telling headers only, the first 2 KB of the body, decompressed', async () => {
    await using server = await serve((response) => {
      const headers = {
        'Content-Type': 'text/plain',
        'X-Request-Id': 'r1',
        'X-RateLimit-Reset': '9',
        'Set-Cookie': 's=1',
      };
      response.writeHead(400, { ...headers, 'X-Secret': 's', 'X-Amzn-RequestId': 'z'.repeat(500) });
      response.end('x'.repeat(100_000));
    });
    const { details } = await failureOf(httpNode({ allow: [server.host] }), { url: server.origin });
    expect(details).toEqual({
      status: 400,
      headers: {
        'content-type': 'text/plain',
        'x-request-id': 'r1',
        'x-ratelimit-reset': '9',
        'x-amzn-requestid': 'z'.repeat(256),
        date: expect.any(String),
      },
      body: 'x'.repeat(DETAIL_BODY_BYTES_MAX),
    });
  });

  test('the status counts although the body breaks off', async () => {
    await using server = await serve((response) => {
      response.writeHead(503, { 'content-length': '100' }).write('x', () => response.destroy());
    });
    expect(await failureOf(httpNode({ allow: [server.host] }), { url: server.origin })).toMatchObject({
      code: 'http_503',
    });
  });

  test('messages are bounded, whatever the URL', async () => {
    await using server = await serve((response) => response.writeHead(400).end());
    const url = `${server.origin}/${'x'.repeat(8_000)}`;
    const { message } = await failureOf(httpNode({ allow: [server.host] }), { url });
    expect(message).toHaveLength(LIMITS.errorMessageLengthMax);
  });
});

describe('Retry-After', () => {
  const DAY_MS = 86_400_000;
  const inSeconds = (seconds: number): string => new Date(NOW + seconds * 1_000).toUTCString();
  test.each<[string | undefined, number | undefined]>([
    [undefined, undefined],
    ['0', 0],
    ['7', 7_000],
    [' 120 ', 120_000],
    ['86400', DAY_MS],
    ['999999999999999999999999', DAY_MS],
    [inSeconds(90), 90_000],
    [inSeconds(-90), 0],
    [inSeconds(10 * 366 * 86_400), DAY_MS],
    ['', undefined],
    ['soon', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['1e3', undefined],
    ['0x10', undefined],
    ['2026-12-24', undefined],
    ['Sat, 99 Nov 2026 12:00:00 GMT', undefined],
  ])('%j means %j ms', (header, ms) => {
    expect(parseRetryAfter(header, NOW)).toBe(ms);
  });

  test.each([429, 503])('comes with a %s', async (status) => {
    await using server = await serve((response) => response.writeHead(status, { 'retry-after': '30' }).end());
    const failed = await failureOf(httpNode({ allow: [server.host] }), { url: server.origin });
    expect(failed).toMatchObject({ retryAfterMs: 30_000, retryable: true });
  });

  test('means nothing with a final status', async () => {
    await using server = await serve((response) => response.writeHead(404, { 'retry-after': '30' }).end());
    const failed = await failureOf(httpNode({ allow: [server.host] }), { url: server.origin });
    expect(failed).not.toHaveProperty('retryAfterMs');
  });
});

describe('without `retry`', () => {
  const codes = ['connect_failed', 'dns_failed', 'http_429', 'http_503', 'connection_lost', 'http_500', 'timeout'];
  const repeated = (method: string | undefined): string[] =>
    codes.filter((code) => {
      const config = method === undefined ? { url: 'x' } : { url: 'x', method };
      return isRetryableByDefault(config, failure(code, 'transient', '', { retryable: true }));
    });

  test.each(['POST', 'PATCH'])('%s repeats only what was surely not processed', (method) => {
    expect(repeated(method)).toEqual(codes.slice(0, 4));
  });

  test.each([undefined, 'GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])('%s repeats what is retryable', (method) => {
    expect(repeated(method)).toEqual(codes);
  });

  test('what is final stays final', () => {
    for (const method of ['GET', 'POST']) {
      expect(isRetryableByDefault({ method }, failure('connect_failed', 'transient', ''))).toBe(false);
    }
  });
});
