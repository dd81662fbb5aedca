import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../shared/domain/json.ts';
import type { Answer, ApiClient } from '../support/api-client.ts';
import { startRecordingTarget, type RecordingTarget } from '../support/recording-target.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

/** Row 10 of what Stepwell must do, and redrives: a target that fails, is mended, and what happens then. */
let target: RecordingTarget;
let stack: TestStack;
let api: ApiClient;
/** Paths that answer with this status until they are mended. */
const broken = new Map<string, number>();

beforeAll(async () => {
  target = await startRecordingTarget({
    answer: (path) => {
      const status = broken.get(path);
      return status === undefined ? undefined : { status };
    },
  });
  stack = await startTestStack({ httpAllow: target.authority });
  api = stack.api;
});
beforeEach(() => broken.clear());
afterAll(async () => {
  await stack.stop();
  await target.stop();
});

const http = (path: string, needs: readonly string[] = [], more: JsonObject = {}): JsonObject => ({
  type: 'http',
  needs,
  with: { method: 'POST', url: `${target.url}${path}`, body: { order: '{{ input.order }}' } },
  ...more,
});
const post = (path: string, body?: Json): Promise<Answer> => api.call('POST', path, { body });
const redrive = (id: string, body?: JsonObject) => post(`/v1/executions/${id}/redrive`, body);
const told = ({ status, body }: Answer) => [status, body.code ?? body.status];
const callsTo = (...paths: readonly string[]) => paths.map((path) => target.calls(path).length);
const keysAt = (path: string) => target.calls(path).map(({ key }) => key);

/** The newest dead letter of a workflow. */
async function letterOf(workflow: string): Promise<Answer['body']> {
  const { body } = await api.call('GET', `/v1/dead-letters?workflow=${workflow}&limit=200`);
  return body.items[0];
}

async function historyOf(id: string): Promise<Answer['body'][]> {
  return (await api.call('GET', `/v1/executions/${id}/history?limit=200`)).body.items;
}

/** reserve → charge → ship, with a note beside; charge is refused until the target is mended. */
function order(name: string, more: JsonObject = {}): JsonObject {
  const path = (node: string) => `/${name}/${node}`;
  return {
    name,
    nodes: {
      reserve: http(path('reserve')),
      charge: http(path('charge'), ['reserve'], { retry: { delays: ['0s', '10ms'] }, ...more }),
      ship: http(path('ship'), ['charge']),
      note: http(path('note'), ['reserve']),
    },
  };
}

describe('a dead letter', () => {
  test('has error, category, attempts, input and times; replayed, the execution succeeds with all that is downstream', async () => {
    broken.set('/order/charge', 503);
    const failed = await api.run(order('order'), { order: 17 });
    expect(failed).toMatchObject({
      status: 'failed',
      nodes: { ship: { status: 'skipped', reason: 'upstream_failed' } },
    });

    const listed = await letterOf('order');
    expect(listed).toMatchObject({
      id: `${failed.id}-1-charge`,
      execution: failed.id,
      workflow: 'order',
      version: 1,
      generation: 1,
      node: 'charge',
      error: { code: 'http_503', category: 'transient', message: expect.stringContaining('503'), retryable: true },
      attempts: 3,
      input: { method: 'POST', url: `${target.url}/order/charge`, body: { order: 17 } },
      status: 'open',
    });
    expect(listed.startedAt <= listed.createdAt).toBe(true);
    const entry = (await api.call('GET', `/v1/dead-letters/${listed.id}`)).body;
    expect(entry).toEqual({ ...listed, history: expect.any(Array) });
    expect(entry.history).toMatchObject(
      [0, 10, undefined].map((delayMs, at) => ({
        attempt: at + 1,
        startedAt: expect.any(String),
        endedAt: expect.any(String),
        error: { code: 'http_503' },
        ...(delayMs !== undefined && { delayMs }),
      })),
    );

    broken.clear();
    const replayed = await post(`/v1/dead-letters/${listed.id}/replay`);
    expect([replayed.status, replayed.body]).toEqual([202, { id: failed.id, status: 'running', generation: 2 }]);
    expect(replayed.headers.get('location')).toBe(`/v1/executions/${failed.id}`);
    const ended = await api.ended(failed.id);
    expect(ended).toMatchObject({ status: 'succeeded', generation: 2, progress: { total: 4, succeeded: 4 } });
    expect(callsTo('/order/reserve', '/order/charge', '/order/ship', '/order/note')).toEqual([1, 4, 1, 1]);
    expect(new Set(keysAt('/order/charge'))).toEqual(new Set([`${failed.id}:charge:1`]));
    expect((await api.results(failed.id)).outputs).toMatchObject({ charge: { status: 200 }, ship: { status: 200 } });

    for (const method of ['POST', 'DELETE']) {
      const path = `/v1/dead-letters/${listed.id}${method === 'POST' ? '/replay' : ''}`;
      expect(told(await api.call(method, path))).toEqual([409, 'dead_letter_closed']);
    }
    const closed = (await api.call('GET', `/v1/dead-letters/${listed.id}`)).body;
    expect(closed).toEqual({ ...entry, status: 'replayed', closedAt: expect.any(String) });
  });

  test('with edited input: the target gets that, under a key that it has not seen', async () => {
    broken.set('/edited/charge', 400);
    const { id } = await api.run(order('edited'), { order: 1 });
    const letter = await letterOf('edited');
    const given = { method: 'POST', url: `${target.url}/edited/mended`, body: { order: '{{ not a template }}' } };
    expect(told(await post(`/v1/dead-letters/${letter.id}/replay`, { with: given }))).toEqual([202, 'running']);
    expect((await api.ended(id)).status).toBe('succeeded');
    expect(callsTo('/edited/charge', '/edited/mended', '/edited/ship')).toEqual([1, 1, 1]);
    expect(target.calls('/edited/mended')[0]).toMatchObject({
      body: { order: '{{ not a template }}' },
      key: `${id}:charge:2`,
    });
    expect(await api.node(id, 'charge')).toMatchObject({
      generation: 2,
      with: given,
      idempotencyKey: `${id}:charge:2`,
    });
  });

  test('that fails again leaves a new one', async () => {
    broken.set('/again/charge', 402);
    const { id } = await api.run(order('again'), { order: 1 });
    const first = await letterOf('again');
    await post(`/v1/dead-letters/${first.id}/replay`);
    expect((await api.ended(id)).status).toBe('failed');
    const second = await letterOf('again');
    expect([second.id, second.generation, second.status]).toEqual([`${id}-2-charge`, 2, 'open']);
    expect((await api.call('GET', `/v1/dead-letters/${first.id}`)).body.status).toBe('replayed');
  });

  test('is discarded, and not replayed after that', async () => {
    broken.set('/dropped/charge', 402);
    const { id } = await api.run(order('dropped'), { order: 1 });
    const letter = await letterOf('dropped');
    expect((await api.call('DELETE', `/v1/dead-letters/${letter.id}`)).status).toBe(204);
    expect(told(await post(`/v1/dead-letters/${letter.id}/replay`))).toEqual([409, 'dead_letter_closed']);
    expect(told(await api.call('DELETE', `/v1/dead-letters/${letter.id}`))).toEqual([409, 'dead_letter_closed']);
    expect((await letterOf('dropped')).status).toBe('discarded');
    expect((await api.execution(id)).generation).toBe(1);
  });
});

describe('a redrive', () => {
  test('goes on with a newer version in which the bug is mended', async () => {
    const version = (value: string): JsonObject => ({
      name: 'mended',
      nodes: {
        take: http('/mended/take'),
        sum: { type: 'transform', needs: ['take'], with: { value } },
        send: http('/mended/send', ['sum']),
      },
      output: { sum: '{{ nodes.sum.output }}' },
    });
    const { id, status } = await api.run(version('{{ input.missing }}'), { order: 2 });
    expect(status).toBe('failed');
    await api.save(version('{{ input.order * 2 }}'));
    const answer = await redrive(id, { version: 2 });
    expect([answer.status, answer.body]).toEqual([202, { id, status: 'running', generation: 2 }]);
    expect(await api.ended(id)).toMatchObject({ status: 'succeeded', version: 2, generation: 2 });
    expect((await api.results(id)).output).toEqual({ sum: 4 });
    expect(callsTo('/mended/take', '/mended/send')).toEqual([1, 1]);
  });

  test('from a node: its results and all below leave `results`, history keeps them; other input, other keys', async () => {
    const input = { type: 'object', properties: { order: { type: 'integer' }, unit: { default: 'kg' } } };
    const definition: JsonObject = { ...order('from'), input };
    const { id } = await api.run(definition, { order: 1 });
    const before = await historyOf(id);
    broken.set('/from/charge', 402);
    const answer = await redrive(id, { from: ['charge'], input: { order: 2 } });
    expect(told(answer)).toEqual([202, 'running']);
    expect((await api.ended(id)).status).toBe('failed');
    expect(Object.keys((await api.results(id)).outputs).sort()).toEqual(['note', 'reserve']);

    const after = await historyOf(id);
    expect(after.slice(0, before.length)).toEqual(before);
    expect(after.slice(before.length).map(({ type, generation, node }) => [type, generation, node ?? ''])).toEqual([
      ['execution_redriven', 2, ''],
      ['attempt_started', 2, 'charge'],
      ['attempt_failed', 2, 'charge'],
      ['node_failed', 2, 'charge'],
      ['execution_failed', 2, ''],
    ]);
    broken.clear();
    await redrive(id);
    expect(await api.ended(id)).toMatchObject({ status: 'succeeded', generation: 3 });
    expect(target.calls('/from/charge').map(({ key, body }) => [key, body])).toEqual([
      [`${id}:charge:1`, { order: 1 }],
      [`${id}:charge:2`, { order: 2 }],
      [`${id}:charge:2`, { order: 2 }],
    ]);
    expect(keysAt('/from/ship')).toEqual([`${id}:ship:1`, `${id}:ship:2`]);
    expect(callsTo('/from/reserve', '/from/note')).toEqual([1, 1]);
  });

  test('of a cancelled execution brings it to its end; freshKeys gives targets new keys', async () => {
    await api.save({ name: 'stopped', nodes: { wait: { type: 'approval' }, call: http('/stopped/call', ['wait']) } });
    const id = await api.start('stopped', { input: { order: 1 } });
    await api.until(id, ({ progress }) => progress.waiting === 1);
    await post(`/v1/executions/${id}/cancel`);
    await api.ended(id);
    expect(told(await redrive(id, { freshKeys: true }))).toEqual([202, 'running']);
    const { nodes, cancelRequestedAt } = await api.until(id, ({ progress }) => progress.waiting === 1);
    expect([nodes.call.status, cancelRequestedAt]).toEqual(['pending', undefined]);
    const { callback } = await api.node(id, 'wait');
    await post(`/v1/callbacks/${callback.token}`, { output: {} });
    expect((await api.ended(id)).status).toBe('succeeded');
    expect(keysAt('/stopped/call')).toEqual([`${id}:call:2`]);
    expect((await historyOf(id)).filter(({ type }) => type.startsWith('execution_')).map(({ type }) => type)).toEqual([
      'execution_created',
      'execution_started',
      'execution_stop_requested',
      'execution_cancelled',
      'execution_redriven',
      'execution_succeeded',
    ]);
  });

  test('twenty at once: exactly one is accepted', async () => {
    broken.set('/twice/charge', 402);
    const { id } = await api.run(order('twice'), { order: 1 });
    broken.clear();
    const letter = await letterOf('twice');
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        at % 2 === 0 ? redrive(id) : post(`/v1/dead-letters/${letter.id}/replay`),
      ),
    );
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(answers.filter(({ status }) => status !== 202 && status !== 409)).toEqual([]);
    expect(await api.ended(id)).toMatchObject({ status: 'succeeded', generation: 2 });
    expect(callsTo('/twice/charge', '/twice/ship')).toEqual([2, 1]);
  });
});

describe('a bulk replay', () => {
  test('of 30 at a rate, by a filter: each once, no others, and how often per cause is answered', async () => {
    for (const [name, status] of [
      ['bulk', 402],
      ['others', 410],
    ] as const) {
      broken.set(`/${name}/charge`, status);
      await api.save(order(name));
      const ids = await Promise.all(
        Array.from({ length: name === 'bulk' ? 30 : 3 }, () => api.start(name, { input: { order: 1 } })),
      );
      await Promise.all(ids.map((id) => api.ended(id)));
    }
    const stats = async (query: string) => (await api.call('GET', `/v1/dead-letters/stats?${query}`)).body;
    expect(await stats('workflow=bulk')).toEqual({
      total: 30,
      byStatus: { open: 30 },
      byCode: { http_402: 30 },
      byCategory: { target: 30 },
      byWorkflow: { bulk: 30 },
      complete: true,
    });
    expect(await stats('workflow=others&code=http_410,http_402&status=open')).toMatchObject({
      total: 3,
      byCode: { http_410: 3 },
    });

    broken.clear();
    const answer = await post('/v1/dead-letters/replay', {
      filter: { code: 'http_402', workflow: 'bulk' },
      ratePerSecond: 20,
    });
    expect([answer.status, answer.body]).toEqual([202, { id: expect.any(String), status: 'running' }]);
    const { items } = (await api.call('GET', '/v1/executions?workflow=bulk&limit=200')).body;
    for (const { id } of items) await api.until(id, ({ status }) => status === 'succeeded');
    expect(callsTo('/bulk/reserve', '/bulk/charge', '/bulk/ship')).toEqual([30, 60, 30]);
    expect(new Set(keysAt('/bulk/charge')).size).toBe(30);
    expect(await stats('workflow=bulk')).toMatchObject({ byStatus: { replayed: 30 } });
    expect(await stats('workflow=others')).toMatchObject({ byStatus: { open: 3 } });
    expect(callsTo('/others/charge')).toEqual([3]);
  });

  test('repeats all that failed in one execution together', async () => {
    const paths = ['/pair/one', '/pair/two'];
    for (const path of paths) broken.set(path, 402);
    const nodes = { one: http('/pair/one'), two: http('/pair/two') };
    const { id } = await api.run({ name: 'pair', nodes }, { order: 1 });
    broken.clear();
    await post('/v1/dead-letters/replay', { filter: { workflow: 'pair' } });
    expect(await api.until(id, ({ status }) => status === 'succeeded')).toMatchObject({ generation: 2 });
    expect(callsTo(...paths)).toEqual([2, 2]);
  });
});
