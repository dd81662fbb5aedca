import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clientOf } from '../../../local/aws-identity.ts';
import { newApiKey } from '../../../local/api-key.ts';
import type { LocalStack } from '../../../local/stack-options.ts';
import { ApiKeyStore } from '../../../shared/adapters/aws/dynamo/api-keys.ts';
import { Table } from '../../../shared/adapters/aws/dynamo/table.ts';
import { ENV } from '../../../shared/config/env.ts';
import { epochMs } from '../../../shared/domain/time.ts';

/** A key of any workspace, as `npm run keys -- create` makes one. */
export async function registerKey(stack: LocalStack, workspace: string): Promise<string> {
  const key = newApiKey();
  await withKeys(stack, (keys) => keys.put({ key, workspace, name: 'test', now: epochMs(Date.now()) }));
  return key;
}

export async function revokeKey(stack: LocalStack, key: string): Promise<void> {
  await withKeys(stack, async (keys) => {
    const found = await keys.find(key);
    if (found === undefined) throw new Error('there is no such key');
    await keys.revoke(found.id, epochMs(Date.now()));
  });
}

async function withKeys(stack: LocalStack, work: (keys: ApiKeyStore) => Promise<unknown>): Promise<void> {
  const client = new DynamoDBClient(clientOf(stack.endpoints.dynamodb));
  try {
    await work(new ApiKeyStore(new Table(client, stack.env[ENV.tableName] ?? '')));
  } finally {
    client.destroy();
  }
}
