import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROUTES, type Route } from '../../../shared/contracts/routes.ts';
import { startTestStack, type TestStack } from '../../support/stack.ts';
import { flawsOfProblem } from './problem-answers.ts';
import { mapConcurrently, send, type RawAnswer } from './raw-http.ts';
import { CALLBACK_OUTPUT, PASSING, REPLAY_MANY_BODY } from './request-samples.ts';
import { schemaNode } from './schema-mutations.ts';

let running: TestStack;
let params: Readonly<Record<string, string>>;
beforeAll(async () => {
  running = await startTestStack();
  const { id } = await running.api.run(PASSING);
  params = { name: 'passing', id, node: 'only', letter: `${id}-1-only`, token: 'none' };
});
afterAll(async () => {
  expect((await running.api.call('GET', '/health')).status).toBe(200);
  await running.stop();
});

const BODIES: Partial<Record<Route['operation'], string>> = {
  sendCallback: JSON.stringify(CALLBACK_OUTPUT),
  replayDeadLetters: JSON.stringify(REPLAY_MANY_BODY),
};

function call(route: Route, query: string): Promise<RawAnswer> {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '');
  const body = BODIES[route.operation];
  const headers = {
    authorization: `Bearer ${running.api.key}`,
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
  return send(running.api.url, {
    method: route.method,
    path: `${path}?${query}`,
    headers,
    ...(body !== undefined && { body }),
  });
}

async function refused(route: Route, queries: readonly string[]): Promise<string[]> {
  const flaws = await mapConcurrently(queries, async (query) => {
    const answer = await call(route, query);
    const status = answer.status === 400 ? [] : [`answered ${answer.status}: ${answer.text.slice(0, 200)}`];
    return [...status, ...flawsOfProblem(answer)].map((flaw) => `?${query.slice(0, 80)}: ${flaw}`);
  });
  return flaws.flat();
}

const parametersOf = (route: Route) => Object.keys(schemaNode(route.query).properties ?? {});
const routes = ROUTES.map((route) => ({ name: `${route.method} ${route.path}`, route }));

describe.each(routes)('$name', ({ route }) => {
  test('what it does not know is refused', async () => {
    const unknown = [
      'surprise=1',
      'surprise',
      '=',
      '=1',
      'LIMIT=1',
      'limit%00=1',
      'limit[]=1',
      'limit[a]=1',
      '__proto__=x',
      '__proto__[polluted]=1',
      'constructor=x',
      'toString=x',
      '%F0%9F%98%80=1',
      `${'k'.repeat(5_000)}=1`,
      '%ff=1',
      '%=1',
      'a+b=1',
    ];
    expect(await refused(route, unknown)).toEqual([]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('what is given more than once is refused', async () => {
    const known = parametersOf(route);
    const repeated = [...known, 'surprise'].flatMap((name) => [
      `${name}=1&${name}=1`,
      `${name}=a&${name}=b&${name}=c`,
      `${name}&${name}`,
    ]);
    expect(await refused(route, repeated)).toEqual([]);
  });

  // Skipped where it would delete what the other tests need.
  test.skipIf(route.operation === 'deleteWorkflow')('an empty query is none', async () => {
    for (const query of ['', '&', '&&']) expect((await call(route, query)).status).not.toBe(400);
  });
});

const WRONG: Readonly<Record<string, readonly string[]>> = {
  limit: [
    '',
    '0',
    '-1',
    '201',
    '1.5',
    '1e1',
    '0x10',
    '+5',
    '%205',
    '5%20',
    '%D9%A1',
    'NaN',
    'Infinity',
    'null',
    'true',
    '99999999999',
    '9'.repeat(5_000),
    '1,2',
    '1%00',
  ],
  cursor: [
    '',
    'x',
    '.',
    '..',
    'a.b',
    'a.b.c',
    'null',
    '%00',
    '%F0%9F%98%80',
    'x'.repeat(2_048),
    'x'.repeat(2_049),
    'x'.repeat(10_000),
  ],
  nodesCursor: ['', 'x', '.', 'a.b', '0', '2000', 'x'.repeat(10_000)],
  version: ['', '0', '-1', '1.5', '1e3', 'latest', 'null', '99999999999', '9'.repeat(5_000), '%D9%A1'],
  nodes: ['', 'None', 'none,all', 'all,', 'x', '%00', 'x'.repeat(10_000), '__proto__'],
  workflow: ['', 'a%20b', 'a/b', 'a%23b', '%00', 'x'.repeat(65), '%C3%A4', '*'],
  status: [
    '',
    ',',
    'running,',
    ',running',
    'Running',
    'running%20failed',
    'running,nope',
    'toString',
    'x'.repeat(10_000),
    Array.from({ length: 2_000 }, () => 'nope').join(),
  ],
  code: ['', ',', 'a,', ',a', 'a%20b', 'a/b', '%00', '%C3%A4', 'x'.repeat(65), 'x'.repeat(10_000)],
  category: ['', ',', 'transient,', 'Transient', 'transient,nope', 'toString', '__proto__', 'x'.repeat(10_000)],
  tag: ['', ':', ':v', 'novalue', '%3Av'],
  since: [
    '',
    'x',
    'now',
    '0',
    '1700000000000',
    '2026',
    '2026-13-01',
    '2026-02-30',
    '2026-01-01T25:00:00Z',
    '2026-01-01T00:00:00',
    '2026-01-01T00:00:00+02:00',
    '1969-01-01T00:00:00Z',
    '%00',
    'x'.repeat(10_000),
  ],
  until: ['', 'x', '2026-02-30', '2026-01-01T00:00:60Z', '+2026-01-01'],
};

describe.each(routes.filter(({ route }) => parametersOf(route).length > 0))('$name', ({ route }) => {
  test.each(parametersOf(route))('%s: nothing but what it takes', async (parameter) => {
    const wrong = WRONG[parameter] ?? [];
    expect(wrong.length).toBeGreaterThan(0);
    expect(
      await refused(
        route,
        wrong.map((value) => `${parameter}=${value}`),
      ),
    ).toEqual([]);
  });

  test('all mistakes are told at once', async () => {
    const answer = await call(
      route,
      parametersOf(route)
        .filter((name) => !/cursor/i.test(name))
        .map((name) => `${name}=`)
        .concat('surprise=1')
        .join('&'),
    );
    const paths = answer.body.problems.map(({ path }: { path: string }) => path.split('/')[2]).sort();
    expect(new Set(paths)).toEqual(
      new Set([...parametersOf(route).filter((name) => !/cursor/i.test(name)), 'surprise']),
    );
  });
});

test('a query longer than a server takes is refused by the server', async () => {
  const answer = await send(running.api.url, {
    method: 'GET',
    path: `/v1/executions?cursor=${'x'.repeat(20_000)}`,
    headers: {},
  });
  expect([414, 431]).toContain(answer.status);
});
