import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApiClient } from '../../support/api-client.ts';
import { startTestStack, type TestStack } from '../../support/stack.ts';
import { mapConcurrently } from './raw-http.ts';

const EXECUTIONS = 60;

interface Item {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly workflow: string;
  readonly status: string;
  readonly createdAt: string;
  readonly tags?: Readonly<Record<string, string>>;
}

let running: TestStack;
let api: ApiClient;
let all: readonly Item[];
beforeAll(async () => {
  running = await startTestStack();
  api = running.api;
  for (const name of ['even', 'odd']) await api.save({ name, nodes: { a: { type: 'pass' } } });
  for (let at = 0; at < EXECUTIONS; at += 1) {
    await api.start(at % 2 === 0 ? 'even' : 'odd', {
      hold: at % 3 === 0,
      tags: { third: String(at % 3), colon: 'a:b' },
    });
  }
  all = await walk('/v1/executions', 7);
  await Promise.all(all.filter(({ status }) => status === 'running').map(({ id }) => api.ended(id)));
  all = await walk('/v1/executions', 200);
});
afterAll(() => running.stop());

/** All items of a list, page by page, to the end. */
async function walk(path: string, limit: number): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const query = `${path.includes('?') ? '&' : '?'}limit=${limit}${cursor === undefined ? '' : `&cursor=${cursor}`}`;
    const { status, body } = await api.call('GET', `${path}${query}`);
    expect(status).toBe(200);
    expect(body.items.length).toBeLessThanOrEqual(limit);
    items.push(...body.items);
    cursor = body.cursor;
  } while (cursor !== undefined);
  return items;
}

const ids = (items: readonly Item[]) => items.map(({ id }) => id);

describe('executions', () => {
  test.each([1, 2, 7, 59, 60, 61, 200])('in pages of %i: all of them, newest first, each once', async (limit) => {
    const items = await walk('/v1/executions', limit);
    expect(new Set(ids(items)).size).toBe(EXECUTIONS);
    expect(ids(items)).toEqual(ids(all));
    const times = items.map(({ createdAt }) => createdAt);
    expect(times).toEqual([...times].sort().reverse());
  });

  test('50 a page unless said otherwise', async () => {
    const { items, cursor } = (await api.call('GET', '/v1/executions')).body;
    expect([items.length, typeof cursor]).toEqual([50, 'string']);
  });

  test.each([
    ['workflow=even', ({ workflow }: Item) => workflow === 'even'],
    ['workflow=nobody', () => false],
    ['status=pending', ({ status }: Item) => status === 'pending'],
    ['status=pending,succeeded', () => true],
    ['status=failed,running', () => false],
    ['tag=third:1', ({ tags }: Item) => tags?.['third'] === '1'],
    ['tag=third:', () => false],
    ['tag=colon:a:b', () => true],
    ['tag=colon:a%3Ab', () => true],
    ['tag=toString:x', () => false],
    ['tag=__proto__:x', () => false],
    [
      'workflow=odd&status=succeeded&tag=third:2',
      ({ workflow, status, tags }: Item) => workflow === 'odd' && status === 'succeeded' && tags?.['third'] === '2',
    ],
  ] as const)('%s: what fits, over all pages', async (query, fits) => {
    for (const limit of [3, 200])
      expect(ids(await walk(`/v1/executions?${query}`, limit))).toEqual(ids(all.filter(fits)));
  });

  test('since ≤ createdAt < until', async () => {
    const from = all[40]?.createdAt ?? '';
    const to = all[10]?.createdAt ?? '';
    const expected = ids(all.filter(({ createdAt }) => createdAt >= from && createdAt < to));
    expect(ids(await walk(`/v1/executions?since=${from}&until=${to}`, 4))).toEqual(expected);
    expect(await walk(`/v1/executions?since=${to}&until=${from}`, 4)).toEqual([]);
    expect(await walk(`/v1/executions?since=${from}&until=${from}`, 4)).toEqual([]);
    expect(ids(await walk('/v1/executions?since=2000-01-01&until=2100-01-01T00:00:00%2B05:30', 200))).toEqual(ids(all));
    expect(await walk('/v1/executions?until=2000-01-01', 200)).toEqual([]);
    expect(await walk('/v1/executions?since=2100-01-01', 200)).toEqual([]);
  });
});

describe('workflows and versions', () => {
  test('all workflows, each once, whatever the page', async () => {
    for (const limit of [1, 200])
      expect((await walk('/v1/workflows', limit)).map(({ name }) => name).sort()).toEqual(['even', 'odd']);
  });

  test('versions newest first, in pages', async () => {
    for (let value = 1; value <= 12; value += 1)
      await api.save({ name: 'versions', nodes: { a: { type: 'pass', with: { value } } } });
    const expected = Array.from({ length: 12 }, (_, at) => 12 - at);
    for (const limit of [1, 5, 12, 200])
      expect((await walk('/v1/workflows/versions/versions', limit)).map(({ version }) => version)).toEqual(expected);
    await api.call('DELETE', '/v1/workflows/versions');
  });
});

describe('cursors', () => {
  const cursorOf = async (path: string): Promise<string> => (await api.call('GET', path)).body.cursor as string;

  test('belong to one list with its filters; the limit may change', async () => {
    const cursor = await cursorOf('/v1/executions?limit=2&workflow=even');
    expect((await api.call('GET', `/v1/executions?limit=9&workflow=even&cursor=${cursor}`)).status).toBe(200);
    const elsewhere = [
      '/v1/executions?',
      '/v1/executions?workflow=odd&',
      '/v1/executions?workflow=even&status=pending&',
      '/v1/workflows?',
      '/v1/workflows/even/versions?',
      `/v1/executions/${all[0]?.id}/history?`,
    ];
    for (const path of elsewhere) {
      const answer = await api.call('GET', `${path}cursor=${cursor}`);
      expect([path, answer.status, answer.body.problems?.[0].path]).toEqual([path, 400, '/query/cursor']);
    }
    expect((await api.call('GET', `/v1/executions/${all[0]?.id}?nodesCursor=${cursor}`)).body.problems[0].path).toBe(
      '/query/nodesCursor',
    );
  });

  test('1,000 with one bit turned: none is taken', async () => {
    const cursor = await cursorOf('/v1/executions?limit=2');
    const mutants = Array.from({ length: 1_000 }, (_, at) => {
      const bytes = Buffer.from(cursor);
      const index = at % bytes.length;
      bytes[index] = (bytes[index] ?? 0) ^ (1 << (Math.floor(at / bytes.length) % 7));
      return bytes.toString('latin1');
    });
    expect(mutants).not.toContain(cursor);
    const answers = await mapConcurrently(mutants, (mutant) =>
      api.call('GET', `/v1/executions?limit=2&cursor=${encodeURIComponent(mutant)}`),
    );
    expect(answers.filter(({ status }) => status !== 400)).toEqual([]);
  });
});
