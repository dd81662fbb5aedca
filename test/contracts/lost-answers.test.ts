import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ApiKeyStore } from '../../shared/adapters/aws/dynamo/api-keys.ts';
import { DynamoExecutionStore } from '../../shared/adapters/aws/dynamo/execution-store.ts';
import { signingSecret } from '../../shared/adapters/aws/dynamo/signing-secret.ts';
import type { Table } from '../../shared/adapters/aws/dynamo/table.ts';
import { WorkflowStore } from '../../shared/adapters/aws/dynamo/workflow-store.ts';
import { epochMs } from '../../shared/domain/time.ts';
import { LEASE, NOW, running, settled } from '../domain/execution/records.ts';
import { AwsServices, DYNAMODB_NAME } from './aws-services.ts';
import { header, newKey } from './samples.ts';

/**
 * Every write is applied, its answer is lost, and the SDK repeats it: on a real server, through the adapters. What comes
 * of it must be what comes of an undisturbed write.
 */
let services: AwsServices;
let table: Table;
let executions: DynamoExecutionStore;
const repeated: string[] = [];

/** The first answer of each write is lost, after DynamoDB has applied it. */
function loseFirstAnswers(client: DynamoDBClient): void {
  const lost = new WeakSet<object>();
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const answer = await next(args);
      const { commandName = '' } = context;
      // The input is the same object in every attempt.
      if (!/^(Put|Update)Item/.test(commandName) || lost.has(args.input)) return answer;
      lost.add(args.input);
      repeated.push(commandName);
      throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
    },
    { step: 'finalizeRequest', priority: 'low', name: 'loseFirstAnswers' },
  );
}

beforeAll(async () => {
  services = await AwsServices.start();
  table = await services.newTable(loseFirstAnswers);
  executions = new DynamoExecutionStore(table, services.payloads);
});
beforeEach(() => {
  repeated.length = 0;
});
afterAll(() => services[Symbol.asyncDispose]());

describe(`on ${DYNAMODB_NAME}, where the first answer to each write is lost`, () => {
  test('a header is created, and replaced at the next revision', async () => {
    const first = header(newKey());
    expect(await executions.createHeader(first)).toEqual({ created: true });
    expect(await executions.replaceHeader({ ...first, rev: 2, op: 'op2' })).toBe(true);
    expect(await executions.readHeader(first)).toMatchObject({ rev: 2, op: 'op2' });
    expect(repeated).toHaveLength(2);
  });

  test('a header that another has created is refused all the same', async () => {
    const first = header(newKey());
    await executions.createHeader(first);
    expect(await executions.createHeader({ ...first, op: 'op2' })).toMatchObject({ created: false });
    expect(await executions.replaceHeader({ ...first, rev: 7, op: 'op2' })).toBe(false);
  });

  test('a node is claimed, committed, and refused to the claim before', async () => {
    const key = newKey();
    expect(await executions.writeNode(key, running('a'), 'absent')).toEqual({ written: true });
    const end = settled('a', { op: 'op2', output: 1 });
    expect(await executions.writeNode(key, end, { status: 'running', fence: 1 })).toEqual({ written: true });
    const late = { ...running('a'), fence: 2, op: 'op3' };
    expect(await executions.writeNode(key, late, { status: 'running', fence: 1 })).toMatchObject({ written: false });
    expect(await executions.readNode(key, { node: 'a', gen: 1 })).toEqual(end);
  });

  test('an arrival counts once, a group is taken by one', async () => {
    const key = newKey();
    const set = { join: 'j', gen: 1, level: 0, chunk: 0 };
    expect(await executions.arrive(key, set, ['0l'])).toEqual(new Set(['0l']));
    const group = { node: 'a', gen: 1, group: 0, lease: LEASE, op: 'op1' };
    expect(await executions.takeGroup(key, group)).toEqual({ taken: true });
    expect(await executions.takeGroup(key, { ...group, op: 'op2' })).toMatchObject({ taken: false });
  });

  test('what is read alongside a write is read again after its repetition: the first time may be too early', async () => {
    let times = 0;
    await executions.writeNode(newKey(), running('a'), 'absent', async () => {
      times += 1;
    });
    expect([times, repeated.length]).toEqual([2, 1]);
  });

  test('workflows are saved under numbers without gaps, unless they are the same, and deleted', async () => {
    const workflows = new WorkflowStore(table, services.payloads);
    const save = (digest: string) => workflows.save('ws', 'order', { digest }, digest, NOW, `save ${digest}`);
    expect([await save('one'), await save('one'), await save('two')]).toEqual([
      { version: 1, created: true },
      { version: 1, created: false },
      { version: 2, created: true },
    ]);
    const pointer = await workflows.read('ws', 'order');
    expect(await workflows.delete('ws', pointer!, NOW)).toBe(true);
    expect(await workflows.read('ws', 'order')).toMatchObject({ version: 2, deleted: true });
    expect(await save('three')).toEqual({ version: 3, created: true });
  });

  test('workflows saved by ten at once have ten versions', async () => {
    const workflows = new WorkflowStore(table, services.payloads);
    const saved = await Promise.all(
      Array.from({ length: 10 }, (_, at) => workflows.save('ws', 'many', { at }, `digest ${at}`, NOW, `save ${at}`)),
    );
    const versions = saved.map(({ version }) => version).sort((one, other) => one - other);
    expect(versions).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test('an API key is put, put again, found and revoked', async () => {
    const keys = new ApiKeyStore(table);
    const entry = { key: 'secret', workspace: 'ws', name: 'ci', now: NOW };
    const put = await keys.put(entry);
    expect(await keys.put({ ...entry, now: epochMs(NOW + 1) })).toEqual(put);
    expect(await keys.find('secret')).toEqual(put);
    expect(await keys.revoke(put.id, NOW)).toMatchObject({ revokedAt: NOW });
    expect(await keys.find('secret')).toBeUndefined();
  });

  test('the signing secret is one for all who ask', async () => {
    const secrets = await Promise.all([1, 2, 3, 4].map(() => signingSecret(table)));
    expect(new Set(secrets.map((secret) => secret.toString('hex'))).size).toBe(1);
    expect(repeated.length).toBeGreaterThan(0);
  });
});
