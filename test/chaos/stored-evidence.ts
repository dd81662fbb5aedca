import { DynamoDBClient, ListTablesCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { clientOf } from '../../local/aws-identity.ts';
import { textOf, type Item } from '../../shared/adapters/aws/dynamo/attributes.ts';
import { DynamoExecutionStore } from '../../shared/adapters/aws/dynamo/execution-store.ts';
import { executionOf, HEADER_SK } from '../../shared/adapters/aws/dynamo/keys.ts';
import { Table } from '../../shared/adapters/aws/dynamo/table.ts';
import type { Payloads } from '../../shared/adapters/aws/payloads.ts';
import type { ExecutionKey } from '../../shared/domain/execution/records.ts';
import type { JsonObject } from '../../shared/domain/json.ts';
import { compilePlan } from '../../shared/domain/workflow/compile-plan.ts';
import { acceptStored } from '../../shared/domain/workflow/validate.ts';
import { createNodeRegistry } from '../../shared/nodes/index.ts';
import type { ExecutionEvidence } from '../simulation/checker/evidence.ts';
import type { Started } from './clients.ts';
import type { Kind } from './workflows.ts';
import type { WriteLog } from './write-log.ts';

/** All values of these workflows fit into their records. */
const NO_PAYLOADS: Payloads = {
  put: () => Promise.reject(new Error('nothing is to be written here')),
  get: (ref) => Promise.reject(new Error(`${ref} lies in S3, where nothing was expected`)),
};

/** What the store holds, read by the adapters themselves, past the proxy and past the API. */
export async function storedEvidence(
  endpoint: string,
  started: readonly Started[],
  kinds: readonly Kind[],
  log: WriteLog,
  epochs: readonly number[],
): Promise<readonly ExecutionEvidence[]> {
  const client = new DynamoDBClient(clientOf(endpoint));
  try {
    const name = (await client.send(new ListTablesCommand({}))).TableNames?.[0] ?? '';
    const store = new DynamoExecutionStore(new Table(client, name), NO_PAYLOADS);
    const changes = await log.changes(NO_PAYLOADS, epochs);
    const clients = new Map(started.map((one) => [one.id, one]));
    const evidence: ExecutionEvidence[] = [];
    const keys = await executionsIn(client, name);
    for (const key of keys) {
      const header = await store.readHeader(key);
      const { nodes, groups } = await store.readAll(key, 'outputs');
      const { callbacks } = clients.get(key.execution) ?? {};
      const kind = kinds.find((one) => one.name === header?.workflow);
      evidence.push({
        key,
        accepted: clients.has(key.execution),
        definitions: new Map(kind === undefined ? [] : [[1, kind.definition]]),
        planIds: new Map(kind === undefined ? [] : [[1, planIdsOf(kind.definition)]]),
        header,
        nodes,
        groups,
        changes: changes.get(key.execution) ?? [],
        ...(callbacks !== undefined && { callbacks }),
      });
    }
    const present = new Set(keys.map(({ execution }) => execution));
    const lost = started.filter(({ id }) => !present.has(id));
    return [...evidence, ...lost.map(({ id }) => absent(id, keys[0]?.workspace ?? ''))];
  } finally {
    client.destroy();
  }
}

async function executionsIn(client: DynamoDBClient, TableName: string): Promise<readonly ExecutionKey[]> {
  const keys: ExecutionKey[] = [];
  let start: Item | undefined;
  do {
    const { Items = [], LastEvaluatedKey } = await client.send(
      new ScanCommand({
        TableName,
        ConsistentRead: true,
        FilterExpression: 'sk = :header',
        ExpressionAttributeValues: { ':header': { S: HEADER_SK } },
        ...(start !== undefined && { ExclusiveStartKey: start }),
      }),
    );
    keys.push(...Items.flatMap((item) => executionOf(textOf(item, 'pk') ?? '') ?? []));
    start = LastEvaluatedKey;
  } while (start !== undefined);
  return keys;
}

function absent(execution: string, workspace: string): ExecutionEvidence {
  return {
    key: { workspace, execution },
    accepted: true,
    definitions: new Map(),
    header: undefined,
    nodes: [],
    groups: [],
  };
}

function planIdsOf(definition: JsonObject): readonly string[] {
  const accepted = acceptStored(definition, createNodeRegistry({ httpAllow: [], runtimeApi: undefined }));
  if (accepted === undefined) throw new Error('a definition of ours does not hold');
  return compilePlan(accepted, 1).nodes.map(({ id }) => id);
}
