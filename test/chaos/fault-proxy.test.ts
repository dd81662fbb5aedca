import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { clientOf } from '../../local/aws-identity.ts';
import { closeServer, listenOnLoopback } from '../../local/loopback-server.ts';
import { startFaultProxy, type FaultProxy } from './fault-proxy.ts';
import type { FaultKind } from './faults.ts';
import type { Service } from './wire-errors.ts';

/** How the next request is to go wrong. */
let kind: FaultKind | undefined;
let forwarded = 0;
const applied: (string | undefined)[] = [];
const upstream = createServer((request, response) => {
  forwarded += 1;
  request.resume();
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}');
});
const proxies = new Map<Service, FaultProxy>();

beforeAll(async () => {
  const url = `http://127.0.0.1:${await listenOnLoopback(upstream, 0)}`;
  for (const service of ['dynamodb', 'sqs'] as const) {
    const proxy = await startFaultProxy({
      service,
      upstream: url,
      plan: { faultOf: () => (kind === undefined ? undefined : { kind, delayMs: 1 }) },
      onApplied: ({ execution }) => applied.push(execution?.execution),
    });
    proxies.set(service, proxy);
  }
});

afterAll(async () => {
  for (const proxy of proxies.values()) await proxy[Symbol.asyncDispose]();
  await closeServer(upstream, 0);
});

beforeEach(() => {
  forwarded = 0;
  applied.length = 0;
});

/** One attempt, as the SDK's own client understands what came of it: `ok`, or the name of what it throws. */
async function outcomeOf(service: Service, fault: FaultKind | undefined): Promise<string> {
  kind = fault;
  const settings = {
    ...clientOf(proxies.get(service)?.url ?? ''),
    maxAttempts: 1,
    requestHandler: { requestTimeout: 300, throwOnRequestTimeout: true },
  };
  const dynamodb = new DynamoDBClient(settings);
  const sqs = new SQSClient({ ...settings, useQueueUrlAsEndpoint: false, md5: false });
  const put = new PutItemCommand({ TableName: 't', Item: { pk: { S: 'ws#X#ex_1' }, sk: { S: 'H' } } });
  const send = new SendMessageCommand({ QueueUrl: 'http://sqs/q', MessageBody: 'm' });
  try {
    await (service === 'dynamodb' ? dynamodb.send(put) : sqs.send(send));
    return 'ok';
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  } finally {
    dynamodb.destroy();
    sqs.destroy();
  }
}

const THROTTLES = {
  dynamodb: ['ProvisionedThroughputExceededException', 'ThrottlingException'],
  sqs: ['RequestThrottled', 'ThrottlingException'],
};

describe.each(['dynamodb', 'sqs'] as const)('%s behind the proxy', (service) => {
  test('without a fault is as it is', async () => {
    expect(await outcomeOf(service, undefined)).toBe('ok');
    expect(forwarded).toBe(1);
  });

  test.each(['reset', 'server_error', 'unavailable'] as const)('%s: fails, and nothing was done', async (fault) => {
    expect(await outcomeOf(service, fault)).not.toBe('ok');
    expect({ forwarded, applied }).toEqual({ forwarded: 0, applied: [] });
  });

  test('throttled: in the words of the service, both of them', async () => {
    const names = [await outcomeOf(service, 'throttled'), await outcomeOf(service, 'throttled')];
    expect(names.sort()).toEqual(THROTTLES[service]);
    expect(forwarded).toBe(0);
  });

  test.each(['answer_lost', 'applied_error', 'unanswered'] as const)('%s: fails, and it was done', async (fault) => {
    expect(await outcomeOf(service, fault)).not.toBe('ok');
    expect({ forwarded, applied }).toEqual({ forwarded: 1, applied: service === 'dynamodb' ? ['ex_1'] : [] });
  });

  test.each(['delayed', 'late'] as const)('%s: succeeds', async (fault) => {
    expect(await outcomeOf(service, fault)).toBe('ok');
    expect(forwarded).toBe(1);
  });
});
