// A local stack with handlers small enough to see through; run as a process it prints its URL and pids as one JSON line.
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startLocalStack } from '../../local/stack.ts';
import type { HandlerEnvironment, LocalStack, LocalStackOptions } from '../../local/stack-options.ts';
import { StartupProblem } from '../../local/startup-problem.ts';
import { ENV } from '../../shared/config/env.ts';

type StubOptions = Partial<LocalStackOptions>;

const variable = (env: HandlerEnvironment, name: string): string => env[name] ?? '';

/** POST sends the body to the work queue, PUT /x writes an item, GET /x reads it, GET / shows the event. */
export function startStubStack(options: StubOptions = {}): Promise<LocalStack> {
  return startLocalStack({
    dataDir: undefined,
    port: 0,
    log: () => undefined,
    createApiHandler: (env) => {
      const sqs = new SQSClient();
      const dynamodb = new DynamoDBClient();
      const TableName = variable(env, ENV.tableName);
      const key = (path: string) => ({ pk: { S: path }, sk: { S: 'x' } });
      return async (event) => {
        const { method, path } = event.requestContext.http;
        if (method === 'POST') {
          const QueueUrl = variable(env, path === '/isolated' ? ENV.isolatedQueueUrl : ENV.workQueueUrl);
          await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: event.body ?? '' }));
          return { statusCode: 202 };
        }
        if (method === 'PUT') {
          await dynamodb.send(new PutItemCommand({ TableName, Item: { ...key(path), v: { S: event.body ?? '' } } }));
          return { statusCode: 204 };
        }
        if (path === '/event') return { statusCode: 200, body: JSON.stringify(event) };
        const { Item } = await dynamodb.send(new GetItemCommand({ TableName, Key: key(path), ConsistentRead: true }));
        return { statusCode: Item === undefined ? 404 : 200, body: Item?.['v']?.S ?? '' };
      };
    },
    createWorkerHandler: () => async () => undefined,
    ...options,
  });
}

if (process.argv[1] === import.meta.filename) {
  try {
    const hang = process.env['STUB_HANG'] === '1';
    const stack = await startStubStack({
      dataDir: process.env['STEPWELL_DATA'],
      port: Number(process.env['PORT'] ?? 0),
      // Says that it has the messages, then never finishes.
      createWorkerHandler: () => async (event) => {
        console.log(JSON.stringify({ received: event.Records.map((record) => record.body) }));
        if (hang) await new Promise(() => undefined);
      },
    });
    console.log(
      JSON.stringify({ url: stack.url, childPids: stack.childPids, uptimeMs: Math.round(process.uptime() * 1_000) }),
    );
    process.on('SIGTERM', () => void stack.stop().then(() => process.exit(0)));
  } catch (error) {
    console.error(error instanceof StartupProblem ? error.message : error);
    process.exitCode = 1;
  }
}
