import { TABLE } from '../../../config/table.ts';
import type { ExecutionKey, GroupRecord, Header, NodeRecord, Stored } from '../../../domain/execution/records.ts';
import type { Json } from '../../../domain/json.ts';
import type { EpochMs } from '../../../domain/time.ts';
import type {
  ArrivalSetKey,
  ExecutionRecords,
  ExecutionStore,
  NodeCondition,
  NodeKey,
  NodeWrite,
} from '../../../engine/ports.ts';
import { inflate, type PayloadStore } from '../payloads.ts';
import { number, text, textOf, textSet, type Item } from './attributes.ts';
import { headerItem, headerOf } from './header-items.ts';
import {
  arrivalKey,
  executionOf,
  executionPartition,
  headerKey,
  INDEX_SHARDS,
  nodeItemKey,
  RECORDS_FROM,
  RECORDS_TO,
  sweepPartition,
} from './keys.ts';
import { groupItem, groupRecord, nodeItem, nodeRecord, nodeRecordWithOutputs } from './node-items.ts';
import { isAbsent, type Table } from './table.ts';

/** Nobody has written the header since it was read. */
const isAtRevision = 'rev = :rev';
/** The node is as it was read: closes the race with whoever holds, or takes, another claim on it. */
const isAtFence = '#status = :status AND fence = :fence';

/** Executions in DynamoDB: one partition each, one conditional write per transition. */
export class DynamoExecutionStore implements ExecutionStore {
  readonly #table: Table;
  readonly #payloads: PayloadStore;

  constructor(table: Table, payloads: PayloadStore) {
    this.#table = table;
    this.#payloads = payloads;
  }

  async createHeader(header: Header) {
    const result = await this.#table.put(await headerItem(header, this.#payloads), isAbsent);
    return result.written
      ? ({ created: true } as const)
      : ({ created: false, existing: headerOf(theOther(result.existing)) } as const);
  }

  async readHeader(key: ExecutionKey): Promise<Header | undefined> {
    const item = await this.#table.get(headerKey(key));
    return item === undefined ? undefined : headerOf(item);
  }

  async replaceHeader(next: Header): Promise<boolean> {
    const item = await headerItem(next, this.#payloads);
    const { written } = await this.#table.put(item, {
      expression: isAtRevision,
      values: { ':rev': number(next.rev - 1) },
    });
    return written;
  }

  async load(value: Stored): Promise<Json> {
    return value.at === 'record' ? value.value : inflate(await this.#payloads.get(value.ref));
  }

  async readNode(key: ExecutionKey, node: NodeKey): Promise<NodeRecord | undefined> {
    const item = await this.#table.get(nodeItemKey(key, node));
    return item === undefined ? undefined : nodeRecordWithOutputs(item, this.#payloads);
  }

  async readNodes(key: ExecutionKey, nodes: readonly NodeKey[], depth: 'statuses' | 'outputs'): Promise<NodeRecord[]> {
    const items = await this.#table.getMany(nodes.map((node) => nodeItemKey(key, node)));
    if (depth === 'statuses') return items.map(nodeRecord);
    return Promise.all(items.map((item) => nodeRecordWithOutputs(item, this.#payloads)));
  }

  async readAll(key: ExecutionKey, depth: 'statuses' | 'outputs'): Promise<ExecutionRecords> {
    const items = await this.#table.range(executionPartition(key), RECORDS_FROM, RECORDS_TO);
    const nodes = items.filter((item) => textOf(item, 'sk')?.startsWith(RECORDS_FROM));
    const groups = items.filter((item) => textOf(item, 'sk')?.startsWith('S#')).map(groupRecord);
    const records =
      depth === 'statuses'
        ? nodes.map(nodeRecord)
        : await Promise.all(nodes.map((item) => nodeRecordWithOutputs(item, this.#payloads)));
    return { nodes: records, groups };
  }

  async writeNode(
    key: ExecutionKey,
    record: NodeRecord,
    expected: NodeCondition,
    alongside?: () => Promise<unknown>,
  ): Promise<NodeWrite> {
    const item = await nodeItem(key, record, this.#payloads);
    const condition =
      expected === 'absent'
        ? isAbsent
        : {
            expression: isAtFence,
            names: { '#status': 'status' },
            values: { ':status': text(expected.status), ':fence': number(expected.fence) },
          };
    const [result] = await Promise.all([this.#table.put(item, condition), alongside?.()]);
    if (result.written) return { written: true };
    return { written: false, existing: result.existing === undefined ? undefined : nodeRecord(result.existing) };
  }

  async arrive(key: ExecutionKey, set: ArrivalSetKey, elements: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set(await this.#table.addToSet(arrivalKey(key, set), 'arr', textSet(elements)));
  }

  async takeGroup(key: ExecutionKey, group: GroupRecord) {
    const result = await this.#table.put(groupItem(key, group), isAbsent);
    return result.written
      ? ({ taken: true } as const)
      : ({ taken: false, existing: groupRecord(theOther(result.existing)) } as const);
  }

  async dueForCheck(now: EpochMs, limit: number): Promise<readonly ExecutionKey[]> {
    const shards = Array.from({ length: INDEX_SHARDS }, (_, shard) => shard);
    const pages = await Promise.all(
      shards.map((shard) =>
        this.#table.query({
          IndexName: TABLE.sweep.name,
          KeyConditionExpression: 'spk = :shard AND chk <= :now',
          ExpressionAttributeValues: { ':shard': text(sweepPartition(shard)), ':now': number(now) },
          Limit: Math.ceil(limit / INDEX_SHARDS),
        }),
      ),
    );
    return pages.flatMap(({ items }) => items.flatMap((item) => executionOf(textOf(item, 'pk') ?? '') ?? []));
  }
}

/** Refused as not absent, the item must have come back: without it nothing is known, and the message has to come again. */
function theOther(existing: Item | undefined): Item {
  if (existing === undefined) throw new Error('a condition failed and DynamoDB did not say on what');
  return existing;
}
