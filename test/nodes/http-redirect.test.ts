import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../shared/domain/json.ts';
import { httpNode } from '../../shared/nodes/http.ts';
import { redirected } from '../../shared/nodes/http/redirect.ts';
import { call, endOf, failureOf, json, KEY, serve, type Seen, type TestServer } from './http-harness.ts';

const SECRETS = {
  Authorization: 'Bearer x',
  Cookie: 'a=1',
  'Proxy-Authorization': 'Basic x',
  'X-Api-Key': 'x',
  'X-Custom': 'x',
  Referer: 'http://x',
};
const HARMLESS = { Accept: 'text/plain', 'Accept-Language': 'de', 'User-Agent': 'me' };
const BODY = { 'Content-Type': 'text/csv', 'Content-Language': 'de' };

const lower = (headers: object): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));

/** start → (status) → end; what arrives at the end. */
async function follow(status: number, config: JsonObject, sameOrigin: boolean): Promise<Seen> {
  await using end = await serve(json('end'));
  await using start: TestServer = await serve((response, { url }) => {
    if (url === '/end') json('end')(response, end.seen[0] as Seen);
    else response.writeHead(status, { location: sameOrigin ? '/end' : `${end.origin}/end` }).end('moved');
  });
  const output = await call(httpNode({ allow: [start.host, end.host] }), { url: `${start.origin}/start`, ...config });
  expect(output).toMatchObject({ status: 200, body: 'end' });
  const last = (sameOrigin ? start : end).seen.at(-1);
  if (last === undefined) throw new Error('not followed');
  return last;
}

const STATUSES = [301, 302, 303, 307, 308];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

function methodAfter(status: number, method: string): string {
  if (status === 303) return method === 'HEAD' ? 'HEAD' : 'GET';
  return method === 'POST' && status < 303 ? 'GET' : method;
}

describe('method, body and headers', () => {
  const matrix = STATUSES.flatMap((status) =>
    METHODS.filter((method) => method !== 'HEAD').flatMap((method) =>
      [true, false].map((sameOrigin) => [status, method, sameOrigin ? 'the same' : 'another', sameOrigin] as const),
    ),
  );
  test.each(matrix)('%s after %s, to %s origin', async (status, method, _, sameOrigin) => {
    const hasBody = method !== 'GET';
    const headers = { ...SECRETS, ...HARMLESS, ...(hasBody && BODY) };
    const seen = await follow(status, { method, headers, ...(hasBody && { body: 'a;b' }) }, sameOrigin);

    expect(seen.method).toBe(methodAfter(status, method));
    const keepsBody = hasBody && seen.method === method;
    expect(seen.body).toBe(keepsBody ? 'a;b' : '');
    expect(seen.headers).toMatchObject(lower(HARMLESS));
    for (const [name, value] of Object.entries(lower({ ...SECRETS, 'Idempotency-Key': KEY }))) {
      expect(seen.headers[name]).toBe(sameOrigin ? value : undefined);
    }
    for (const [name, value] of Object.entries(lower(BODY))) {
      expect(seen.headers[name]).toBe(keepsBody ? value : undefined);
    }
  });

  test.each(STATUSES)('%s after HEAD stays HEAD', (status) => {
    const first = { url: new URL('http://a.example/'), method: 'HEAD' as const, headers: [] };
    expect(redirected(first, status, '/b', 0)).toMatchObject({ method: 'HEAD' });
  });

  test.each([
    ['http://a.example/', 'http://a.example:80/x', true],
    ['http://a.example/', 'http://A.EXAMPLE/x', true],
    ['http://a.example/', '//a.example/x', true],
    ['http://a.example/', 'https://a.example/', false],
    ['http://a.example/', 'http://a.example:81/', false],
    ['http://a.example/', 'http://b.a.example/', false],
    ['http://a.example/', '\\\\b.example/', false],
    ['http://a.example/', '//b.example/', false],
    ['https://a.example/', 'https://a.example./', false],
  ])('%s → %s: same origin? %s', (from, location, same) => {
    const first = { url: new URL(from), method: 'GET' as const, headers: [['X-Api-Key', 'x']] as const };
    expect(redirected(first, 302, location, 0).headers).toHaveLength(same ? 1 : 0);
  });

  test('headers that were dropped do not come back with the first origin', async () => {
    await using away = await serve((response) => response.writeHead(302, { location: `${home.origin}/end` }).end());
    await using home: TestServer = await serve((response, { url }) => {
      if (url === '/end') response.end();
      else response.writeHead(302, { location: away.origin }).end();
    });
    await call(httpNode({ allow: [home.host, away.host] }), { url: home.origin, headers: SECRETS });
    expect(home.seen.map(({ headers }) => headers['x-api-key'])).toEqual(['x', undefined]);
  });
});

describe('where it may lead', () => {
  const refused = { code: 'redirect_refused', category: 'policy', retryable: false };

  async function redirectsTo(location: string): Promise<ReturnType<typeof failureOf>> {
    await using server = await serve((response) => response.writeHead(302, { location }).end());
    return await failureOf(httpNode({ allow: [server.host] }), { url: `${server.origin}/start?secret=1` });
  }

  test.each([
    ['ftp://example.com/', 'redirects to ftp://, which http nodes do not speak'],
    ['file:///etc/passwd', 'redirects to file://, which http nodes do not speak'],
    ['javascript:alert(1)', 'redirects to javascript://, which http nodes do not speak'],
    ['http://user:pw@example.com/', 'redirects to a URL with a user name or password'],
    ['http://', 'redirects to something that is not a URL'],
    ['http://1.2.3.4.5/', 'redirects to something that is not a URL'],
  ])('%s', async (location, message) => {
    const failed = await redirectsTo(location);
    expect(failed).toMatchObject(refused);
    expect(failed.message).toContain(`/start ${message}`);
    expect(failed.message).not.toContain('secret');
  });

  test('not from https to http', () => {
    const first = { url: new URL('https://a.example/'), method: 'GET' as const, headers: [] };
    expect(() => redirected(first, 301, 'http://a.example/', 0)).toThrow('redirects from https to http (a.example)');
  });

  test('five hops are followed, a sixth is not', async () => {
    await using server = await serve((response, { url }) => {
      const left = Number(url.slice(1));
      if (left === 0) response.end('done');
      else response.writeHead(302, { location: `/${left - 1}` }).end();
    });
    const node = httpNode({ allow: [server.host] });
    expect(await call(node, { url: `${server.origin}/5` })).toMatchObject({ body: 'done' });
    const failed = await failureOf(node, { url: `${server.origin}/6` });
    expect(failed).toMatchObject({ ...refused, message: expect.stringContaining('More than 5 redirects') });
    expect(server.seen).toHaveLength(6 + 6);
  });

  test('a Location in UTF-8, relative, with dots', async () => {
    await using server = await serve((response, { url }) => {
      if (url === '/a/b/c') response.writeHead(307, { location: Buffer.from('../é?ü').toString('latin1') });
      response.end();
    });
    await call(httpNode({ allow: [server.host] }), { url: `${server.origin}/a/b/c` }).catch(() => {});
    expect(server.seen.at(-1)?.url).toBe('/a/%C3%A9?%C3%BC');
  });
});

describe('when it is not followed', () => {
  test.each<[string, number, string | undefined, JsonObject, number | string]>([
    ['without Location a 3xx is a success', 302, undefined, {}, 302],
    ['304 has none', 304, undefined, {}, 304],
    ['300 leaves the choice to the author', 300, '/x', {}, 300],
    ['a status that expect names is an answer', 302, '/x', { expect: [302] }, 302],
    ['another 3xx in expect changes nothing', 302, '/x', { expect: ['3xx', 307] }, 'http_404'],
    ['3xx need not be expected to be followed', 302, '/x', { expect: ['2xx', 404] }, 404],
    ['nor is it a success then', 304, undefined, { expect: ['2xx'] }, 'http_304'],
  ])('%s', async (_, status, location, config, end) => {
    await using server = await serve((response, { url }) => {
      if (url === '/x') response.writeHead(404).end();
      else response.writeHead(status, location === undefined ? {} : { location }).end();
    });
    expect(await endOf(httpNode({ allow: [server.host] }), { url: server.origin, ...config })).toBe(end);
  });

  test('a redirect with a long body costs its connection, not its time', async () => {
    await using server = await serve((response, { url }) => {
      if (url === '/end') response.end('end');
      else response.writeHead(302, { location: '/end' }).write('x'.repeat(100_000));
    });
    expect(await call(httpNode({ allow: [server.host] }), { url: server.origin })).toMatchObject({ body: 'end' });
  });
});
