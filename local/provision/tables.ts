import type { TableDescription } from '@aws-sdk/client-dynamodb';
import {
  CreateTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  ResourceNotFoundException,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { StartupProblem } from '../startup-problem.ts';
import type { TableResource } from '../template/resources.ts';

/** Creates the table, or brings an existing one up to the template: indexes that were added since, TTL. */
export async function provisionTable(dynamodb: DynamoDBClient, table: TableResource): Promise<void> {
  const existing = await describe(dynamodb, table.name);
  if (existing === undefined) await create(dynamodb, table);
  else await addMissingIndexes(dynamodb, table, existing);
  await enableTimeToLive(dynamodb, table);
}

async function describe(dynamodb: DynamoDBClient, name: string): Promise<TableDescription | undefined> {
  try {
    return (await dynamodb.send(new DescribeTableCommand({ TableName: name }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

async function create(dynamodb: DynamoDBClient, table: TableResource): Promise<void> {
  await dynamodb.send(
    new CreateTableCommand({
      TableName: table.name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: table.AttributeDefinitions,
      KeySchema: table.KeySchema,
      ...(table.GlobalSecondaryIndexes.length > 0 && { GlobalSecondaryIndexes: table.GlobalSecondaryIndexes }),
    }),
  );
}

async function addMissingIndexes(
  dynamodb: DynamoDBClient,
  table: TableResource,
  existing: TableDescription,
): Promise<void> {
  const keysOf = (schema: TableDescription['KeySchema'] = []): string =>
    schema.map((key) => `${key.AttributeName}:${key.KeyType}`).join();
  if (keysOf(existing.KeySchema) !== keysOf(table.KeySchema)) {
    throw new StartupProblem(
      `The table ${table.name} has other keys than this Stepwell wants. Move the data folder away, or delete it, and start again.`,
    );
  }
  const present = new Set(existing.GlobalSecondaryIndexes?.map((index) => index.IndexName));
  for (const index of table.GlobalSecondaryIndexes) {
    if (present.has(index.IndexName)) continue;
    await dynamodb.send(
      new UpdateTableCommand({
        TableName: table.name,
        AttributeDefinitions: table.AttributeDefinitions,
        GlobalSecondaryIndexUpdates: [{ Create: index }],
      }),
    );
  }
}

async function enableTimeToLive(dynamodb: DynamoDBClient, table: TableResource): Promise<void> {
  const specification = table.TimeToLiveSpecification;
  if (specification === undefined) return;
  // Asked first because DynamoDB refuses to enable what is enabled.
  const { TimeToLiveDescription: now } = await dynamodb.send(new DescribeTimeToLiveCommand({ TableName: table.name }));
  if (now?.TimeToLiveStatus === 'ENABLED' || now?.TimeToLiveStatus === 'ENABLING') return;
  await dynamodb.send(new UpdateTimeToLiveCommand({ TableName: table.name, TimeToLiveSpecification: specification }));
}
