import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../shared/domain/json.ts';
import type { Answer, ApiClient } from '../../support/api-client.ts';
import { startTestStack, type TestStack } from '../../support/stack.ts';
import { FAILING, WAITING } from './request-samples.ts';

const LETTERS = 42;

interface Item {
  readonly id: string;
  readonly workflow: string;
  readonly status: string;
  readonly createdAt: string;
  readonly error: { readonly code: string; readonly category: string };
}

let running: TestStack;
let api: ApiClient;
/** Newest first: two workflows, three codes, every seventh discarded. */
let all: readonly Item[];
beforeAll(async () => {
  running = await startTestStack();
  api = running.api;
  for (const name of ['even', 'odd']) {
    const wanted = { code: '{{ input.code }}', message: 'as was wished' };
    const bad = { type: 'transform', with: { value: '{{ input.missing }}' } };
    await api.save({ name, nodes: { wanted: name === 'even' ? { type: 'fail', with: wanted } : bad } });
  }
  const ids: string[] = [];
  for (let at = 0; at < LETTERS; at += 1)
    ids.push(await api.start(at % 2 === 0 ? 'even' : 'odd', { input: { code: at % 4 === 0 ? 'first' : 'second' } }));
  await Promise.all(ids.map((id) => api.ended(id)));
  const before = await walk('', 200);
  for (const { id } of before.filter((_, at) => at % 7 === 0)) await api.call('DELETE', `/v1/dead-letters/${id}`);
  all = await walk('', 200);
});
afterAll(() => running.stop());

async function walk(query: string, limit: number): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const more = cursor === undefined ? '' : `&cursor=${cursor}`;
    const { status, body } = await api.call('GET', `/v1/dead-letters?limit=${limit}&${query}${more}`);
    expect([status, body.items?.length <= limit]).toEqual([200, true]);
    items.push(...body.items);
    cursor = body.cursor;
  } while (cursor !== undefined);
  return items;
}

const ids = (items: readonly Item[]) => items.map(({ id }) => id);
const told = ({ status, body }: Answer) => [status, body?.code ?? body?.status];
const problemsOf = ({ body }: Answer) =>
  body.problems.map(({ code, path }: { code: string; path: string }) => `${code} ${path}`);
const replay = (id: string, body?: JsonObject) => api.call('POST', `/v1/dead-letters/${id}/replay`, { body });
const stats = async (query: string) => (await api.call('GET', `/v1/dead-letters/stats?${query}`)).body;

const FILTERS = [
  ['', () => true],
  ['workflow=even', ({ workflow }: Item) => workflow === 'even'],
  ['workflow=nobody', () => false],
  ['code=first', ({ error }: Item) => error.code === 'first'],
  ['code=first,expression_failed', ({ error }: Item) => ['first', 'expression_failed'].includes(error.code)],
  ['category=target', ({ error }: Item) => error.category === 'target'],
  ['category=input,timeout', ({ error }: Item) => error.category === 'input'],
  ['status=discarded', ({ status }: Item) => status === 'discarded'],
  ['status=open,replayed&code=second', ({ status, error }: Item) => status === 'open' && error.code === 'second'],
] as const;

describe('the list', () => {
  test.each([1, 5, 41, 42, 200])('in pages of %i: all of them, newest first, each once', async (limit) => {
    const items = await walk('', limit);
    expect(new Set(ids(items)).size).toBe(LETTERS);
    expect(ids(items)).toEqual(ids(all));
    const times = items.map(({ createdAt }) => createdAt);
    expect(times).toEqual([...times].sort().reverse());
  });

  test.each(FILTERS)('%s: what fits, over all pages', async (query, fits) => {
    for (const limit of [3, 200]) expect(ids(await walk(query, limit))).toEqual(ids(all.filter(fits)));
  });

  test('since ≤ createdAt < until', async () => {
    const [from, to] = [all[30]?.createdAt ?? '', all[5]?.createdAt ?? ''];
    const expected = all.filter(({ createdAt }) => createdAt >= from && createdAt < to);
    expect(ids(await walk(`since=${from}&until=${to}`, 4))).toEqual(ids(expected));
    expect((await stats(`since=${from}&until=${to}`)).total).toBe(expected.length);
  });

  test('leaves out what a node was given where that is large; the entry alone has it', async () => {
    const value = 'x'.repeat(5_000);
    const url = `http://127.0.0.1:1/${value}`;
    for (const [name, body] of [
      ['large', value],
      ['huge', Array.from({ length: 20_000 }, (_, at) => at * 7)],
    ] as const) {
      await api.run({ name, nodes: { call: { type: 'http', with: { method: 'POST', url, body } } } });
      const [item] = (await api.call('GET', `/v1/dead-letters?workflow=${name}`)).body.items;
      expect(item).not.toHaveProperty('input');
      expect((await api.call('GET', `/v1/dead-letters/${item.id}`)).body.input).toMatchObject({ url, body });
    }
  });
});

describe('the counts', () => {
  test.each(FILTERS)('%s: how often by each cause', async (query, fits) => {
    const older = `until=${new Date(Date.parse(all[0]?.createdAt ?? '') + 1).toISOString()}`;
    const meant = all.filter(fits);
    const by = (cause: (item: Item) => string) => {
      const counts: Record<string, number> = {};
      for (const item of meant) counts[cause(item)] = (counts[cause(item)] ?? 0) + 1;
      return counts;
    };
    expect(await stats(`${query}&${older}`)).toEqual({
      total: meant.length,
      byStatus: by(({ status }) => status),
      byCode: by(({ error }) => error.code),
      byCategory: by(({ error }) => error.category),
      byWorkflow: by(({ workflow }) => workflow),
      complete: true,
    });
  });

  test('of a code named like a part of JavaScript', async () => {
    for (const code of ['__proto__', 'toString']) {
      await api.save({ name: 'odd_codes', nodes: { a: { type: 'fail', with: { code, message: 'no' } } } });
      await api.ended(await api.start('odd_codes'));
    }
    expect((await api.call('GET', '/v1/dead-letters/stats?workflow=odd_codes')).text).toContain(
      '"byCode":{"__proto__":1,"toString":1}',
    );
  });
});

describe('what is tolerated or caught', () => {
  test('leaves no dead letter', async () => {
    const fail = { type: 'fail', with: { code: 'no', message: 'no' } };
    const { status } = await api.run({
      name: 'handled',
      nodes: { a: fail, b: { type: 'pass', needs: ['a.error'] }, c: { ...fail, onError: 'continue' } },
    });
    expect([status, (await stats('workflow=handled')).total]).toEqual(['succeeded', 0]);
  });
});

describe('a replay', () => {
  const http = (url: string): JsonObject => ({ type: 'http', with: { url }, retry: { attempts: 1 } });

  test('`with` is judged by the type of the node: every problem, and where', async () => {
    const { id } = await api.run({ name: 'typed', nodes: { call: http('http://127.0.0.1:1/') } });
    const letter = `${id}-1-call`;
    const wrong: [Json, readonly string[]][] = [
      [null, ['invalid_with /with']],
      [{}, ['invalid_with /with/url']],
      [{ url: 'nowhere', method: 'NOPE' }, ['invalid_with /with/url', 'invalid_with /with/method']],
      [{ url: 'http://127.0.0.1:1/', surprise: 1 }, ['invalid_with /with/surprise']],
      [{ url: 'http://127.0.0.1:1/', headers: { 'a/b c': 'x' } }, ['invalid_with /with/headers/a~1b c']],
    ];
    for (const [value, problems] of wrong) {
      const answer = await replay(letter, { with: value });
      expect(told(answer)).toEqual([400, 'validation_failed']);
      expect(problemsOf(answer).sort()).toEqual([...problems].sort());
    }
    expect((await api.call('GET', `/v1/dead-letters/${letter}`)).body.status).toBe('open');
    expect((await api.execution(id)).generation).toBe(1);
  });

  test('a computation can be given something else to compute', async () => {
    const { id } = await api.run({
      name: 'computed',
      nodes: {
        sum: { type: 'transform', with: { value: '{{ input.missing }}' } },
        twice: { type: 'transform', needs: ['sum'], with: { value: '{{ nodes.sum.output * 2 }}' } },
      },
    });
    expect(told(await replay(`${id}-1-sum`, { with: { value: 21 } }))).toEqual([202, 'running']);
    expect((await api.ended(id)).status).toBe('succeeded');
    expect((await api.results(id)).outputs).toEqual({ sum: 21, twice: 42 });
  });

  test('waits for the end of the execution', async () => {
    const nodes = { ...(WAITING['nodes'] as JsonObject), refusal: (FAILING['nodes'] as JsonObject)['refusal'] ?? null };
    await api.save({ name: 'still', nodes });
    const id = await api.start('still');
    await api.until(id, ({ progress }) => progress.failed === 1 && progress.waiting === 1);
    const letter = `${id}-1-refusal`;
    expect((await api.call('GET', `/v1/dead-letters/${letter}`)).body.status).toBe('open');
    expect(told(await replay(letter))).toEqual([409, 'execution_running']);
    await api.call('POST', `/v1/executions/${id}/cancel`);
    await api.ended(id);
    expect(told(await replay(letter))).toEqual([202, 'running']);
  });

  test('a redrive closes the entries of what it repeats', async () => {
    const { id } = await api.run(FAILING);
    await api.call('POST', `/v1/executions/${id}/redrive`);
    expect(told(await replay(`${id}-1-refusal`))).toEqual([409, 'dead_letter_closed']);
    await api.ended(id);
    const { items } = (await api.call('GET', '/v1/dead-letters?workflow=failing')).body;
    expect(items.map(({ generation, status }: { generation: number; status: string }) => [generation, status])).toEqual(
      [
        [2, 'open'],
        [1, 'replayed'],
      ],
    );
  });

  test('fifty at once, with discards among them: one of them decides', async () => {
    const { id } = await api.run(FAILING);
    const path = `/v1/dead-letters/${id}-1-refusal`;
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) => (at % 2 === 0 ? replay(`${id}-1-refusal`) : api.call('DELETE', path))),
    );
    const replays = answers.filter((_, at) => at % 2 === 0);
    expect(replays.filter(({ status }) => status === 202).length).toBeLessThanOrEqual(1);
    expect(answers.filter(({ status }) => status < 300).length).toBeGreaterThanOrEqual(1);
    expect(answers.filter(({ status }) => ![202, 204, 409].includes(status))).toEqual([]);
    expect(['replayed', 'discarded']).toContain((await api.call('GET', path)).body.status);
  });
});

describe('a bulk replay', () => {
  const bulk = (body: JsonObject) => api.call('POST', '/v1/dead-letters/replay', { body });

  test.each([
    ['no filter', {}, ['malformed /filter']],
    ['a status that is not open', { filter: { status: 'replayed' } }, ['malformed /filter/status']],
    ['no rate', { filter: {}, ratePerSecond: 0 }, ['malformed /ratePerSecond']],
    ['too fast', { filter: {}, ratePerSecond: 101 }, ['malformed /ratePerSecond']],
    ['a category that is none', { filter: { category: 'target,nope' } }, ['malformed /filter/category/1']],
    ['an unknown field', { filter: { node: 'a' } }, ['unknown_key /filter/node']],
  ])('%s is refused', async (_, body, problems) => {
    const answer = await bulk(body);
    expect(told(answer)).toEqual([400, 'validation_failed']);
    expect(problemsOf(answer)).toEqual(problems);
  });

  test('leaves alone what is discarded, of other causes, or of other times', async () => {
    const until = all[10]?.createdAt ?? '';
    expect(told(await bulk({ filter: { code: 'second', until }, ratePerSecond: 100 }))).toEqual([202, 'running']);
    const meant = all.filter(
      ({ status, error, createdAt }) => status === 'open' && error.code === 'second' && createdAt < until,
    );
    for (const { id } of meant) await api.until(id.split('-')[0] ?? '', ({ generation }) => generation === 2);
    const untouched = all.filter((item) => !meant.includes(item));
    const now = new Map((await walk('', 200)).map(({ id, status }) => [id, status]));
    expect(untouched.filter(({ id, status }) => now.get(id) !== status)).toEqual([]);
    for (const { id } of untouched)
      expect((await api.execution(id.split('-')[0] ?? '', '?nodes=none')).generation).toBe(1);
  });
});
