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
import { currentTally, type Tally } from '../../../metering/tally.ts';
import type { Usage } from '../../../metering/usage.ts';
import { number, text, textOf, textSet, type Item } from './attributes.ts';
import { addCarrying, carriedUsage, noteCarried, putCarrying } from './carried-usage.ts';
import { deadLetterItem, deadLetterOf } from './dead-letter-items.ts';
import { headerItem, headerOf } from './header-items.ts';
import {
  ARRIVALS_TO,
  arrivalKey,
  DEAD_LETTERS_FROM,
  DEAD_LETTERS_TO,
  deadLetterKey,
  executionPartition,
  GROUPS_FROM,
  HEADER_SK,
  headerKey,
  nodeItemKey,
  RECORDS_FROM,
  RECORDS_TO,
  sweepPartition,
} from './keys.ts';
import { checkEntry, dueOf } from './check-entry.ts';
import {
  groupItem,
  groupRecord,
  nodeItem,
  nodeRecord,
  nodeRecordWithOutputs,
  STATUS_ATTRIBUTES,
  VIEW_ATTRIBUTES,
} from './node-items.ts';
import { structure, structureOf } from './structure.ts';
import { isAbsent, type Table } from './table.ts';

/** Nobody has written the header since it was read. */
const isAtRevision = 'rev = :rev';
/** The node is as it was read: closes the race with whoever holds, or takes, another claim on it. */
const isAtFence = '#status = :status AND fence = :fence';

/** Nobody has closed this dead letter yet: two replays, or a replay and a discard, at once. */
const isOpen = { expression: '#status = :open', names: { '#status': 'status' }, values: { ':open': text('open') } };

export interface StoredExecution {
  readonly header: Header;
  readonly records: ExecutionRecords;
  readonly usage: Usage;
}

/** Executions in DynamoDB: one partition each, one conditional write per transition. */
export class DynamoExecutionStore implements ExecutionStore {
  readonly #table: Table;
  readonly #payloads: Payloads;
  readonly #headers = new WeakMap<Tally, Item>();

  constructor(table: Table, payloads: Payloads) {
    this.#table = table;
    this.#payloads = payloads;
  }

  async createHeader(header: Header) {
    const item = await headerItem(header, this.#payloads);
    const result = await putCarrying(item, undefined, () => this.#table.put(item, isAbsent));
    this.#noteHeader(result.written ? item : result.existing);
    return result.written
      ? ({ created: true } as const)
      : ({ created: false, existing: headerOf(result.existing) } as const);
  }

  async readHeader(key: ExecutionKey, known?: Header): Promise<Header | undefined> {
    // Every write raises the revision.
    if (known !== undefined && (await this.#table.revision(headerKey(key))) === known.rev) return known;
    const item = await this.#table.get(headerKey(key));
    if (item === undefined) return undefined;
    this.#noteHeader(item);
    return headerOf(item);
  }

  async replaceHeader(next: Header): Promise<boolean> {
    const item = await headerItem(next, this.#payloads);
    const condition = { expression: isAtRevision, values: { ':rev': number(next.rev - 1) } };
    const { written } = await putCarrying(item, this.#headerBefore(item), () => this.#table.put(item, condition));
    if (written) this.#noteHeader(item);
    return written;
  }

  /**
   * All there is of an execution, in one round trip, to look at: `statuses` come without what only writers need (`fence` and
   * `op`). What it has used is the sum of what its items carry.
   */
  async readExecution(key: ExecutionKey, depth: 'statuses' | 'outputs'): Promise<StoredExecution | undefined> {
    const [front, items] = await Promise.all([
      this.#table.range(executionPartition(key), [HEADER_SK, ARRIVALS_TO]),
      this.#recordItems(key, depth === 'statuses' ? VIEW_ATTRIBUTES : undefined),
    ]);
    const [header] = front;
    // It sorts before the arrivals.
    if (header === undefined || textOf(header, 'sk') !== HEADER_SK) return undefined;
    const records = await this.#recordsOf(items, depth);
    return { header: headerOf(header), records, usage: carriedUsage(front, items) };
  }

  #noteHeader(item: Item): void {
    noteCarried(item);
    const tally = currentTally();
    if (tally !== undefined) this.#headers.set(tally, item);
  }

  /** The header that this one takes the place of, if it is the last one that was seen here. */
  #headerBefore(next: Item): Item | undefined {
    const tally = currentTally();
    const last = tally === undefined ? undefined : this.#headers.get(tally);
    return last !== undefined && textOf(last, 'pk') === textOf(next, 'pk') ? last : undefined;
  }

  async load(value: Stored): Promise<Json> {
    return value.at === 'record' ? value.value : inflate(await this.#payloads.get(value.ref));
  }

  async readNode(key: ExecutionKey, node: NodeKey): Promise<NodeRecord | undefined> {
    const item = await this.#table.get(nodeItemKey(key, node));
    noteCarried(item);
    return item === undefined ? undefined : nodeRecordWithOutputs(item, this.#payloads);
  }

  async readNodes(key: ExecutionKey, nodes: readonly NodeKey[], depth: 'statuses' | 'outputs'): Promise<NodeRecord[]> {
    const items = await this.#table.getMany(nodes.map((node) => nodeItemKey(key, node)));
    items.forEach(noteCarried);
    if (depth === 'statuses') return items.map(nodeRecord);
    return Promise.all(items.map((item) => nodeRecordWithOutputs(item, this.#payloads)));
  }

  async readAll(key: ExecutionKey, depth: 'statuses' | 'outputs'): Promise<ExecutionRecords> {
    const items = await this.#recordItems(key, depth === 'statuses' ? STATUS_ATTRIBUTES : undefined);
    items.forEach(noteCarried);
    return this.#recordsOf(items, depth);
  }

  #recordItems(key: ExecutionKey, only: readonly string[] | undefined): Promise<Item[]> {
    return this.#table.range(executionPartition(key), [RECORDS_FROM, RECORDS_TO], only);
  }

  async #recordsOf(items: readonly Item[], depth: 'statuses' | 'outputs'): Promise<ExecutionRecords> {
    const ofKind = (prefix: string) => items.filter((item) => textOf(item, 'sk')?.startsWith(prefix));
    const nodes = ofKind(RECORDS_FROM);
    const records =
      depth === 'statuses'
        ? nodes.map(nodeRecord)
        : await Promise.all(nodes.map((item) => nodeRecordWithOutputs(item, this.#payloads)));
    return { nodes: records, groups: ofKind(GROUPS_FROM).map(groupRecord) };
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
    const put = putCarrying(item, undefined, () => this.#table.put(item, condition));
    const [result] = await Promise.all([put, alongside?.()]);
    if (result.written) {
      if (result.repeated) await alongside?.();
      return { written: true };
    }
    noteCarried(result.existing);
    return { written: false, existing: result.existing === undefined ? undefined : nodeRecord(result.existing) };
  }

  async arrive(key: ExecutionKey, set: ArrivalSetKey, elements: readonly string[]): Promise<ReadonlySet<string>> {
    const arr = textSet([...new Set(elements)]);
    const item = await addCarrying((usage) => this.#table.add(arrivalKey(key, set), { arr, ...usage }));
    return new Set(item['arr']?.SS ?? []);
  }

  async takeGroup(key: ExecutionKey, group: GroupRecord, alongside?: () => Promise<unknown>) {
    const item = groupItem(key, group);
    const put = putCarrying(item, undefined, () => this.#table.put(item, isAbsent));
    const [result] = await Promise.all([put, alongside?.()]);
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
    const items = await this.#table.range(executionPartition(key), [DEAD_LETTERS_FROM, DEAD_LETTERS_TO]);
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
