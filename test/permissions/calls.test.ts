import { describe, expect, test } from 'vitest';
import { wireCalls } from './calls/wire-calls.ts';
import type { Service, WireRequest } from './calls/wire-request.ts';
import { nameOf } from './iam/call.ts';

const ROLE = 'arn:aws:iam::000000000000:role/Worker';
const TIMERS = 'arn:aws:iam::000000000000:role/Timers';
const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:Work';
const DEAD = 'arn:aws:sqs:us-east-1:000000000000:Undelivered';

const json = (service: Service, target: string, body: object): WireRequest => ({
  service,
  method: 'POST',
  url: '/',
  target,
  body: JSON.stringify(body),
});
const rest = (service: Service, method: string, url: string, body?: object): WireRequest => ({
  service,
  method,
  url,
  target: undefined,
  body: body === undefined ? '' : JSON.stringify(body),
});
const dynamo = (operation: string, body: object) => json('dynamodb', `DynamoDB_20120810.${operation}`, body);
const sqs = (operation: string, body: object = { QueueUrl: 'http://127.0.0.1:1/000000000000/Work' }) =>
  json('sqs', `AmazonSQS.${operation}`, body);

/** `who action resource`, without what all have in common. */
const asked = (request: WireRequest): string[] =>
  wireCalls(request, ROLE).map(({ principal, action, resource }) => {
    const who = nameOf(principal) === ROLE ? '' : `${nameOf(principal).replace(/.*\//, '')}: `;
    return `${who}${action} ${resource.replace(/^arn:aws:[a-z0-9]+:(?:us-east-1)?:(?:000000000000)?:/, '')}`;
  });

test.each<readonly [string, WireRequest, readonly string[]]>([
  ['one item', dynamo('GetItem', { TableName: 'State' }), ['dynamodb:GetItem table/State']],
  ['a write', dynamo('PutItem', { TableName: 'State' }), ['dynamodb:PutItem table/State']],
  ['an update', dynamo('UpdateItem', { TableName: 'State' }), ['dynamodb:UpdateItem table/State']],
  ['a query', dynamo('Query', { TableName: 'State' }), ['dynamodb:Query table/State']],
  [
    'a query of an index asks for the index alone',
    dynamo('Query', { TableName: 'State', IndexName: 'listing' }),
    ['dynamodb:Query table/State/index/listing'],
  ],
  [
    'a batch asks for each of its tables',
    dynamo('BatchGetItem', { RequestItems: { State: {}, Other: {} } }),
    ['dynamodb:BatchGetItem table/State', 'dynamodb:BatchGetItem table/Other'],
  ],
  ['a message', sqs('SendMessage'), ['sqs:SendMessage Work']],
  ['a batch of messages is a message', sqs('SendMessageBatch'), ['sqs:SendMessage Work']],
  ['a poll', sqs('ReceiveMessage'), ['sqs:ReceiveMessage Work']],
  ['the end of a batch', sqs('DeleteMessageBatch'), ['sqs:DeleteMessage Work']],
  ['the visibility of a batch', sqs('ChangeMessageVisibilityBatch'), ['sqs:ChangeMessageVisibility Work']],
  ['a queue’s attributes', sqs('GetQueueAttributes'), ['sqs:GetQueueAttributes Work']],
  ['a queue by its name', sqs('GetQueueUrl', { QueueName: 'Work' }), ['sqs:GetQueueUrl Work']],
  ['an object', rest('s3', 'GET', '/payloads/ws/ex/a%20b?x-id=GetObject'), ['s3:GetObject payloads/ws/ex/a b']],
  ['whether there is one', rest('s3', 'HEAD', '/payloads/x'), ['s3:GetObject payloads/x']],
  ['a new object', rest('s3', 'PUT', '/payloads/x?x-id=PutObject'), ['s3:PutObject payloads/x']],
  ['the objects of a bucket', rest('s3', 'GET', '/payloads?list-type=2&prefix=ws'), ['s3:ListBucket payloads']],
  [
    'a schedule',
    rest('scheduler', 'GET', '/schedules/t?groupName=stepwell'),
    ['scheduler:GetSchedule schedule/stepwell/t'],
  ],
  [
    'a new schedule: the right to make it and to hand over its role, and what that role must be permitted',
    rest('scheduler', 'POST', '/schedules/t', {
      GroupName: 'stepwell',
      Target: { Arn: QUEUE, RoleArn: TIMERS, DeadLetterConfig: { Arn: DEAD } },
    }),
    [
      'scheduler:CreateSchedule schedule/stepwell/t',
      'iam:PassRole role/Timers',
      'scheduler.amazonaws.com: sts:AssumeRole role/Timers',
      'Timers: sqs:SendMessage Work',
      'Timers: sqs:SendMessage Undelivered',
    ],
  ],
  [
    'events, of each bus once',
    json('events', 'AWSEvents.PutEvents', { Entries: [{ EventBusName: 'Bus' }, { EventBusName: 'Bus' }, {}] }),
    ['events:PutEvents event-bus/Bus', 'events:PutEvents event-bus/default'],
  ],
])('%s', (_what, request, expected) => {
  expect(asked(request)).toEqual(expected);
});

test('the role is handed to Scheduler, which becomes it in the name of the group, in this account', () => {
  const calls = wireCalls(
    rest('scheduler', 'POST', '/schedules/t', { GroupName: 'stepwell', Target: { Arn: QUEUE, RoleArn: TIMERS } }),
    ROLE,
  );
  expect(calls.find(({ action }) => action === 'iam:PassRole')?.context).toMatchObject({
    'iam:passedtoservice': 'scheduler.amazonaws.com',
  });
  expect(calls.find(({ action }) => action === 'sts:AssumeRole')?.context).toMatchObject({
    'aws:sourcearn': 'arn:aws:scheduler:us-east-1:000000000000:schedule-group/stepwell',
    'aws:sourceaccount': '000000000000',
  });
});

describe('what nobody has described is no call at all', () => {
  test.each<readonly [string, WireRequest]>([
    ['of DynamoDB', dynamo('TransactWriteItems', {})],
    ['of DynamoDB, like something that every object has', dynamo('constructor', {})],
    ['of SQS', sqs('PurgeQueue')],
    ['of SQS, like something that every object has', sqs('toString')],
    ['of S3', rest('s3', 'POST', '/payloads/x?uploads')],
    ['of S3, told by a query', rest('s3', 'GET', '/payloads/x?tagging')],
    ['of S3, without a bucket', rest('s3', 'GET', '/')],
    ['of Scheduler', rest('scheduler', 'POST', '/schedule-groups/x')],
    ['of EventBridge', json('events', 'AWSEvents.PutRule', {})],
  ])('%s', (_what, request) => {
    expect(() => asked(request)).toThrow('nobody has said what IAM is asked for');
  });

  test('a table that is named by its ARN is another account’s', () => {
    expect(() => asked(dynamo('GetItem', { TableName: 'arn:aws:dynamodb:us-east-1:1:table/x' }))).toThrow(
      /another account|not understood|Invalid|invalid/i,
    );
  });

  test('a schedule with a target of another kind', () => {
    const Target = { Arn: 'arn:aws:sns:us-east-1:000000000000:x', RoleArn: TIMERS };
    expect(() => asked(rest('scheduler', 'POST', '/schedules/t', { Target }))).toThrow('nobody has said');
  });
});
