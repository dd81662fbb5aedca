import { TABLE } from '../../../config/table.ts';
import type {
  DeadLetter,
  DeadLetterKey,
  ExecutionKey,
  GroupRecord,
  Header,
  NodeRecord,
  Stored,
} from '../../../domain/execution/records.ts';
import type { Json } from '../../../domain/json.ts';
import type { DuePage, DueQuery } from '../../../engine/due.ts';
import type {
  ArrivalSetKey,
  Closing,
  ExecutionRecords,
  ExecutionStore,
  NodeCondition,
  NodeKey,
  NodeWrite,
} from '../../../engine/ports.ts';
import { inflate, type Payloads } from '../payloads.ts';
import { number, text, textOf, textSet } from './attributes.ts';
import { deadLetterItem, deadLetterOf } from './dead-letter-items.ts';
import { headerItem, headerOf } from './header-items.ts';
import {
  arrivalKey,
  DEAD_LETTERS_FROM,
  DEAD_LETTERS_TO,
  deadLetterKey,
  executionPartition,
  headerKey,
  nodeItemKey,
  RECORDS_FROM,
  RECORDS_TO,
  sweepPartition,
} from './keys.ts';
import { checkEntry, dueOf } from './check-entry.ts';
import { groupItem, groupRecord, nodeItem, nodeRecord, nodeRecordWithOutputs } from './node-items.ts';
import { structure, structureOf } from './structure.ts';
import { isAbsent, type Table } from './table.ts';

/** Nobody has written the header since it was read. */
const isAtRevision = 'rev = :rev';
/** The node is as it was read: closes the race with whoever holds, or takes, another claim on it. */
const isAtFence = '#status = :status AND fence = :fence';

/** Nobody has closed this dead letter yet: two replays, or a replay and a discard, at once. */
const isOpen = { expression: '#status = :open', names: { '#status': 'status' }, values: { ':open': text('open') } };

/** Executions in DynamoDB: one partition each, one conditional write per transition. */
export class DynamoExecutionStore implements ExecutionStore {
  readonly #table: Table;
  readonly #payloads: Payloads;

  constructor(table: Table, payloads: Payloads) {
    this.#table = table;
    this.#payloads = payloads;
  }

  async createHeader(header: Header) {
    const result = await this.#table.put(await headerItem(header, this.#payloads), isAbsent);
    return result.written
      ? ({ created: true } as const)
      : ({ created: false, existing: headerOf(result.existing) } as const);
  }

  async readHeader(key: ExecutionKey, known?: Header): Promise<Header | undefined> {
    // Every write raises the revision.
    if (known !== undefined && (await this.#table.revision(headerKey(key))) === known.rev) return known;
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
    if (result.written) {
      if (result.repeated) await alongside?.();
      return { written: true };
    }
    return { written: false, existing: result.existing === undefined ? undefined : nodeRecord(result.existing) };
  }

  async arrive(key: ExecutionKey, set: ArrivalSetKey, elements: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set(await this.#table.addToSet(arrivalKey(key, set), 'arr', textSet([...new Set(elements)])));
  }

  async takeGroup(key: ExecutionKey, group: GroupRecord, alongside?: () => Promise<unknown>) {
    const [result] = await Promise.all([this.#table.put(groupItem(key, group), isAbsent), alongside?.()]);
    if (!result.written) return { taken: false, existing: groupRecord(result.existing) } as const;
    if (result.repeated) await alongside?.();
    return { taken: true } as const;
  }

  async fileDeadLetter(letter: DeadLetter): Promise<void> {
    await this.#table.put(await deadLetterItem(letter, this.#payloads), isAbsent);
  }

  async readDeadLetter(key: DeadLetterKey): Promise<DeadLetter | undefined> {
    const item = await this.#table.get(deadLetterKey(key));
    return item === undefined ? undefined : deadLetterOf(item);
  }

  async deadLettersOf(key: ExecutionKey): Promise<readonly DeadLetter[]> {
    const items = await this.#table.range(executionPartition(key), DEAD_LETTERS_FROM, DEAD_LETTERS_TO);
    return items.map(deadLetterOf);
  }

  async closeDeadLetter(key: DeadLetterKey, { status, at, op }: Closing): Promise<boolean> {
    const item = await this.#table.get(deadLetterKey(key));
    if (item === undefined) return false;
    if (textOf(item, 'status') !== 'open') return textOf(item, 'op') === op;
    const d = structure({ ...(structureOf(item) as object), closedAt: at });
    const closed = { ...item, status: text(status), d, op: text(op) };
    const { written } = await this.#table.put(closed, isOpen);
    return written;
  }

  async dueForCheck({ shard, horizon, limit, after }: DueQuery): Promise<DuePage> {
    const page = await this.#table.query({
      IndexName: TABLE.sweep.name,
      KeyConditionExpression: 'spk = :shard AND chk <= :horizon',
      ExpressionAttributeValues: { ':shard': text(sweepPartition(shard)), ':horizon': number(horizon) },
      Limit: limit,
      ...(after !== undefined && { ExclusiveStartKey: checkEntry(shard, after) }),
    });
    const next = page.next === undefined ? undefined : dueOf(page.next);
    return { due: page.items.flatMap((item) => dueOf(item) ?? []), ...(next !== undefined && { next }) };
  }
}
