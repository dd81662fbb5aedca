import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ApiKeyStore } from '../shared/adapters/aws/dynamo/api-keys.ts';
import { Table } from '../shared/adapters/aws/dynamo/table.ts';
import { ENV } from '../shared/config/env.ts';
import { epochMs } from '../shared/domain/time.ts';
import { clientOf } from './aws-identity.ts';
import type { HandlerEnvironment } from './stack-options.ts';

/** The workspace that the local stack's own key opens. */
const WORKSPACE = 'default';

/** Makes the local key known to the API; again at every start, because the key may be another one. */
export async function registerApiKey(key: string, env: HandlerEnvironment): Promise<void> {
  const client = new DynamoDBClient(clientOf(env['AWS_ENDPOINT_URL_DYNAMODB'] ?? ''));
  try {
    const keys = new ApiKeyStore(new Table(client, env[ENV.tableName] ?? ''));
    await keys.put({ key, workspace: WORKSPACE, name: 'local', now: epochMs(Date.now()) });
  } finally {
    client.destroy();
  }
}
