import { METHODS } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROUTES, type Route } from '../../../shared/contracts/routes.ts';
import { PATH_PARAMETERS } from '../../../shared/contracts/schemas.ts';
import { startTestStack, type TestStack } from '../../support/stack.ts';
import { HOSTILE_SEGMENTS, MISENCODED_SEGMENTS } from './hostile-segments.ts';
import { flawsOfProblem } from './problem-answers.ts';
import { mapConcurrently, send, sendBytes, type RawAnswer } from './raw-http.ts';
import { CALLBACK_OUTPUT, FAILING, PASSING, REPLAY_MANY_BODY } from './request-samples.ts';

let running: TestStack;
let params: Readonly<Record<string, string>>;
beforeAll(async () => {
  running = await startTestStack();
  await running.api.save(PASSING);
  const { id } = await running.api.run(PASSING);
  const failed = await running.api.run(FAILING);
  params = { name: 'passing', id, node: 'only', letter: `${failed.id}-1-refusal`, token: 'none' };
});
afterAll(async () => {
  expect((await running.api.call('GET', '/health')).status).toBe(200);
  await running.stop();
});

const filled = (path: string, values: Readonly<Record<string, string>>) =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '');
const paramsOf = ({ path }: Route) =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as keyof typeof PATH_PARAMETERS);

function call(method: string, path: string, body?: string): Promise<RawAnswer> {
  const headers = {
    authorization: `Bearer ${running.api.key}`,
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
  return send(running.api.url, { method, path, headers, ...(body !== undefined && { body }) });
}

/** A body that the route would take, so that the path is what is refused. */
function bodyOf({ body, operation }: Route): string | undefined {
  if (body === 'none') return undefined;
  if (operation === 'sendCallback') return JSON.stringify(CALLBACK_OUTPUT);
  if (operation === 'replayDeadLetters') return JSON.stringify(REPLAY_MANY_BODY);
  return JSON.stringify(body === 'definition' ? PASSING : {});
}

const notFound = (answer: RawAnswer) => [
  ...(answer.status === 404 ? [] : [`answered ${answer.status}: ${answer.text.slice(0, 200)}`]),
  ...flawsOfProblem(answer),
];

describe('path parameters', () => {
  const positions = ROUTES.flatMap((route) =>
    paramsOf(route).map((parameter) => ({ name: `${route.method} ${route.path}: ${parameter}`, route, parameter })),
  );

  test.each(positions)('$name: what is no id is not found, whatever it is', async ({ route, parameter }) => {
    const flaws = await mapConcurrently(HOSTILE_SEGMENTS, async (segment) => {
      const path = filled(route.path, { ...params, [parameter]: segment });
      return notFound(await call(route.method, path, bodyOf(route))).map((flaw) => `${path.slice(0, 100)}: ${flaw}`);
    });
    expect(flaws.flat()).toEqual([]);
  });

  test.each(positions)('$name: bad percent-encoding is the gateway’s 400', async ({ route, parameter }) => {
    for (const segment of MISENCODED_SEGMENTS) {
      const answer = await call(route.method, filled(route.path, { ...params, [parameter]: segment }), bodyOf(route));
      expect([segment, answer.status, answer.text]).toEqual([segment, 400, '{"message":"Bad Request"}']);
    }
  });

  test('every parameter of every route has a schema', () => {
    expect(ROUTES.flatMap(paramsOf).filter((name) => !(name in PATH_PARAMETERS))).toEqual([]);
  });
});

describe('paths', () => {
  test.each(ROUTES.map((route) => ({ name: `${route.method} ${route.path}`, route })))(
    '$name: no other spelling of the path is the path',
    async ({ route }) => {
      const path = filled(route.path, params);
      const fixed = route.path.split('/').filter((segment) => segment !== '' && !segment.startsWith('{'));
      const spellings = [
        `${path}/`,
        `/${path}`,
        path.replace('/', '//'),
        path.replace(/\/([^/]*)$/, '//$1'),
        `${path}/.`,
        `${path};a=b`,
        `${path}%20`,
        `${path}%00`,
        `/.${path}`,
        `/x/..${path}`,
        ...fixed.flatMap((segment) => [
          path.replace(segment, segment.toUpperCase()),
          path.replace(segment, `${segment}x`),
          path.replace(segment, segment.slice(1)),
        ]),
      ];
      const flaws = await mapConcurrently(spellings, async (spelling) => {
        const answer = await call(route.method, spelling, bodyOf(route));
        // What another route takes for a name is a name that nothing has, or that takes other methods.
        if (answer.status === 405) return flawsOfProblem(answer);
        return notFound(answer).map((flaw) => `${spelling}: ${flaw}`);
      });
      expect(flaws.flat()).toEqual([]);
    },
  );

  test('a percent-encoded letter is that letter, as everywhere', async () => {
    expect((await call('GET', '/%76%31/limits')).status).toBe(200);
  });

  test('nothing else is at any path', async () => {
    const paths = [
      '/',
      '/v1',
      '/v1/',
      '/v2/workflows',
      '/admin',
      '/.env',
      '/favicon.ico',
      '/v1/workflows/passing/executions/x',
      '/v1/executions/x/nodes',
      '/v1/callbacks',
      '*',
      'http://elsewhere.example/v1/limits',
    ];
    const flaws = await mapConcurrently(paths, async (path) =>
      notFound(await call('GET', path)).map((flaw) => `${path}: ${flaw}`),
    );
    expect(flaws.flat()).toEqual([]);
  });

  test('bytes that no URL has are answered, if only by the server itself', async () => {
    const { api } = running;
    const host = new URL(api.url).host;
    const targets = ['/v1/work flows', '/v1/\u0000', '/v1/\u00ff\u00fe', '/v1/workflows/\t', '\u0001'];
    for (const target of targets) {
      const answer = await sendBytes(
        api.url,
        `GET ${target} HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${api.key}\r\nconnection: close\r\n\r\n`,
      );
      expect([400, 404]).toContain(answer.status);
    }
  });
});

const NAMED_LIKE_ITEMS = new Set(['/v1/workflows/validate', '/v1/dead-letters/stats', '/v1/dead-letters/replay']);

describe('methods', () => {
  const paths = [...new Set(ROUTES.map(({ path }) => path))].map((path) => ({
    path,
    allowed: ROUTES.filter((route) => route.path === path).map(({ method }) => method as string),
  }));

  test.each(paths)('$path refuses every other method and says which it takes', async ({ path, allowed }) => {
    // A tunnel is asked for by CONNECT; QUERY is new and not known to all of Node's versions.
    const others = METHODS.filter((method) => !allowed.includes(method) && !['CONNECT', 'QUERY'].includes(method));
    const flaws = await mapConcurrently(others, async (method) => {
      const answer = await call(method, filled(path, params));
      const allow = answer.headers.allow?.split(', ') ?? [];
      const missing = allowed.filter((one) => !allow.includes(one));
      // To other methods these are a workflow, or a dead letter, of that name.
      if (NAMED_LIKE_ITEMS.has(path) && ['GET', 'DELETE'].includes(method)) return notFound(answer);
      if (answer.status !== 405 || missing.length > 0) return [`${method}: ${answer.status}, Allow: ${allow.join()}`];
      // To HEAD there is never a body.
      return method === 'HEAD' ? [] : flawsOfProblem(answer).map((flaw) => `${method}: ${flaw}`);
    });
    expect(flaws.flat()).toEqual([]);
  });

  test('a method in lower case is another method', async () => {
    const { api } = running;
    const answer = await sendBytes(
      api.url,
      `get /v1/limits HTTP/1.1\r\nhost: ${new URL(api.url).host}\r\nconnection: close\r\n\r\n`,
    );
    expect([400, 405]).toContain(answer.status);
  });
});
