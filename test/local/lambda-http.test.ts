import { request } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ApiHandler } from '../../local/http/lambda-http.ts';
import { LambdaHttp } from '../../local/http/lambda-http.ts';

const FN = { name: 'api', folder: 'api', timeoutSeconds: 1, memoryMb: 128, environment: {} };

let http: LambdaHttp;
let port: number;
beforeEach(async () => {
  http = new LambdaHttp(() => undefined);
  port = await http.listen(0);
});
afterEach(async () => {
  await http.close();
});

const serve = (handler: ApiHandler): void => http.serve({ fn: FN, handler });
const echo: ApiHandler = async (event) => ({
  statusCode: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(event),
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** `fetch` sets Host and refuses to repeat headers, so this is done by hand. */
function call(
  path: string,
  options: { method?: string; headers?: Record<string, string | string[]>; body?: string | Buffer } = {},
): Promise<Answer> {
  const { method = 'GET', headers = {}, body } = options;
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const eventOf = async (...args: Parameters<typeof call>): Promise<Record<string, unknown>> =>
  JSON.parse((await call(...args)).text) as Record<string, unknown>;

test('a request becomes the event of payload format 2.0', async () => {
  serve(echo);
  const event = await eventOf('/v1/a%20b?tag=a&tag=b&x=%2F', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json; charset=utf-8', 'X-One': ['1', '2'], Cookie: 'a=1; b=2' },
    body: '{"ü":1}',
  });
  expect(event).toMatchObject({
    version: '2.0',
    routeKey: '$default',
    rawPath: '/v1/a b',
    rawQueryString: 'tag=a&tag=b&x=%2F',
    queryStringParameters: { tag: 'a,b', x: '/' },
    cookies: ['a=1', 'b=2'],
    headers: { 'x-one': '1,2', 'content-type': 'application/json; charset=utf-8', 'x-forwarded-for': '127.0.0.1' },
    requestContext: { http: { method: 'POST', path: '/v1/a b', sourceIp: '127.0.0.1' }, stage: '$default' },
    body: '{"ü":1}',
    isBase64Encoded: false,
  });
  expect(event['headers']).not.toHaveProperty('cookie');
});

test.each(['application/yaml', 'application/x-www-form-urlencoded', 'application/octet-stream', ''])(
  'a body of type "%s" comes base64-encoded, as on AWS',
  async (type) => {
    serve(echo);
    const body = Buffer.from([0xff, 0x00, 0x41]);
    const headers = { ...(type !== '' && { 'content-type': type }), 'content-length': '3' };
    expect(await eventOf('/', { method: 'POST', headers, body })).toMatchObject({
      body: body.toString('base64'),
      isBase64Encoded: true,
    });
  },
);

test('a request without query, cookies and body has none of them in the event', async () => {
  serve(echo);
  const event = await eventOf('/');
  for (const absent of ['queryStringParameters', 'cookies', 'body']) expect(event).not.toHaveProperty(absent);
  expect(event['isBase64Encoded']).toBe(false);
});

test('status, headers, cookies and binary bodies come back', async () => {
  serve(async () => ({
    statusCode: 201,
    headers: { location: '/v1/x', 'x-n': 1 },
    cookies: ['a=1', 'b=2'],
    body: Buffer.from('hi').toString('base64'),
    isBase64Encoded: true,
  }));
  const answer = await call('/');
  expect(answer).toMatchObject({ status: 201, text: 'hi', headers: { location: '/v1/x', 'x-n': '1' } });
  expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2']);
});

test('what has no status code is the JSON body of a 200', async () => {
  serve(async () => ({ hello: 'world' }) as never);
  expect(await call('/')).toMatchObject({ status: 200, text: '{"hello":"world"}' });
});

test('a handler that throws is a 500, one that takes too long a 503, neither says more', async () => {
  serve(() => Promise.reject(new Error('secret')));
  expect(await call('/')).toMatchObject({ status: 500, text: '{"message":"Internal Server Error"}' });
  serve(() => new Promise(() => undefined));
  expect(await call('/')).toMatchObject({ status: 503, text: '{"message":"Service Unavailable"}' });
});

test('before there is a handler it is a 503', async () => {
  expect(await call('/health')).toMatchObject({ status: 503 });
});

test.each([6 * 1_024 * 1_024 + 1, 10 * 1_024 * 1_024 + 1])('a body of %d bytes is refused with 413', async (bytes) => {
  serve(echo);
  const outcome = await call('/', { method: 'POST', body: Buffer.alloc(bytes) }).then(
    ({ status }) => String(status),
    (error: NodeJS.ErrnoException) => error.code,
  );
  // The connection may be cut while the body is still being sent.
  expect(outcome).toMatch(/^(413|ECONNRESET|EPIPE)$/);
});

test('a response above what Lambda returns is a 500', async () => {
  serve(async () => ({ statusCode: 200, body: 'x'.repeat(6 * 1_024 * 1_024 + 1) }));
  expect(await call('/')).toMatchObject({ status: 500 });
});

test('a path with broken percent-encoding is a 400', async () => {
  serve(echo);
  expect(await call('/%zz')).toMatchObject({ status: 400 });
});

test('only loopback names are answered, so a rebound DNS name is not', async () => {
  serve(echo);
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`]) {
    expect(await call('/', { headers: { host } })).toMatchObject({ status: 200 });
  }
  for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', `localhost:${port + 1}`]) {
    expect(await call('/', { headers: { host } })).toMatchObject({ status: 403 });
  }
});

test('pages of other origins are not answered', async () => {
  serve(echo);
  const host = `127.0.0.1:${port}`;
  expect(await call('/', { headers: { host, origin: `http://${host}` } })).toMatchObject({ status: 200 });
  for (const origin of ['http://evil.example', 'null', `https://${host}`, `http://localhost:${port}`]) {
    expect(await call('/', { headers: { host, origin } })).toMatchObject({ status: 403 });
  }
});
