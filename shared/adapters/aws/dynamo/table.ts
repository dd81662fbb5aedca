import {
  BatchGetItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import { setTimeout as sleep } from 'node:timers/promises';
import { keyAttributes, numberOf, text, textOf, type Item } from './attributes.ts';
import { BATCH_GET_MAX, GatheredReads, type Found } from './gathered-reads.ts';
import type { ItemKey } from './keys.ts';
import {
  conditionalWrite,
  idempotentWrite,
  type Condition,
  type CreateResult,
  type IsAbsent,
  type WriteResult,
} from './write-outcome.ts';

export { isAbsent } from './write-outcome.ts';

/** Of an item, nothing but what names it and how often it was written. */
const REVISION = { ProjectionExpression: 'pk, sk, rev' } as const;
type Projection = Partial<typeof REVISION>;

const UNPROCESSED_PAUSE_MS = 50;
const UNPROCESSED_ROUNDS_MAX = 8;

/**
 * The table's calls. What comes of a write is for `write-outcome.ts` to say; throttles and lost connections are retried
 * by the SDK (`client-settings.ts`) and then thrown.
 */
export class Table {
  readonly #client: DynamoDBClient;
  readonly #reads = new GatheredReads((keys, found) => this.#readMany(keys, found));
  readonly #revisions = new GatheredReads((keys, found) => this.#readMany(keys, found, REVISION));
  readonly name: string;

  constructor(client: DynamoDBClient, name: string) {
    this.#client = client;
    this.name = name;
  }

  /** Strongly consistent. */
  get(key: ItemKey): Promise<Item | undefined> {
    return this.#reads.get(key);
  }

  /** `rev` of an item; strongly consistent. Costs what reading the whole item costs, but for the CPU time to unpack it. */
  async revision(key: ItemKey): Promise<number | undefined> {
    const item = await this.#revisions.get(key);
    return item === undefined ? undefined : numberOf(item, 'rev');
  }

  /** Those that are there, in no particular order. */
  async getMany(keys: readonly ItemKey[]): Promise<Item[]> {
    const items: Item[] = [];
    const chunks = Array.from({ length: Math.ceil(keys.length / BATCH_GET_MAX) }, (_, at) =>
      keys.slice(at * BATCH_GET_MAX, (at + 1) * BATCH_GET_MAX),
    );
    const keep = (_: ItemKey, item: Item | undefined): void => {
      if (item !== undefined) items.push(item);
    };
    await Promise.all(chunks.map((chunk) => this.#readMany(chunk, keep)));
    return items;
  }

  async #readMany(keys: readonly ItemKey[], found: Found, projection: Projection = {}): Promise<void> {
    const [only] = keys;
    if (keys.length > 1 || only === undefined) return this.#readBatch(keys, found, projection);
    const { Item: item } = await this.#client.send(
      new GetItemCommand({ TableName: this.name, Key: keyAttributes(only), ConsistentRead: true, ...projection }),
    );
    found(only, item);
  }

  async #readBatch(keys: readonly ItemKey[], found: Found, projection: Projection): Promise<void> {
    const absent = new Map(keys.map((key) => [`${key.pk}\n${key.sk}`, key]));
    let open: Item[] = keys.map(keyAttributes);
    for (let round = 1; open.length > 0; round += 1) {
      if (round > UNPROCESSED_ROUNDS_MAX)
        throw new Error(`DynamoDB left ${open.length} keys of a batch unprocessed ${UNPROCESSED_ROUNDS_MAX} times`);
      if (round > 1) await sleep(UNPROCESSED_PAUSE_MS * 2 ** (round - 2) * (0.5 + Math.random() / 2));
      const request = { [this.name]: { Keys: open, ConsistentRead: true, ...projection } };
      const { Responses, UnprocessedKeys } = await this.#client.send(
        new BatchGetItemCommand({ RequestItems: request }),
      );
      for (const item of Responses?.[this.name] ?? []) {
        const key = { pk: textOf(item, 'pk') ?? '', sk: textOf(item, 'sk') ?? '' };
        absent.delete(`${key.pk}\n${key.sk}`);
        found(key, item);
      }
      open = UnprocessedKeys?.[this.name]?.Keys ?? [];
    }
    for (const key of absent.values()) found(key, undefined);
  }

  /** Puts the item if the condition holds, or if what is there is this very write (same `op`). */
  put(item: Item, condition: IsAbsent): Promise<CreateResult>;
  put(item: Item, condition: Condition): Promise<WriteResult>;
  put(item: Item, condition: Condition): Promise<WriteResult> {
    const command = new PutItemCommand({
      TableName: this.name,
      Item: item,
      ConditionExpression: condition.expression,
      ...(condition.names !== undefined && { ExpressionAttributeNames: condition.names }),
      ...(condition.values !== undefined && { ExpressionAttributeValues: condition.values }),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    return conditionalWrite(textOf(item, 'op'), condition, () => this.#client.send(command));
  }

  /** Adds to a string set and returns all of it. Idempotent, hence without a condition. */
  async addToSet(key: ItemKey, attribute: string, values: AttributeValue): Promise<readonly string[]> {
    const command = new UpdateItemCommand({
      TableName: this.name,
      Key: keyAttributes(key),
      UpdateExpression: 'ADD #set :values',
      ExpressionAttributeNames: { '#set': attribute },
      ExpressionAttributeValues: { ':values': values },
      ReturnValues: 'ALL_NEW',
    });
    const { Attributes } = await idempotentWrite(() => this.#client.send(command));
    return Attributes?.[attribute]?.SS ?? [];
  }

  /** All items of one partition whose sort key lies in [from, to]. */
  async range(pk: string, from: string, to: string): Promise<Item[]> {
    const items: Item[] = [];
    let start: Item | undefined;
    do {
      const page = await this.query({
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: { ':pk': text(pk), ':from': text(from), ':to': text(to) },
        ConsistentRead: true,
        ...(start !== undefined && { ExclusiveStartKey: start }),
      });
      items.push(...page.items);
      start = page.next;
    } while (start !== undefined);
    return items;
  }

  async query(
    input: Omit<QueryCommandInput, 'TableName'>,
  ): Promise<{ readonly items: Item[]; readonly next: Item | undefined }> {
    const { Items, LastEvaluatedKey } = await this.#client.send(new QueryCommand({ ...input, TableName: this.name }));
    return { items: Items ?? [], next: LastEvaluatedKey };
  }
}
