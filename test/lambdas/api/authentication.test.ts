import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROUTES } from '../../../shared/contracts/routes.ts';
import { startTestStack, type TestStack } from '../../support/stack.ts';
import { flawsOfProblem } from './problem-answers.ts';
import { mapConcurrently, send, sendBytes, type RawAnswer } from './raw-http.ts';
import { registerKey, revokeKey } from './workspaces.ts';

let running: TestStack;
beforeAll(async () => {
  running = await startTestStack();
});
afterAll(() => running.stop());

/** What anybody may read, and callbacks, whose token is the permission. A new open route has to be added here on purpose. */
const OPEN = [
  'GET /docs/errors',
  'GET /health',
  'GET /openapi.json',
  'GET /v1/callbacks/{token}',
  'POST /v1/callbacks/{token}',
];

function unauthorized(answer: RawAnswer): string[] {
  const flaws = flawsOfProblem(answer);
  if (answer.status !== 401 || answer.body.code !== 'unauthorized') flaws.push(`answered ${answer.status}`);
  if (answer.headers['www-authenticate']?.startsWith('Bearer ') !== true)
    flaws.push(`challenge ${answer.headers['www-authenticate']}`);
  return flaws;
}

const routes = ROUTES.map((route) => ({ name: `${route.method} ${route.path}`, route }));

describe('without a key', () => {
  test.each(routes.filter(({ name }) => !OPEN.includes(name)))(
    '$name needs one, whatever else is wrong with the request',
    async ({ route }) => {
      const ids = ['x', 'validate', '%00', 'x'.repeat(5_000)];
      const flaws = await mapConcurrently(ids, async (id) => {
        const path = route.path.replaceAll(/\{\w+\}/g, id);
        const plain = await send(running.api.url, { method: route.method, path });
        const broken = await send(running.api.url, {
          method: route.method,
          path: `${path}?surprise=1`,
          headers: { 'content-type': 'x', authorization: 'Bearer wrong' },
          body: '{',
        });
        return [...unauthorized(plain), ...unauthorized(broken)];
      });
      expect(flaws.flat()).toEqual([]);
    },
  );

  test.each(routes.filter(({ name }) => OPEN.includes(name)))(
    '$name is open: a wrong key makes no difference',
    async ({ route }) => {
      const path = route.path.replaceAll(/\{\w+\}/g, 'x');
      for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: '' }]) {
        const answer = await send(running.api.url, { method: route.method, path, headers });
        expect(answer.status).not.toBe(401);
      }
    },
  );
});

test('exactly the routes that are meant to be open are open', () => {
  const open = ROUTES.filter(({ access }) => access !== 'key').map(({ method, path }) => `${method} ${path}`);
  expect(open.sort()).toEqual(OPEN);
});

test('only the key itself opens', async () => {
  const { key } = running.api;
  const wrong = [
    '',
    ' ',
    'Bearer',
    'Bearer ',
    'Bearer  ',
    key,
    `Basic ${key}`,
    `Basic ${Buffer.from(`:${key}`).toString('base64')}`,
    `Token ${key}`,
    `Bearer:${key}`,
    `Bearer${key}`,
    `Bearer ${key.slice(0, -1)}`,
    `Bearer ${key}x`,
    `Bearer x${key}`,
    `Bearer ${key.toUpperCase()}`,
    `Bearer ${key} x`,
    `Bearer ${key},Bearer ${key}`,
    `Bearer ${key}, Bearer other`,
    `Bearer "${key}"`,
    `Bearer <${key}>`,
    `Bearer\u00a0${key}`,
    `Digest username="a"`,
    'Bearer null',
    'Bearer undefined',
    'Bearer sw_',
    `Bearer ${'x'.repeat(256)}`,
    `Bearer ${'x'.repeat(257)}`,
    `Bearer ${'x'.repeat(10_000)}`,
    'Bearer \u00ff\u00fe',
    'Bearer #',
    'Bearer ../x',
    'Bearer __proto__',
  ];
  const flaws = await mapConcurrently(wrong, async (authorization) => {
    const answer = await send(running.api.url, { method: 'GET', path: '/v1/limits', headers: { authorization } });
    return unauthorized(answer).map((flaw) => `${JSON.stringify(authorization.slice(0, 60))}: ${flaw}`);
  });
  expect(flaws.flat()).toEqual([]);
});

test('the scheme has any case and any number of spaces after it (RFC 9110)', async () => {
  const { url, key } = running.api;
  for (const authorization of [
    `Bearer ${key}`,
    `bearer ${key}`,
    `BEARER ${key}`,
    `Bearer   ${key}`,
    `Bearer ${key}  `,
  ]) {
    expect((await send(url, { method: 'GET', path: '/v1/limits', headers: { authorization } })).status).toBe(200);
  }
});

test('the header twice, in the query or in a cookie opens nothing', async () => {
  const { url, key } = running.api;
  const host = new URL(url).host;
  const twice = await sendBytes(
    url,
    `GET /v1/limits HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer wrong\r\nauthorization: Bearer ${key}\r\nconnection: close\r\n\r\n`,
  );
  expect(twice.status).toBe(401);
  expect((await send(url, { method: 'GET', path: `/v1/limits?key=${key}&authorization=Bearer%20${key}` })).status).toBe(
    401,
  );
  expect(
    (
      await send(url, {
        method: 'GET',
        path: '/v1/limits',
        headers: { cookie: `authorization=Bearer ${key}`, 'x-api-key': key },
      })
    ).status,
  ).toBe(401);
});

test('the answer to a wrong key tells nothing of it', async () => {
  const answer = await send(running.api.url, {
    method: 'GET',
    path: '/v1/limits',
    headers: { authorization: 'Bearer sw_very-secret' },
  });
  expect(answer.text).not.toContain('very-secret');
});

test('a revoked key that was never used is unknown', async () => {
  const key = await registerKey(running.stack, 'other');
  await revokeKey(running.stack, key);
  expect(
    unauthorized(
      await send(running.api.url, { method: 'GET', path: '/v1/limits', headers: { authorization: `Bearer ${key}` } }),
    ),
  ).toEqual([]);
});
