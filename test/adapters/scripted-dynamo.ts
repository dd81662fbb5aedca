import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { clientOf } from '../../local/aws-identity.ts';
import { closeServer, listenOnLoopback } from '../../local/loopback-server.ts';
import type { Item } from '../../shared/adapters/aws/dynamo/attributes.ts';
import { IMPATIENT } from '../../shared/adapters/aws/client-settings.ts';

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** `lost`: the connection breaks before the answer. `silence`: it stays open, and nothing comes. */
type Scripted = Answer | 'lost' | 'silence';

export const applied: Answer = { status: 200, body: {} };

export function answered(body: Answer['body']): Answer {
  return { status: 200, body };
}

export function failing(type: string, status = 400, details: Readonly<Record<string, unknown>> = {}): Answer {
  return {
    status,
    body: { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: `${type} happened`, ...details },
  };
}

export function refusedBecauseOf(existing: Item | undefined): Answer {
  return failing('ConditionalCheckFailedException', 400, existing === undefined ? {} : { Item: existing });
}

export interface ScriptedDynamo extends AsyncDisposable {
  /** What was asked, call by call: bodies as they came over the wire. */
  readonly requests: readonly string[];
  /** The SDK's real client, with the settings of production unless overridden: its retries are part of what is tested. */
  client(config?: DynamoDBClientConfig): DynamoDBClient;
}

/** A DynamoDB that answers by script, and with 500 beyond its end. */
export async function scriptedDynamo(...script: Scripted[]): Promise<ScriptedDynamo> {
  const requests: string[] = [];
  const clients: DynamoDBClient[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const answer = script[requests.push(body) - 1] ?? failing('InternalServerError', 500);
      if (answer === 'lost') request.socket.destroy();
      if (answer === 'lost' || answer === 'silence') return;
      response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify(answer.body));
    });
  });
  const port = await listenOnLoopback(server, 0);
  return {
    requests,
    client: (config = {}) => {
      const client = new DynamoDBClient({ ...clientOf(`http://127.0.0.1:${port}`), ...IMPATIENT, ...config });
      clients.push(client);
      return client;
    },
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) client.destroy();
      server.closeAllConnections();
      await closeServer(server);
    },
  };
}
