import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  ProvisionedThroughputExceededException,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { keyAttributes, text, type Item } from '../../shared/adapters/aws/dynamo/attributes.ts';
import { isAbsent, Table } from '../../shared/adapters/aws/dynamo/table.ts';

/** What no emulator does: lost answers, unprocessed keys, throttles. */
const client = mockClient(DynamoDBClient);
const table = new Table(new DynamoDBClient({ region: 'us-east-1' }), 'State');
const item = (op: string): Item => ({ ...keyAttributes({ pk: 'ws#X#1', sk: 'H' }), op: text(op) });

function refusedBy(existing: Item | undefined): ConditionalCheckFailedException {
  return new ConditionalCheckFailedException({
    $metadata: {},
    message: 'The conditional request failed',
    ...(existing !== undefined && { Item: existing }),
  });
}

beforeEach(() => {
  client.reset();
});

test('a condition that failed on our own earlier write, whose answer was lost, is a success', async () => {
  client.on(PutItemCommand).rejects(refusedBy(item('op-1')));
  expect(await table.put(item('op-1'), isAbsent)).toEqual({ written: true });
});

test("a condition that failed on somebody else's write is not, and says what is there", async () => {
  client.on(PutItemCommand).rejects(refusedBy(item('op-2')));
  expect(await table.put(item('op-1'), isAbsent)).toEqual({ written: false, existing: item('op-2') });
});

test('a condition that failed with nothing there is not a success either', async () => {
  client.on(PutItemCommand).rejects(refusedBy(undefined));
  expect(await table.put(item('op-1'), { expression: 'rev = :rev' })).toEqual({ written: false, existing: undefined });
});

test('every write asks for the old item, or it could not tell the two apart', async () => {
  client.on(PutItemCommand).resolves({});
  await table.put(item('op-1'), isAbsent);
  expect(client.commandCalls(PutItemCommand)[0]?.args[0].input.ReturnValuesOnConditionCheckFailure).toBe('ALL_OLD');
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
