import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clientOf } from '../../local/aws-identity.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Table } from '../../shared/adapters/aws/dynamo/table.ts';
import { DynamoReplayStore } from '../../shared/adapters/aws/dynamo/replay-store.ts';
import { MemoryReplayStore } from '../../shared/adapters/memory/replay-store.ts';
import { ENV } from '../../shared/config/env.ts';
import { epochMs } from '../../shared/domain/time.ts';
import type { ReplayStore } from '../../shared/engine/ports.ts';
import type { ReplayJob } from '../../shared/engine/replay-jobs.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

let running: TestStack;
let client: DynamoDBClient;
beforeAll(async () => {
  running = await startTestStack();
  client = new DynamoDBClient(clientOf(running.stack.endpoints.dynamodb));
});
afterAll(async () => {
  client.destroy();
  await running.stop();
});

const STORES: readonly { name: string; make: () => ReplayStore }[] = [
  { name: 'in memory', make: () => new MemoryReplayStore({ lettersOf: () => [] }) },
  { name: 'in DynamoDB', make: () => new DynamoReplayStore(new Table(client, running.stack.env[ENV.tableName] ?? '')) },
];

const JOB: ReplayJob = {
  workspace: 'ws',
  job: 'rp_1',
  filter: {
    workflow: 'w',
    codes: ['http_503'],
    categories: ['transient'],
    statuses: ['open'],
    since: epochMs(1),
    until: epochMs(1_700_000_000_000),
  },
  ratePerSecond: 10,
  createdAt: epochMs(1_700_000_000_000),
  status: 'running',
  slice: 1,
  counts: { replayed: 0, skipped: 0, failed: 0 },
  op: 'a',
};
const NEXT: ReplayJob = { ...JOB, slice: 2, after: '1#e#1#n', counts: { replayed: 2, skipped: 1, failed: 0 }, op: 'b' };

describe.each(STORES)('bulk replays $name', ({ make }) => {
  test('a job is read as it was written, by its workspace alone', async () => {
    const store = make();
    await store.createJob(JOB);
    expect(await store.readJob(JOB)).toEqual(JOB);
    expect(await store.readJob({ ...JOB, workspace: 'other' })).toBeUndefined();
    expect(await store.readJob({ ...JOB, job: 'rp_2' })).toBeUndefined();
  });

  test('each slice is ended once; our own earlier write counts as ours', async () => {
    const store = make();
    const job = { ...JOB, job: 'rp_3' };
    const next = { ...NEXT, job: 'rp_3' };
    await store.createJob(job);
    expect(await store.advanceJob({ ...next, slice: 3 })).toBe(false);
    expect(await store.advanceJob(next)).toBe(true);
    expect(await store.advanceJob(next)).toBe(true);
    expect(await store.advanceJob({ ...next, op: 'c' })).toBe(false);
    expect(await store.readJob(job)).toEqual(next);
    const done: ReplayJob = { ...next, slice: 3, status: 'done', endedAt: epochMs(1_700_000_000_500), op: 'd' };
    expect(await store.advanceJob(done)).toBe(true);
    expect(await store.readJob(job)).toEqual(done);
  });

  test('creating it again changes nothing', async () => {
    const store = make();
    const job = { ...JOB, job: 'rp_4' };
    await store.createJob(job);
    await store.advanceJob({ ...NEXT, job: 'rp_4' });
    await store.createJob(job);
    expect((await store.readJob(job))?.slice).toBe(2);
  });
});
