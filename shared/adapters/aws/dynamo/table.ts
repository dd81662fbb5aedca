import {
  BatchGetItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type DynamoDBClient,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import { setTimeout as sleep } from 'node:timers/promises';
import { charge } from '../../../metering/tally.ts';
import { keyAttributes, numberOf, text, textOf, type Item } from './attributes.ts';
import { COUNTED, COUNTED_BY_INDEX, isIndexed, read, written, writeUnitsOf } from './capacity.ts';
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
  async get(key: ItemKey): Promise<Item | undefined> {
    const { item, readUnits } = await this.#reads.get(key);
    charge({ readUnits });
    return item;
  }

  /** `rev` of an item; strongly consistent. Costs what reading the whole item costs, but for the CPU time to unpack it. */
  async revision(key: ItemKey): Promise<number | undefined> {
    const { item, readUnits } = await this.#revisions.get(key);
    charge({ readUnits });
    return item === undefined ? undefined : numberOf(item, 'rev');
  }

  /** Those that are there, in no particular order. */
  async getMany(keys: readonly ItemKey[]): Promise<Item[]> {
    const items: Item[] = [];
    const chunks = Array.from({ length: Math.ceil(keys.length / BATCH_GET_MAX) }, (_, at) =>
      keys.slice(at * BATCH_GET_MAX, (at + 1) * BATCH_GET_MAX),
    );
    const keep: Found = (_, { item, readUnits }) => {
      charge({ readUnits });
      if (item !== undefined) items.push(item);
    };
    await Promise.all(chunks.map((chunk) => this.#readMany(chunk, keep)));
    return items;
  }

  async #readMany(keys: readonly ItemKey[], found: Found, projection: Projection = {}): Promise<void> {
    const [only] = keys;
    if (keys.length > 1 || only === undefined) return this.#readBatch(keys, found, projection);
    const { Item: item, ConsumedCapacity } = await this.#client.send(
      new GetItemCommand({
        TableName: this.name,
        Key: keyAttributes(only),
        ConsistentRead: true,
        ...projection,
        ...COUNTED,
      }),
    );
    found(only, { item, readUnits: ConsumedCapacity?.CapacityUnits ?? 0 });
  }

  async #readBatch(keys: readonly ItemKey[], found: Found, projection: Projection): Promise<void> {
    const absent = new Map(keys.map((key) => [`${key.pk}\n${key.sk}`, key]));
    let open: Item[] = keys.map(keyAttributes);
    let readUnitsEach = 0;
    for (let round = 1; open.length > 0; round += 1) {
      if (round > UNPROCESSED_ROUNDS_MAX)
        throw new Error(`DynamoDB left ${open.length} keys of a batch unprocessed ${UNPROCESSED_ROUNDS_MAX} times`);
      if (round > 1) await sleep(UNPROCESSED_PAUSE_MS * 2 ** (round - 2) * (0.5 + Math.random() / 2));
      const request = { [this.name]: { Keys: open, ConsistentRead: true, ...projection } };
      const { Responses, UnprocessedKeys, ConsumedCapacity } = await this.#client.send(
        new BatchGetItemCommand({ RequestItems: request, ...COUNTED }),
      );
      // Of all together: mostly each is one unit.
      const units = ConsumedCapacity?.reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0) ?? 0;
      const left = UnprocessedKeys?.[this.name]?.Keys ?? [];
      const readUnits = units / Math.max(1, open.length - left.length);
      readUnitsEach = readUnits;
      for (const item of Responses?.[this.name] ?? []) {
        const key = { pk: textOf(item, 'pk') ?? '', sk: textOf(item, 'sk') ?? '' };
        absent.delete(`${key.pk}\n${key.sk}`);
        found(key, { item, readUnits });
      }
      open = left;
    }
    for (const key of absent.values()) found(key, { item: undefined, readUnits: readUnitsEach });
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
      ...(isIndexed(item) ? COUNTED_BY_INDEX : COUNTED),
    });
    return this.#counted(item, () => conditionalWrite(textOf(item, 'op'), condition, () => this.#client.send(command)));
  }

  /** A write that is refused is billed by the size of what is there, and says nothing of it. */
  async #counted(item: Item, write: () => Promise<WriteResult>): Promise<WriteResult> {
    const result = await write();
    if (result.written)
      charge(result.capacity === undefined ? { writeUnits: writeUnitsOf(item) } : written(result.capacity));
    else charge({ writeUnits: writeUnitsOf(result.existing) });
    return result;
  }

  /**
   * Adds to numbers and to string sets, from nothing where there is none, and returns the item as it is then. Sets are the
   * same if it is done twice; numbers are not: only those belong here that may be counted twice when an answer is lost.
   */
  async add(key: ItemKey, values: Item): Promise<Item> {
    const terms = Object.entries(values).map(([name, value], at) => ({ name, value, at }));
    const command = new UpdateItemCommand({
      TableName: this.name,
      Key: keyAttributes(key),
      UpdateExpression: `ADD ${terms.map(({ at }) => `#n${at} :n${at}`).join(', ')}`,
      ExpressionAttributeNames: Object.fromEntries(terms.map(({ name, at }) => [`#n${at}`, name])),
      ExpressionAttributeValues: Object.fromEntries(terms.map(({ value, at }) => [`:n${at}`, value])),
      ReturnValues: 'ALL_NEW',
      ...COUNTED,
    });
    const { Attributes = {}, ConsumedCapacity } = await idempotentWrite(() => this.#client.send(command));
    charge(written(ConsumedCapacity));
    return Attributes;
  }

  /**
   * All items of one partition whose sort key lies in [from, to], strongly consistent, in the order of their sort keys.
   * `only` these attributes: it costs the same, but for the time to send and unpack the rest.
   */
  async range(pk: string, [from, to]: readonly [from: string, to: string], only?: readonly string[]): Promise<Item[]> {
    const items: Item[] = [];
    let start: Item | undefined;
    do {
      const page = await this.query({
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: { ':pk': text(pk), ':from': text(from), ':to': text(to) },
        ConsistentRead: true,
        ...(only !== undefined && projectionOf(only)),
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
    const { Items, LastEvaluatedKey, ConsumedCapacity } = await this.#client.send(
      new QueryCommand({
        ...input,
        TableName: this.name,
        ...(input.IndexName === undefined ? COUNTED : COUNTED_BY_INDEX),
      }),
    );
    charge(read(ConsumedCapacity));
    return { items: Items ?? [], next: LastEvaluatedKey };
  }
}

/** By placeholders: `status` and others are words of DynamoDB's. */
function projectionOf(names: readonly string[]) {
  return {
    ExpressionAttributeNames: Object.fromEntries(names.map((name, at) => [`#n${at}`, name])),
    ProjectionExpression: names.map((_, at) => `#n${at}`).join(', '),
  };
}
