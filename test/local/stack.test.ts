import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sendSignal } from '../../local/emulators/process-watch.ts';
import type { QueueHandler } from '../../local/lambda/event-source-mapping.ts';
import { StartupProblem } from '../../local/startup-problem.ts';
import { ENV } from '../../shared/config/env.ts';
import { startStubStack } from './stub-stack.ts';

const WAIT = { timeout: 30_000, interval: 20 };
const STUB = join(import.meta.dirname, 'stub-stack.ts');

const cleanups: (() => Promise<unknown> | void)[] = [];
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepwell-stack-'));
});
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
  rmSync(folder, { recursive: true, force: true });
});

async function startHere(options: Parameters<typeof startStubStack>[0] = {}) {
  const stack = await startStubStack(options);
  let running = true;
  const stop = async (): Promise<void> => {
    if (running) await stack.stop();
    running = false;
  };
  cleanups.push(stop);
  return { ...stack, stop };
}

interface StubProcess {
  readonly child: ChildProcess;
  readonly url: string;
  readonly childPids: readonly number[];
  /** Everything that it printed so far. */
  readonly lines: readonly string[];
}

/** A stack in a process of its own, so that it can be killed. */
async function startProcess(env: Record<string, string> = {}): Promise<StubProcess> {
  const child = spawn(process.execPath, [STUB], { env: { ...process.env, STEPWELL_DATA: folder, ...env } });
  cleanups.push(async () => {
    if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await once(child, 'exit');
  });
  const errors = text(child.stderr);
  const lines: string[] = [];
  const ready = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      if (line.includes('"url"')) resolve(line);
    });
    void errors.then((said) => reject(new Error(`The stack did not start: ${said}`)));
  });
  const { url, childPids } = JSON.parse(await ready) as { url: string; childPids: number[] };
  return { child, url, childPids, lines };
}

test('a throw-away stack serves requests, moves messages and leaves the environment as it was', async () => {
  const before = { ...process.env };
  process.env['AWS_PROFILE'] = 'somebody-elses';
  cleanups.push(() => void Reflect.deleteProperty(process.env, 'AWS_PROFILE'));
  const received: string[] = [];
  const handler: QueueHandler = async (event) => void received.push(...event.Records.map((record) => record.body));
  const stack = await startHere({ createWorkerHandler: () => handler });
  expect(process.env['AWS_PROFILE']).toBeUndefined();
  expect(stack.env[ENV.workQueueUrl]).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/000000000000\/QueuesWork/);

  await fetch(`${stack.url}/`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'one' });
  await fetch(`${stack.url}/isolated`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'two' });
  await vi.waitFor(() => expect(received.sort()).toEqual(['one', 'two']), WAIT);
  await fetch(`${stack.url}/a`, { method: 'PUT', headers: { 'content-type': 'text/plain' }, body: 'kept' });
  expect(await (await fetch(`${stack.url}/a`)).text()).toBe('kept');

  await stack.stop();
  expect(process.env).toEqual({ ...before, AWS_PROFILE: 'somebody-elses' });
  expect(stack.childPids.map((pid) => sendSignal(pid, 0))).toEqual([false]);
  await expect(fetch(stack.url)).rejects.toThrow('fetch failed');
});

test('the table is the template’s, indexes included', async () => {
  const stack = await startHere();
  const client = new DynamoDBClient();
  const { Table } = await client.send(new DescribeTableCommand({ TableName: stack.env[ENV.tableName] }));
  expect(Table?.GlobalSecondaryIndexes?.map((index) => index.IndexName).sort()).toEqual(['listing', 'sweep']);
  client.destroy();
});

test('objects of several megabytes come back as they went', async () => {
  const stack = await startHere();
  const client = new S3Client({ forcePathStyle: true });
  const target = { Bucket: stack.env[ENV.bucketName], Key: 'default/x/abc' };
  const Body = Buffer.alloc(5 * 1_024 * 1_024, 'stepwell');
  await client.send(new PutObjectCommand({ ...target, Body }));
  const { Body: back } = await client.send(new GetObjectCommand(target));
  expect(Buffer.from((await back?.transformToByteArray()) ?? []).equals(Body)).toBe(true);
  client.destroy();
});

test('a due timer arrives on the work queue', async () => {
  const received: string[] = [];
  const stack = await startHere({
    createWorkerHandler: () => async (event) => void received.push(...event.Records.map((record) => record.body)),
  });
  const scheduler = new SchedulerClient();
  await scheduler.send(
    new CreateScheduleCommand({
      Name: 'timer',
      GroupName: stack.env[ENV.scheduleGroup],
      ScheduleExpression: `at(${new Date().toISOString().slice(0, 19)})`,
      FlexibleTimeWindow: { Mode: 'OFF' },
      ActionAfterCompletion: 'DELETE',
      Target: { Arn: stack.env[ENV.workQueueArn], RoleArn: stack.env[ENV.scheduleRoleArn], Input: 'due' },
    }),
  );
  scheduler.destroy();
  await vi.waitFor(() => expect(received).toEqual(['due']), WAIT);
});

test('nothing of it can be reached from the network', async () => {
  const stack = await startHere();
  const outside = Object.values(networkInterfaces())
    .flat()
    .find((address) => address?.family === 'IPv4' && !address.internal);
  if (outside === undefined) return;
  for (const endpoint of [stack.url, ...Object.values(stack.endpoints).filter((value) => typeof value === 'string')]) {
    await expect(fetch(endpoint.replace('127.0.0.1', outside.address))).rejects.toThrow('fetch failed');
  }
});

test('after kill -9, items and messages are there at the next start, and no database process is left', async () => {
  const first = await startProcess({ STUB_HANG: '1' });
  await fetch(`${first.url}/a`, { method: 'PUT', headers: { 'content-type': 'text/plain' }, body: 'kept' });
  await fetch(first.url, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'in flight' });
  await vi.waitFor(() => expect(first.lines).toContain('{"received":["in flight"]}'), WAIT);
  first.child.kill('SIGKILL');
  await vi.waitFor(() => expect(first.childPids.map((pid) => sendSignal(pid, 0))).toEqual([false]), WAIT);

  const killedAt = Date.now();
  const second = await startProcess();
  expect(await (await fetch(`${second.url}/a`)).text()).toBe('kept');
  await vi.waitFor(() => expect(second.lines).toContain('{"received":["in flight"]}'), WAIT);
  // 5 s of visibility, and what a start takes on a busy machine.
  expect(Date.now() - killedAt).toBeLessThan(15_000);
  second.child.kill('SIGTERM');
  expect(await once(second.child, 'exit')).toEqual([0, null]);
  expect(second.childPids.map((pid) => sendSignal(pid, 0))).toEqual([false]);
});

test('a stack whose database process dies says so', async () => {
  const stack = await startHere();
  for (const pid of stack.childPids) sendSignal(pid, 'SIGKILL');
  expect((await stack.failed).message).toContain('ended by itself');
});

test('a second stack on the same folder is told who holds it, from another process too', async () => {
  const first = await startProcess();
  const second = startStubStack({ dataDir: folder });
  await expect(second).rejects.toBeInstanceOf(StartupProblem);
  await expect(second).rejects.toThrow(`process ${first.child.pid} (${first.url})`);
  await expect(startProcess()).rejects.toThrow(/did not start: The data folder .* is in use by process \d+[^\n]*\n*$/);
});

test('a port that is taken is named, with another one to try, and the folder is free again', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await once(blocker, 'listening');
  cleanups.push(() => void blocker.close());
  const address = blocker.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await expect(startStubStack({ dataDir: folder, port })).rejects.toThrow(
    `Port ${port} is in use by another program. Choose another one: PORT=3001 npm start`,
  );
  await startHere({ dataDir: folder });
});

test('with DYNAMODB_ENDPOINT and SQS_ENDPOINT the named servers are used and none is started', async () => {
  const emulators = await startHere();
  const stack = await startHere({
    dynamodbEndpoint: emulators.endpoints.dynamodb,
    sqsEndpoint: `${emulators.endpoints.sqs}/`,
    createWorkerHandler: () => async () => undefined,
  });
  expect(stack.childPids).toEqual([]);
  expect(stack.env[ENV.workQueueUrl]).toContain(`${emulators.endpoints.sqs}/000000000000/`);
  // Others may work on that table: their leases are not known to be dead.
  expect(stack.env).not.toHaveProperty(ENV.leaseEpoch);
  await fetch(`${stack.url}/a`, { method: 'PUT', headers: { 'content-type': 'text/plain' }, body: 'x' });
  expect(await (await fetch(`${emulators.url}/a`)).text()).toBe('x');
  await stack.stop();
});
