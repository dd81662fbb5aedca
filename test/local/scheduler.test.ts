import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ConflictException,
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  DeleteScheduleCommand,
  GetScheduleCommand,
  ResourceNotFoundException,
  SchedulerClient,
  ValidationException,
} from '@aws-sdk/client-scheduler';
import { afterEach, expect, test, vi } from 'vitest';
import { clientOf } from '../../local/aws-identity.ts';
import type { Deliver } from '../../local/scheduler/firing.ts';
import { startScheduler } from '../../local/scheduler/scheduler-server.ts';

const GROUP = 'stepwell-dev';
const WAIT = { timeout: 15_000, interval: 20 };
const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'stepwell-scheduler-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'schedules.db');
}

async function start(deliver: Deliver, file?: string) {
  const emulator = await startScheduler({ file, groups: [GROUP], deliver });
  const client = new SchedulerClient({ ...clientOf(emulator.endpoint), maxAttempts: 1 });
  let running = true;
  const stop = async (): Promise<void> => {
    if (!running) return;
    running = false;
    client.destroy();
    await emulator.stop();
  };
  cleanups.push(stop);
  return { client, stop };
}

const at = (ms: number): string => `at(${new Date(ms).toISOString().slice(0, 19)})`;
const HOUR_MS = 3_600_000;

function timer(overrides: Partial<CreateScheduleCommandInput> = {}): CreateScheduleCommand {
  return new CreateScheduleCommand({
    Name: 'timer-1',
    GroupName: GROUP,
    ScheduleExpression: at(Date.now() + HOUR_MS),
    FlexibleTimeWindow: { Mode: 'OFF' },
    ActionAfterCompletion: 'DELETE',
    ClientToken: 'token-1',
    Target: {
      Arn: 'arn:aws:sqs:us-east-1:000000000000:work',
      RoleArn: 'arn:aws:iam::000000000000:role/timers',
      Input: '{"type":"node"}',
    },
    ...overrides,
  });
}

const get = new GetScheduleCommand({ Name: 'timer-1', GroupName: GROUP });

test('a schedule that is due sends its input and is deleted', async () => {
  const deliver = vi.fn<Deliver>(async () => undefined);
  const { client } = await start(deliver);
  const { ScheduleArn } = await client.send(timer({ ScheduleExpression: at(Date.now() + 1_000) }));
  expect(ScheduleArn).toBe(`arn:aws:scheduler:us-east-1:000000000000:schedule/${GROUP}/timer-1`);
  await vi.waitFor(() => expect(deliver).toHaveBeenCalledTimes(1), WAIT);
  expect(deliver.mock.calls[0]![0].body.Target).toMatchObject({ Input: '{"type":"node"}' });
  await vi.waitFor(() => expect(client.send(get)).rejects.toBeInstanceOf(ResourceNotFoundException), WAIT);
});

test('one that is not deleted afterwards stays, and does not fire again', async () => {
  const file = temporaryFile();
  const deliver = vi.fn<Deliver>(async () => undefined);
  const first = await start(deliver, file);
  await first.client.send(timer({ ScheduleExpression: at(Date.now() - 1_000), ActionAfterCompletion: 'NONE' }));
  await vi.waitFor(() => expect(deliver).toHaveBeenCalledTimes(1), WAIT);
  await first.stop();
  const second = await start(deliver, file);
  expect(await second.client.send(get)).toMatchObject({ Name: 'timer-1', GroupName: GROUP });
  expect(deliver).toHaveBeenCalledTimes(1);
});

test('a second schedule of the same name is a conflict, the same request again is not', async () => {
  const { client } = await start(async () => undefined);
  const ScheduleExpression = at(Date.now() + HOUR_MS);
  await client.send(timer({ ScheduleExpression }));
  await client.send(timer({ ScheduleExpression }));
  await expect(client.send(timer({ ScheduleExpression, ClientToken: 'other' }))).rejects.toBeInstanceOf(
    ConflictException,
  );
});

test('GetSchedule and DeleteSchedule answer as the service does', async () => {
  const { client } = await start(async () => undefined);
  await client.send(timer());
  expect(await client.send(get)).toMatchObject({ State: 'ENABLED', CreationDate: expect.any(Date) as Date });
  await client.send(new DeleteScheduleCommand({ Name: 'timer-1', GroupName: GROUP }));
  await expect(client.send(get)).rejects.toBeInstanceOf(ResourceNotFoundException);
  await expect(client.send(new DeleteScheduleCommand({ Name: 'timer-1', GroupName: GROUP }))).rejects.toBeInstanceOf(
    ResourceNotFoundException,
  );
});

test.each([
  ['a rate', { ScheduleExpression: 'rate(1 minute)' }],
  ['a date that does not exist', { ScheduleExpression: 'at(2027-02-31T00:00:00)' }],
  ['a name with other characters', { Name: 'a/b' }],
  ['a name that is too long', { Name: 'x'.repeat(65) }],
  ['another time zone', { ScheduleExpressionTimezone: 'Europe/Berlin' }],
] satisfies [string, Partial<CreateScheduleCommandInput>][])('%s is refused', async (_what, overrides) => {
  const { client } = await start(async () => undefined);
  await expect(client.send(timer(overrides))).rejects.toBeInstanceOf(ValidationException);
});

test('a group that the template does not have is not found', async () => {
  const { client } = await start(async () => undefined);
  await expect(client.send(timer({ GroupName: 'other' }))).rejects.toBeInstanceOf(ResourceNotFoundException);
});

test('what came due while nothing ran fires at the next start', async () => {
  const file = temporaryFile();
  // A delivery that fails leaves the schedule as a crash before it would.
  const first = await start(() => Promise.reject(new Error('no queue')), file);
  await first.client.send(timer({ ScheduleExpression: at(Date.now() - 1_000) }));
  await first.stop();
  const deliver = vi.fn<Deliver>(async () => undefined);
  await start(deliver, file);
  await vi.waitFor(() => expect(deliver).toHaveBeenCalledTimes(1), WAIT);
});

test('a delivery that failed is repeated', async () => {
  const deliver = vi.fn<Deliver>(async () => undefined);
  deliver.mockRejectedValueOnce(new Error('no queue'));
  const { client } = await start(deliver);
  await client.send(timer({ ScheduleExpression: at(Date.now() - 1_000) }));
  await vi.waitFor(() => expect(deliver).toHaveBeenCalledTimes(2), WAIT);
});
