import { CreateScheduleCommand, SchedulerClient, ConflictException } from '@aws-sdk/client-scheduler';
import { SendMessageBatchCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { ScheduleTimers } from '../../shared/adapters/aws/scheduler-timers.ts';
import { SqsWorkQueue } from '../../shared/adapters/aws/sqs-work-queue.ts';
import { epochMs } from '../../shared/domain/time.ts';
import { Tally, withTally } from '../../shared/metering/tally.ts';
import { NO_USAGE, plus, usageOf, usageText } from '../../shared/metering/usage.ts';

const sqs = mockClient(SQSClient);
const scheduler = mockClient(SchedulerClient);
const NOW = epochMs(Date.UTC(2026, 10, 21, 12));
const timers = new ScheduleTimers(new SchedulerClient({ region: 'us-east-1' }), {
  group: 'g',
  queueArn: 'arn:q',
  roleArn: 'arn:r',
  undeliveredArn: 'arn:u',
});
const queue = new SqsWorkQueue(
  new SQSClient({ region: 'us-east-1' }),
  { work: 'http://work', isolated: 'http://isolated', parked: 'http://parked' },
  timers,
  () => NOW,
);
const message = (node: string) => ({ v: 1 as const, ws: 'w', ex: 'e', kind: 'node' as const, node, gen: 1 });
const after = (ms: number) => epochMs(NOW + ms);

beforeEach(() => {
  sqs.reset();
  scheduler.reset();
  sqs.on(SendMessageBatchCommand).resolves({});
  scheduler.on(CreateScheduleCommand).resolves({});
});

const sent = () => sqs.commandCalls(SendMessageBatchCommand).flatMap(({ args }) => args[0].input.Entries ?? []);

test.each([
  [0, undefined],
  [1, 1],
  [1_000, 1],
  [1_001, 2],
  [899_999, 900],
  [900_000, 900],
])('a delay of %d ms is %s seconds of the queue: never early', async (ms, seconds) => {
  await queue.send([{ message: message('a'), notBefore: after(ms) }]);
  expect(sent()[0]?.DelaySeconds).toBe(seconds);
  expect(scheduler.calls()).toHaveLength(0);
});

test('beyond 15 minutes a one-time schedule brings it near; making it twice makes one', async () => {
  await queue.send([{ message: message('a'), notBefore: after(900_001) }]);
  scheduler
    .on(CreateScheduleCommand)
    .rejects(new ConflictException({ $metadata: {}, Message: 'exists', message: 'exists' }));
  await queue.send([{ message: message('a'), notBefore: after(900_001) }]);
  const [first, second] = scheduler.commandCalls(CreateScheduleCommand).map(({ args }) => args[0].input);
  expect(first?.Name).toBe(second?.Name);
  expect(first).toMatchObject({
    GroupName: 'g',
    ActionAfterCompletion: 'DELETE',
    Target: { Arn: 'arn:q', RoleArn: 'arn:r', DeadLetterConfig: { Arn: 'arn:u' } },
  });
  expect(first?.ScheduleExpression).toBe('at(2026-11-21T12:13:30)');
  expect(sent()).toHaveLength(0);
});

test('each message names its workspace as the group that SQS keeps fair', async () => {
  await queue.send([{ message: message('a') }, { message: { ...message('b'), ws: 'other' }, isolated: true }]);
  expect(sent().map(({ MessageGroupId }) => MessageGroupId)).toEqual(['w', 'other']);
});

test('25 messages leave in three batches; isolated ones go to their own queue', async () => {
  await queue.send([
    ...Array.from({ length: 25 }, (_, at) => ({ message: message(`n${at}`) })),
    { message: message('bad'), isolated: true },
  ]);
  const calls = sqs
    .commandCalls(SendMessageBatchCommand)
    .map(({ args }) => [args[0].input.QueueUrl, args[0].input.Entries?.length]);
  expect(calls).toEqual([
    ['http://work', 10],
    ['http://work', 10],
    ['http://work', 5],
    ['http://isolated', 1],
  ]);
});

test('what SQS failed to take is sent once more, and then it is a fault', async () => {
  sqs
    .on(SendMessageBatchCommand)
    .resolvesOnce({ Failed: [{ Id: '1', SenderFault: false, Code: 'InternalError' }], Successful: [] })
    .resolves({});
  await queue.send([{ message: message('a') }, { message: message('b') }]);
  expect(sqs.commandCalls(SendMessageBatchCommand)[1]?.args[0].input.Entries?.map(({ Id }) => Id)).toEqual(['1']);
  sqs
    .on(SendMessageBatchCommand)
    .resolves({ Failed: [{ Id: '0', SenderFault: false, Code: 'InternalError', Message: 'no' }], Successful: [] });
  await expect(queue.send([{ message: message('a') }])).rejects.toThrow('SQS did not take a message: no');
});

test('what SQS calls a mistake of the sender is not sent again', async () => {
  sqs.on(SendMessageBatchCommand).resolves({
    Failed: [{ Id: '0', SenderFault: true, Code: 'InvalidMessageContents', Message: 'no' }],
    Successful: [],
  });
  await expect(queue.send([{ message: message('a') }])).rejects.toThrow(
    'SQS refused a message: InvalidMessageContents no',
  );
  expect(sqs.commandCalls(SendMessageBatchCommand)).toHaveLength(1);
});

test('what is parked goes to a queue of its own, byte for byte', async () => {
  sqs.on(SendMessageCommand).resolves({});
  await queue.park('{ not ours');
  expect(sqs.commandCalls(SendMessageCommand).map(({ args }) => args[0].input)).toEqual([
    { QueueUrl: 'http://parked', MessageBody: '{ not ours' },
  ]);
});

test('what was used before travels with the first message, sending included; the others take nothing', async () => {
  const tally = new Tally('w');
  tally.add({ readUnits: 2 });
  const outgoing = Array.from({ length: 12 }, (_, at) => ({ message: message(`n${at}`) }));
  await withTally(tally, () => queue.send(outgoing));
  const usages = sent().map(({ MessageBody = '' }) => (JSON.parse(MessageBody) as { usage?: string }).usage);
  expect(usages).toEqual([usageText(plus(NO_USAGE, { readUnits: 2, queueRequests: 2 })), ...Array(11).fill(undefined)]);
  expect(tally.take()).toEqual(NO_USAGE);
});

test('two who send at once share the request, and each takes along his own half of it', async () => {
  const tallies = [new Tally('w'), new Tally('w')];
  await Promise.all(tallies.map((tally, at) => withTally(tally, () => queue.send([{ message: message(`n${at}`) }]))));
  expect(sqs.commandCalls(SendMessageBatchCommand)).toHaveLength(1);
  for (const { MessageBody = '' } of sent()) {
    const { usage } = JSON.parse(MessageBody) as { usage?: string };
    expect(usageOf(usage)).toEqual(plus(NO_USAGE, { queueRequests: 0.5 }));
  }
  for (const tally of tallies) expect(tally.take()).toEqual(NO_USAGE);
});

test('with a schedule too, which is the same one whatever it takes along', async () => {
  const tally = new Tally('w');
  const far = [{ message: message('a'), notBefore: after(900_001) }];
  await withTally(tally, () => queue.send(far));
  await queue.send(far);
  const [first, second] = scheduler.commandCalls(CreateScheduleCommand).map(({ args }) => args[0].input);
  expect(first?.Name).toBe(second?.Name);
  const { usage } = JSON.parse(first?.Target?.Input ?? '') as { usage?: string };
  expect(usageOf(usage)).toEqual(plus(NO_USAGE, { schedules: 1, queueRequests: 1 }));
  expect(JSON.parse(second?.Target?.Input ?? '')).not.toHaveProperty('usage');
});

test('and is given back when nothing can be sent; a message that is sent on does not bring again what it brought', async () => {
  const tally = new Tally('w');
  sqs.on(SendMessageBatchCommand).rejects(new Error('down'));
  await expect(withTally(tally, () => queue.send([{ message: message('a') }]))).rejects.toThrow('down');
  expect(tally.take()).toEqual(plus(NO_USAGE, { queueRequests: 1 }));
  sqs.on(SendMessageBatchCommand).resolves({});
  await queue.send([{ message: { ...message('a'), usage: '5' } }]);
  expect(sent().at(-1)?.MessageBody).toBe(JSON.stringify(message('a')));
});
