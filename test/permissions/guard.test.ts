import { createServer, type IncomingMessage, type Server } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { DeleteItemCommand, DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { PurgeQueueCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clientOf, credentialsOf } from '../../local/aws-identity.ts';
import { closeServer, listenOnLoopback } from '../../local/loopback-server.ts';
import type { InFront } from '../../local/stack-options.ts';
import type { Template } from '../../local/template/template.ts';
import { synthesizedTemplate } from '../../local/template/synth.ts';
import type { Denials } from './guard/examiner.ts';
import { Guard } from './guard/guard.ts';

interface Upstream {
  readonly url: string;
  readonly bodies: Buffer[];
  /** Requests that came and whose connection was closed before there was an answer. */
  readonly abandoned: string[];
  readonly server: Server;
}

let template: Template;
let upstream: Upstream;
let front: InFront;
let guard: Guard;
const owned: { destroy: () => void }[] = [];

/** Answers `{}` to everything but polls, which it never answers. */
async function startUpstream(): Promise<Upstream> {
  const bodies: Buffer[] = [];
  const abandoned: string[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    void buffer(request).then((body) => {
      bodies.push(body);
      const target = String(request.headers['x-amz-target'] ?? '');
      response.once('close', () => {
        if (!response.writableFinished) abandoned.push(target);
      });
      if (!target.endsWith('ReceiveMessage')) response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  const port = await listenOnLoopback(server, 0);
  return { url: `http://127.0.0.1:${port}`, bodies, abandoned, server };
}

async function putInFront(denials: Denials): Promise<void> {
  guard = new Guard({ place: () => 'here', denials });
  const { url } = upstream;
  front = await guard.putInFront({ dynamodb: url, sqs: url, s3: url, scheduler: url, events: url }, template);
}

beforeEach(async () => {
  template = await synthesizedTemplate();
  upstream = await startUpstream();
});
afterEach(async () => {
  for (const client of owned.splice(0)) client.destroy();
  await front.stop();
  await closeServer(upstream.server, 0);
});

const idOf = (begin: string): string => Object.keys(template.Resources).find((id) => id.startsWith(begin)) ?? '';
const TABLE = () => idOf('StateTable');
const queue = (name: string) => `http://127.0.0.1:1/000000000000/${idOf(name)}`;

/** Clients of this function, or of somebody who is none. */
function clients(functionId: string) {
  const settings = (endpoint: string) => ({ ...clientOf(endpoint, credentialsOf(functionId)), maxAttempts: 1 });
  const { dynamodb, sqs, s3, scheduler, events } = front.endpoints;
  const all = {
    dynamo: new DynamoDBClient(settings(dynamodb)),
    sqs: new SQSClient({ ...settings(sqs), useQueueUrlAsEndpoint: false }),
    s3: new S3Client({ ...settings(s3), forcePathStyle: true }),
    scheduler: new SchedulerClient(settings(scheduler)),
    events: new EventBridgeClient(settings(events)),
  };
  owned.push(...Object.values(all));
  return all;
}
const Key = { pk: { S: 'x' }, sk: { S: 'x' } };
const timer = (RoleArn: string) =>
  new CreateScheduleCommand({
    Name: 'timer',
    GroupName: 'another-group',
    ScheduleExpression: 'at(2026-12-24T00:00:00)',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: { Arn: 'arn:aws:sqs:us-east-1:000000000000:x', RoleArn, Input: 'x' },
  });

describe('what a function may not is answered as AWS does, and never gets through', () => {
  test.each([
    [
      'DynamoDB',
      400,
      () => clients(idOf('ApiFunction')).dynamo.send(new DeleteItemCommand({ TableName: TABLE(), Key })),
    ],
    [
      'SQS',
      403,
      () => clients(idOf('ApiFunction')).sqs.send(new ReceiveMessageCommand({ QueueUrl: queue('QueuesWork') })),
    ],
    [
      'S3',
      403,
      () =>
        clients(idOf('ApiFunction')).s3.send(
          new DeleteObjectCommand({ Bucket: idOf('PayloadsBucket').toLowerCase(), Key: 'x' }),
        ),
    ],
    [
      'Scheduler',
      403,
      () =>
        clients(idOf('ApiFunction')).scheduler.send(
          timer(`arn:aws:iam::000000000000:role/${idOf('TimersSchedulerRole')}`),
        ),
    ],
    [
      'EventBridge',
      400,
      () =>
        clients(idOf('ApiFunction')).events.send(
          new PutEventsCommand({ Entries: [{ Source: 'x', DetailType: 'x', Detail: '{}' }] }),
        ),
    ],
  ])('by %s', async (_service, status, call) => {
    await putInFront('answered');
    await expect(call()).rejects.toMatchObject({
      name: expect.stringMatching(/^AccessDenied(?:Exception)?$/) as string,
      message: expect.stringContaining('an implicit deny') as string,
      $metadata: { httpStatusCode: status },
    });
    expect(upstream.bodies).toEqual([]);
    await front.stop();
    expect(() => guard.check()).toThrow('AWS would deny');
  });

  test('the failure names function, action, resource and where in the tests it was, once', async () => {
    await putInFront('answered');
    const { dynamo } = clients(idOf('SweeperFunction'));
    for (let time = 0; time < 3; time += 1)
      await dynamo.send(new DeleteItemCommand({ TableName: TABLE(), Key })).catch(() => undefined);
    await front.stop();
    expect(() => guard.check()).toThrow(
      /\n {2}SweeperFunction: dynamodb:DeleteItem on StateTable: an implicit deny: .*; 3 times, first in "here"$/,
    );
  });

  test('a key that belongs to no function, the local stack’s own included', async () => {
    await putInFront('answered');
    await expect(clients('').dynamo.send(new GetItemCommand({ TableName: TABLE(), Key }))).rejects.toThrow(
      'an access key of no function',
    );
    await front.stop();
    expect(() => guard.check()).toThrow('stepwelllocal: DynamoDB_20120810.GetItem');
  });

  test('a request that nobody has described', async () => {
    await putInFront('answered');
    await expect(
      clients(idOf('ApiFunction')).sqs.send(new PurgeQueueCommand({ QueueUrl: queue('QueuesWork') })),
    ).rejects.toThrow('nobody has said what IAM is asked for AmazonSQS.PurgeQueue');
    await front.stop();
    expect(() => guard.check()).toThrow('add it to test/permissions/calls');
  });
});

test('where denials are only noted, the request goes through all the same', async () => {
  await putInFront('noted');
  await clients(idOf('ApiFunction')).dynamo.send(new DeleteItemCommand({ TableName: TABLE(), Key }));
  expect(upstream.bodies).toHaveLength(1);
  await front.stop();
  expect(guard.ledger.refusals).toMatchObject([{ caller: 'ApiFunction', action: 'dynamodb:DeleteItem', times: 1 }]);
});

describe('what a function may', () => {
  test('gets through as it came, megabytes included, and is written down once', async () => {
    await putInFront('answered');
    const { s3, sqs } = clients(idOf('WorkerFunction'));
    const Body = Buffer.alloc(5 * 1_024 * 1_024, 'stepwell');
    const put = new PutObjectCommand({ Bucket: idOf('PayloadsBucket').toLowerCase(), Key: 'a/b', Body });
    await s3.send(put);
    await s3.send(put);
    await sqs
      .send(new SendMessageCommand({ QueueUrl: queue('QueuesWork'), MessageBody: 'grüße' }))
      .catch(() => undefined);
    expect(upstream.bodies.map((body) => body.length > 1_000_000 && body.includes(Body.subarray(0, 100_000)))).toEqual([
      true,
      true,
      false,
    ]);
    expect(JSON.parse(String(upstream.bodies[2]))).toMatchObject({ MessageBody: 'grüße' });
    await front.stop();
    guard.check();
    expect([...guard.ledger.calls.values()].map(({ action }) => action)).toEqual(['s3:PutObject', 'sqs:SendMessage']);
    expect([...guard.ledger.callers]).toEqual([idOf('WorkerFunction')]);
  });

  test('a poll that is given up is given up behind the guard, too', async () => {
    await putInFront('answered');
    const giveUp = new AbortController();
    const poll = new ReceiveMessageCommand({
      QueueUrl: queue('QueuesWork'),
      MaxNumberOfMessages: 7,
      WaitTimeSeconds: 20,
    });
    const polling = clients(idOf('WorkerFunction')).sqs.send(poll, { abortSignal: giveUp.signal });
    await vi.waitFor(() => expect(upstream.bodies).toHaveLength(1));
    giveUp.abort();
    await expect(polling).rejects.toThrow(/abort/i);
    await vi.waitFor(() => expect(upstream.abandoned).toEqual(['AmazonSQS.ReceiveMessage']));
    await front.stop();
    expect(guard.ledger.polls).toMatchObject([{ functionId: idOf('WorkerFunction'), batchSize: 7 }]);
  });
});
