import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROUTES, type Route } from '../../../shared/contracts/routes.ts';
import { ApiClient } from '../../support/api-client.ts';
import { startTestStack, type TestStack } from '../../support/stack.ts';
import { flawsOfProblem } from './problem-answers.ts';
import { send, type RawAnswer } from './raw-http.ts';
import { CALLBACK_OUTPUT, FAILING, PASSING, WAITING } from './request-samples.ts';
import { registerKey } from './workspaces.ts';

/** Two workspaces: what `owner` has, `stranger` asks for. */
let running: TestStack;
let owner: ApiClient;
let stranger: ApiClient;
let theirs: Readonly<Record<string, string>>;
beforeAll(async () => {
  running = await startTestStack();
  owner = running.api;
  stranger = new ApiClient(owner.url, await registerKey(running.stack, 'stranger'));
  await owner.save(PASSING);
  await owner.save(WAITING);
  const waiting = await owner.start('waiting', { tags: { secret: 'yes' } });
  await owner.until(waiting, ({ progress }) => progress.waiting === 1);
  const failed = await owner.run(FAILING);
  // First what contains others: they stand for each other below.
  theirs = { letter: `${failed.id}-1-refusal`, name: 'waiting', id: waiting, node: 'decision' };
});
afterAll(() => running.stop());

const NOBODYS = {
  letter: 'ex_00000000000000000000000001-1-nothing',
  name: 'nothing',
  id: 'ex_00000000000000000000000000',
  node: 'nothing',
};
const filled = ({ path }: Route, values: Readonly<Record<string, string>>) =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '');
const withIds = ROUTES.filter(({ path, access }) => access === 'key' && path.includes('{')).map((route) => ({
  name: `${route.method} ${route.path}`,
  route,
}));

function call(key: string, route: Route, values: Readonly<Record<string, string>>): Promise<RawAnswer> {
  const isPost = route.method === 'POST';
  const headers = { authorization: `Bearer ${key}`, ...(isPost && { 'content-type': 'application/json' }) };
  return send(owner.url, { method: route.method, path: filled(route, values), headers, ...(isPost && { body: '{}' }) });
}

/** What may differ between two refusals: the request's id, and the name that was asked for. */
function comparable({ status, headers, text }: RawAnswer, values: Readonly<Record<string, string>>) {
  const { date: _date, 'content-length': _length, ...others } = headers;
  const { instance: _instance, ...body } = JSON.parse(text) as Record<string, unknown>;
  const neutral = Object.entries(values).reduce(
    (result, [name, value]) => result.replaceAll(value, `<${name}>`),
    JSON.stringify(body),
  );
  return { status, others, body: neutral };
}

describe('another workspace’s ids are like ids that nothing has', () => {
  test.each(withIds)('$name', async ({ route }) => {
    const answer = await call(stranger.key, route, theirs);
    expect(answer.status).toBe(404);
    expect(flawsOfProblem(answer)).toEqual([]);
    expect(comparable(answer, theirs)).toEqual(comparable(await call(stranger.key, route, NOBODYS), NOBODYS));
  });

  test('and nothing happened to what they name', async () => {
    expect((await owner.call('GET', `/v1/dead-letters/${theirs['letter']}`)).body.status).toBe('open');
    expect(await owner.execution(theirs['id'] ?? '')).toMatchObject({ status: 'running', progress: { waiting: 1 } });
    expect((await owner.call('GET', '/v1/workflows/waiting')).status).toBe(200);
    expect((await owner.call('GET', '/v1/executions')).body.items).toHaveLength(2);
  });
});

describe('lists and names are each workspace’s own', () => {
  test('a stranger’s lists are empty', async () => {
    for (const path of [
      '/v1/workflows',
      '/v1/executions',
      '/v1/executions?tag=secret:yes',
      '/v1/executions?workflow=waiting&status=running',
      '/v1/dead-letters',
      '/v1/dead-letters?workflow=failing&code=refused',
    ]) {
      expect((await stranger.call('GET', path)).body).toEqual({ items: [] });
    }
  });

  test('a cursor of one workspace is none in another', async () => {
    const { cursor } = (await owner.call('GET', '/v1/workflows?limit=1')).body;
    expect(cursor).toBeTypeOf('string');
    expect((await owner.call('GET', `/v1/workflows?limit=1&cursor=${cursor}`)).status).toBe(200);
    expect((await stranger.call('GET', `/v1/workflows?limit=1&cursor=${cursor}`)).status).toBe(400);
  });

  test('the same name and the same Idempotency-Key mean different things', async () => {
    const other = { ...PASSING, nodes: { mine: { type: 'pass' } } };
    expect((await stranger.call('POST', '/v1/workflows', { body: other })).body).toEqual({
      name: 'passing',
      version: 1,
    });
    const headers = { 'idempotency-key': 'same' };
    const [first, second] = [await owner.start('passing', {}, headers), await stranger.start('passing', {}, headers)];
    expect(first).not.toBe(second);
    expect(Object.keys((await stranger.ended(second)).nodes)).toEqual(['mine']);
    expect((await stranger.call('GET', `/v1/executions/${first}`)).status).toBe(404);
    expect((await owner.call('GET', '/v1/workflows/passing')).body.definition).toEqual(PASSING);
    await stranger.call('DELETE', '/v1/workflows/passing');
    expect((await owner.call('GET', '/v1/workflows/passing')).status).toBe(200);
  });
});

test('a callback needs no key: its token names the workspace, and no key changes that', async () => {
  const { callback } = await owner.node(theirs['id'] ?? '', 'decision');
  const answer = await stranger.call('POST', `/v1/callbacks/${callback.token}`, { body: CALLBACK_OUTPUT });
  expect(answer.status).toBe(200);
  expect((await owner.ended(theirs['id'] ?? '')).status).toBe('succeeded');
});
