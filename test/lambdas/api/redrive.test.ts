import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clientOf } from '../../../local/aws-identity.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../shared/domain/json.ts';
import { DynamoExecutionStore } from '../../../shared/adapters/aws/dynamo/execution-store.ts';
import { Table } from '../../../shared/adapters/aws/dynamo/table.ts';
import { ENV } from '../../../shared/config/env.ts';
import { LIMITS } from '../../../shared/domain/limits.ts';
import type { Answer, ApiClient } from '../../support/api-client.ts';
import { startTestStack, type TestStack } from '../../support/stack.ts';
import { FAILING, PASSING, WAITING } from './request-samples.ts';

let running: TestStack;
let api: ApiClient;
beforeAll(async () => {
  running = await startTestStack();
  api = running.api;
});
afterAll(() => running.stop());

const redrive = (id: string, body?: JsonObject) => api.call('POST', `/v1/executions/${id}/redrive`, { body });
const told = ({ status, body }: Answer) => [status, body.code ?? body.status];
const problemsOf = ({ body }: Answer) =>
  body.problems.map(({ code, path }: { code: string; path: string }) => `${code} ${path}`);

test('202 with id, status, generation and Location; a body is not needed', async () => {
  const { id } = await api.run(FAILING);
  for (const [at, body] of [undefined, {}, { freshKeys: false }].entries()) {
    const answer = await redrive(id, body);
    expect([answer.status, answer.body]).toEqual([202, { id, status: 'running', generation: at + 2 }]);
    expect(answer.headers.get('location')).toBe(`/v1/executions/${id}`);
    expect(await api.ended(id)).toMatchObject({ status: 'failed', generation: at + 2 });
  }
});

describe('only what has ended is redriven', () => {
  test('not what runs', async () => {
    await api.save(WAITING);
    const id = await api.start('waiting');
    await api.until(id, ({ progress }) => progress.waiting === 1);
    for (const body of [{}, { from: ['decision'] }, { from: ['nothing'] }, { version: 9 }])
      expect(told(await redrive(id, body))).toEqual([409, 'execution_running']);
  });

  test('not what is held', async () => {
    await api.save(PASSING);
    const id = await api.start('passing', { hold: true });
    expect(told(await redrive(id))).toEqual([409, 'execution_running']);
    expect((await api.execution(id)).status).toBe('pending');
  });

  test('what succeeded has nothing to repeat, unless somebody says what', async () => {
    const { id } = await api.run(PASSING);
    for (const body of [undefined, { freshKeys: true }, { version: 1 }])
      expect(told(await redrive(id, body))).toEqual([409, 'nothing_to_redrive']);
    expect(told(await redrive(id, { from: ['only'] }))).toEqual([202, 'running']);
    expect(await api.ended(id)).toMatchObject({ status: 'succeeded', generation: 2 });
  });

  test('and as often as is allowed', async () => {
    const { id } = await api.run(PASSING);
    await redrive(id, { from: ['only'] });
    await api.ended(id);
    await asIfRedriven(id, LIMITS.redrivesMax - 1);
    expect(told(await redrive(id, { from: ['only'] }))).toEqual([202, 'running']);
    await api.ended(id);
    expect(told(await redrive(id, { from: ['only'] }))).toEqual([409, 'too_many_redrives']);
  });

  /** Lets the execution look back on so many redrives. */
  async function asIfRedriven(execution: string, times: number): Promise<void> {
    const client = new DynamoDBClient(clientOf(running.stack.endpoints.dynamodb));
    const inRecords = () => Promise.reject(new Error('these values are small'));
    const table = new Table(client, running.stack.env[ENV.tableName] ?? '');
    const store = new DynamoExecutionStore(table, { put: inRecords, get: inRecords });
    const header = await store.readHeader({ workspace: 'default', execution });
    const [redriven] = header?.redrives ?? [];
    if (header === undefined || redriven === undefined) throw new Error('it was never redriven');
    const redrives = Array.from({ length: times }, () => redriven);
    expect(await store.replaceHeader({ ...header, redrives, rev: header.rev + 1, op: 'test' })).toBe(true);
    client.destroy();
  }
});

describe('what is asked for', () => {
  const definition = (name: string, more: JsonObject = {}): JsonObject => ({
    name,
    nodes: {
      first: { type: 'transform', with: { value: '{{ input }}' } },
      second: { type: 'pass', needs: ['first'] },
      ...more,
    },
  });

  test.each([
    ['an empty `from`', { from: [] }, ['malformed /from']],
    ['a node twice', { from: ['first', 'second', 'first', 'first'] }, ['malformed /from/2', 'malformed /from/3']],
    ['no node ids', { from: ['first?', '$start', '', 'a b'] }, [0, 1, 2, 3].map((at) => `malformed /from/${at}`)],
    ['`input` without `from`', { input: {} }, ['malformed /input']],
    ['`input: null` without `from`', { input: null }, ['malformed /input']],
    [
      'unknown nodes',
      { from: ['nope', 'first', 'neither'] },
      ['unknown_reference /from/0', 'unknown_reference /from/2'],
    ],
    ['an unknown field', { only: ['first'] }, ['unknown_key /only']],
  ])('%s is refused, and says where', async (_, body, problems) => {
    const { id } = await api.run(definition('asked'));
    const answer = await redrive(id, body);
    expect(told(answer)).toEqual([400, 'validation_failed']);
    expect(problemsOf(answer)).toEqual(problems);
    expect((await api.execution(id)).generation).toBe(1);
  });

  test('a version that there is', async () => {
    const { id } = await api.run(definition('versions'));
    expect(told(await redrive(id, { version: 2, from: ['first'] }))).toEqual([404, 'not_found']);
    await api.save(definition('versions', { third: { type: 'pass', needs: ['second'] } }));
    expect(told(await redrive(id, { version: 2, from: ['third'] }))).toEqual([202, 'running']);
    expect(await api.ended(id)).toMatchObject({
      status: 'succeeded',
      version: 2,
      progress: { total: 3, succeeded: 3 },
    });
    await api.call('DELETE', '/v1/workflows/versions');
    expect(told(await redrive(id, { version: 1, from: ['first'] }))).toEqual([404, 'not_found']);
    expect(told(await redrive(id, { version: 2, from: ['first'] }))).toEqual([202, 'running']);
    expect((await api.ended(id)).status).toBe('succeeded');
  });

  test('a version that has what is kept', async () => {
    const { id } = await api.run(definition('kept'));
    await api.save({ name: 'kept', nodes: { second: { type: 'fail', with: { code: 'no', message: 'no' } } } });
    const answer = await redrive(id, { version: 2, from: ['second'] });
    expect(told(answer)).toEqual([409, 'version_incompatible']);
    expect(problemsOf(answer)).toEqual(['version_incompatible /version']);
    expect(answer.body.problems[0].message).toContain("'first'");
    expect(await api.execution(id)).toMatchObject({ version: 1, generation: 1, status: 'succeeded' });
  });

  test('an input that fits the version that it is for, with its defaults', async () => {
    const schema = (unit: string): JsonObject => ({
      type: 'object',
      required: ['qty'],
      properties: { qty: { type: 'integer' }, unit: { type: 'string', default: unit } },
    });
    const { id } = await api.run({ ...definition('schema'), input: schema('kg') }, { qty: 1 });
    await api.save({ ...definition('schema'), input: schema('t') });
    const refused = await redrive(id, { version: 2, from: ['first'], input: { qty: 'two' } });
    expect(told(refused)).toEqual([400, 'input_invalid']);
    expect(problemsOf(refused)).toEqual(['input_invalid /input/qty']);
    await redrive(id, { version: 2, from: ['first'], input: { qty: 2 } });
    await api.ended(id);
    expect((await api.results(id)).outputs.first).toEqual({ qty: 2, unit: 't' });
  });

  test('what is kept keeps the input that it saw', async () => {
    const name = 'inputs';
    const sees = (needs: readonly string[]) => ({ type: 'transform', needs, with: { value: '{{ input }}' } });
    const { id } = await api.run({ name, nodes: { first: sees([]), second: sees(['first']) } }, { n: 1 });
    await redrive(id, { from: ['second'], input: { n: 2 } });
    await api.ended(id);
    expect((await api.results(id)).outputs).toEqual({ first: { n: 1 }, second: { n: 2 } });
    for (const [node, n] of [
      ['first', 1],
      ['second', 2],
    ] as const)
      expect((await api.node(id, node)).with).toEqual({ value: { n } });
  });
});

test('a held execution that was never started is started by its redrive', async () => {
  await api.save({ ...PASSING, name: 'expired', timeout: '500ms' });
  const id = await api.start('expired', { hold: true });
  expect(await api.ended(id)).toMatchObject({ status: 'timed_out', reason: 'hold_expired' });
  expect(told(await redrive(id))).toEqual([202, 'running']);
  expect(await api.ended(id)).toMatchObject({ status: 'succeeded', generation: 2 });
  const { items } = (await api.call('GET', `/v1/executions/${id}/history`)).body;
  const ofExecution = items.filter(({ type }: { type: string }) => type.startsWith('execution_'));
  expect(
    ofExecution.map(({ type, generation }: { type: string; generation: number }) => `${type} ${generation}`),
  ).toEqual([
    'execution_created 1',
    'execution_timed_out 1',
    'execution_redriven 2',
    'execution_started 2',
    'execution_succeeded 2',
  ]);
});
