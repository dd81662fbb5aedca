import {
  BatchGetItemCommand,
  DynamoDBClient,
  GetItemCommand,
  ProvisionedThroughputExceededException,
} from '@aws-sdk/client-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import type { Item } from '../../shared/adapters/aws/dynamo/attributes.ts';
import { Table } from '../../shared/adapters/aws/dynamo/table.ts';

/** What no emulator does to reads: unprocessed keys, throttles. Writes: write-outcome.test.ts. */
const client = mockClient(DynamoDBClient);
const table = new Table(new DynamoDBClient({ region: 'us-east-1' }), 'State');

beforeEach(() => {
  client.reset();
});

test('a throttle is not swallowed: the message has to come again', async () => {
  client
    .on(GetItemCommand)
    .rejects(new ProvisionedThroughputExceededException({ $metadata: {}, message: 'slow down' }));
  await expect(table.get({ pk: 'a', sk: 'b' })).rejects.toThrow('slow down');
});

test('keys that a batch left unprocessed are asked for again, in batches of 100', async () => {
  const keys = Array.from({ length: 150 }, (_, at) => ({ pk: 'ws#X#1', sk: `N#1#n${at}` }));
  let left = true;
  client.on(BatchGetItemCommand).callsFake(({ RequestItems }: { RequestItems: Record<string, { Keys: Item[] }> }) => {
    const asked = RequestItems['State']?.Keys ?? [];
    expect(asked.length).toBeLessThanOrEqual(100);
    const answered = left ? asked.slice(1) : asked;
    const unprocessed = left ? asked.slice(0, 1) : [];
    left = false;
    return {
      Responses: { State: answered },
      ...(unprocessed.length > 0 && { UnprocessedKeys: { State: { Keys: unprocessed } } }),
    };
  });
  expect(await table.getMany(keys)).toHaveLength(150);
});
