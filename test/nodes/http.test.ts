import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../shared/domain/limits.ts';
import type { Json, JsonObject } from '../../shared/domain/json.ts';
import { httpNode } from '../../shared/nodes/http.ts';
import { call, failureOf, json, KEY, serve, type Seen } from './http-harness.ts';

async function sent(config: JsonObject, path = '/'): Promise<Seen> {
  await using server = await serve(json({}));
  await call(httpNode({ allow: [server.host] }), { url: server.origin + path, ...config });
  const [seen] = server.seen;
  if (seen === undefined) throw new Error('nothing was sent');
  return seen;
}

describe('what is sent', () => {
  test('our own headers', async () => {
    const { method, headers } = await sent({});
    expect(method).toBe('GET');
    expect(headers).toMatchObject({
      'user-agent': 'Stepwell',
      'idempotency-key': KEY,
      'accept-encoding': 'gzip, br, deflate',
    });
    expect(headers).not.toHaveProperty('content-type');
  });

  test('the author’s headers win, whatever their case', async () => {
    const { headers } = await sent({
      method: 'POST',
      body: { a: 1 },
      headers: {
        'IDEMPOTENCY-key': 'mine',
        'user-AGENT': 'me',
        'Accept-encoding': 'identity',
        'content-TYPE': 'application/vnd.x+json',
        'X-Count': 3,
      },
    });
    expect(headers).toMatchObject({
      'idempotency-key': 'mine',
      'user-agent': 'me',
      'accept-encoding': 'identity',
      'content-type': 'application/vnd.x+json',
      'x-count': '3',
    });
  });

  test.each<[string, JsonObject, string, string | undefined]>([
    ['an object as JSON', { body: { a: [1, 'é'] } }, '{"a":[1,"é"]}', 'application/json'],
    ['a list as JSON', { body: [] }, '[]', 'application/json'],
    ['a number as JSON', { body: 0 }, '0', 'application/json'],
    ['null as JSON', { body: null }, 'null', 'application/json'],
    ['a string as it is', { body: '{"not": "touched" }' }, '{"not": "touched" }', 'text/plain; charset=utf-8'],
    ['an empty string', { body: '' }, '', 'text/plain; charset=utf-8'],
    [
      'a form',
      { form: { a: 'x y&z', b: [1, true], c: [] } },
      'a=x+y%26z&b=1&b=true',
      'application/x-www-form-urlencoded',
    ],
    ['nothing', {}, '', undefined],
  ])('%s', async (_, config, body, contentType) => {
    const seen = await sent({ method: 'POST', ...config });
    expect([seen.body, seen.headers['content-type']]).toEqual([body, contentType]);
    expect(seen.headers['content-length']).toBe(String(Buffer.byteLength(body)));
    expect(seen.headers).not.toHaveProperty('transfer-encoding');
  });

  test('the query is appended; what the URL has stays as it was written', async () => {
    const { url } = await sent({ query: { q: 'a b', n: 1, list: ['x', 'y'], none: [] } }, '/p?sig=a%20b%2F~#frag');
    expect(url).toBe('/p?sig=a%20b%2F~&q=a+b&n=1&list=x&list=y');
  });

  test.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('%s', async (method) => {
    expect((await sent({ method })).method).toBe(method);
  });
});

async function received(
  body: string | Buffer,
  headers: Readonly<Record<string, string | string[]>> = {},
  config: JsonObject = {},
): Promise<Awaited<ReturnType<typeof call>>> {
  await using server = await serve((response) => response.writeHead(200, headers).end(body));
  return await call(httpNode({ allow: [server.host] }), { url: server.origin, ...config });
}

describe('what comes back', () => {
  test('status, lower-case headers, repeated ones joined, cookies one a line', async () => {
    const { status, headers } = await received('x', { 'X-Up': 'A', vary: ['a', 'b'], 'Set-Cookie': ['a=1, 2', 'b=3'] });
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'x-up': 'A', vary: 'a, b', 'set-cookie': 'a=1, 2\nb=3' });
  });

  const latin1 = Buffer.from('é', 'latin1');
  test.each<[string, string | undefined, string | Buffer, Json]>([
    ['JSON', 'application/json; charset=utf-8', '{"a":[1,null]}', { a: [1, null] }],
    ['JSON by suffix', 'application/problem+json', '{"code":"x"}', { code: 'x' }],
    ['JSON, whatever the case', 'Application/JSON', '1', 1],
    ['JSON with a byte order mark', 'application/json', '\u{feff}[1]', [1]],
    ['what calls itself JSON and is not', 'application/json', '{nope', '{nope'],
    ['JSON that is empty', 'application/json', '', ''],
    ['text that looks like JSON', 'text/plain', '{"a":1}', '{"a":1}'],
    ['text of another charset', 'text/plain; charset="ISO-8859-1"', latin1, 'é'],
    ['text of a charset nobody knows', 'text/plain; charset=klingon', 'x', 'x'],
    ['text that is not UTF-8', 'text/plain', latin1, '\u{fffd}'],
    ['XML', 'application/atom+xml', '<a/>', '<a/>'],
    ['an unknown type with a charset', 'application/x-thing; charset=utf-8', 'é', 'é'],
    ['no type, UTF-8', undefined, 'é', 'é'],
    ['no type, bytes', undefined, latin1, latin1.toString('base64')],
    ['an image', 'image/png', 'text?', Buffer.from('text?').toString('base64')],
    ['octets', 'application/octet-stream', latin1, latin1.toString('base64')],
  ])('%s', async (_, type, body, value) => {
    expect((await received(body, type === undefined ? {} : { 'content-type': type })).body).toEqual(value);
  });

  test.each<[string, string, Buffer]>([
    ['gzip', 'gzip', gzipSync('"hé"')],
    ['x-gzip in capitals', 'X-GZIP', gzipSync('"hé"')],
    ['brotli', 'br', brotliCompressSync('"hé"')],
    ['deflate', 'deflate', deflateSync('"hé"')],
    ['bare deflate', 'deflate', deflateRawSync('"hé"')],
    ['identity', 'identity', Buffer.from('"hé"')],
    ['two of them', 'gzip, br', brotliCompressSync(gzipSync('"hé"'))],
  ])('decompresses %s', async (_, encoding, body) => {
    const output = await received(body, { 'content-encoding': encoding, 'content-type': 'application/json' });
    expect(output.body).toBe('hé');
  });

  test('an encoding that we do not know comes as base64', async () => {
    const output = await received('abc', { 'content-encoding': 'zstd', 'content-type': 'application/json' });
    expect(output.body).toBe('YWJj');
  });

  test.each(['gzip', 'br', 'deflate'])('an empty body that claims to be %s is empty', async (encoding) => {
    expect((await received('', { 'content-encoding': encoding })).body).toBe('');
  });

  test('HEAD announces and carries nothing', async () => {
    const headers = { 'content-encoding': 'gzip', 'content-length': '99999999', 'content-type': 'application/json' };
    const output = await received('', headers, { method: 'HEAD' });
    expect(output).toMatchObject({ status: 200, body: '', headers: { 'content-length': '99999999' } });
  });

  test.each([
    ['truncated gzip', 'gzip', gzipSync('x'.repeat(1_000)).subarray(0, 15)],
    ['no gzip at all', 'gzip', Buffer.from('plain text')],
    ['no brotli at all', 'br', Buffer.from('plain text, longer than a header')],
    ['no deflate at all', 'deflate', Buffer.from('plain')],
  ])('%s is a broken transfer', async (_, encoding, body) => {
    await expect(received(body, { 'content-encoding': encoding })).rejects.toMatchObject({
      failure: { code: 'connection_lost', category: 'transient', retryable: true },
    });
  });
});

describe('hostile answers', () => {
  test('keys that reach for a prototype are dropped, innocent ones kept', async () => {
    const text =
      '{"a":{"__proto__":{"polluted":1},"b":1},"\\u005f_proto__":{"polluted":1},' +
      '"constructor":{"prototype":{"polluted":1}},"teams":[{"constructor":"Ferrari","prototype":"F2"}]}';
    const { body } = await received(text, { 'content-type': 'application/json' });
    expect(JSON.stringify(body)).toBe('{"a":{"b":1},"teams":[{"constructor":"Ferrari","prototype":"F2"}]}');
    expect(Object.assign({}, body)).not.toHaveProperty('polluted');
    expect({}).not.toHaveProperty('polluted');
  });

  test('header names that reach for a prototype are dropped', async () => {
    const { headers } = await received('x', { ['__proto__']: 'x', constructor: 'y' });
    expect(Object.getPrototypeOf(headers)).toBe(Object.prototype);
    expect(Object.keys(headers)).not.toContain('constructor');
  });

  const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
  test('JSON may nest 31 levels, the output around it being the 32nd', async () => {
    const type = { 'content-type': 'application/json' };
    expect(JSON.stringify((await received(nested(LIMITS.depthMax - 1), type)).body)).toBe(nested(31));
    for (const levels of [LIMITS.depthMax, 1_000_000]) {
      await expect(received(nested(levels), type)).rejects.toMatchObject({
        failure: { code: 'output_invalid', category: 'input', retryable: false },
      });
    }
  });

  const tooLarge = { code: 'response_too_large', category: 'input', retryable: false };
  test('a body of exactly the limit passes, one byte more does not', async () => {
    const body = 'x'.repeat(LIMITS.outputBytesMax);
    expect((await received(body)).body).toHaveLength(LIMITS.outputBytesMax);
    await expect(received(`${body}x`)).rejects.toMatchObject({ failure: tooLarge });
  });

  test('a gzip bomb of 1000:1 stops at the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1_024 * 1_024));
    expect(bomb.byteLength).toBeLessThan(70_000);
    await expect(received(bomb, { 'content-encoding': 'gzip' })).rejects.toMatchObject({ failure: tooLarge });
    const twice = gzipSync(bomb);
    await expect(received(twice, { 'content-encoding': 'gzip, gzip' })).rejects.toMatchObject({ failure: tooLarge });
  });

  test('an endless body stops at the limit', async () => {
    await using server = await serve((response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', more);
      more();
    });
    expect(await failureOf(httpNode({ allow: [server.host] }), { url: server.origin })).toMatchObject(tooLarge);
  });

  test('endless headers', async () => {
    await using server = await serve((response) => {
      response.socket?.end(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`);
    });
    expect(await failureOf(httpNode({ allow: [server.host] }), { url: server.origin })).toMatchObject(tooLarge);
  });
});
