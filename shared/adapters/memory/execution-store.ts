import {
  isSettledRecord,
  type DeadLetter,
  type DeadLetterKey,
  type ExecutionKey,
  type GroupRecord,
  type Header,
  type NodeRecord,
  type SettledRecord,
  type Stored,
} from '../../domain/execution/records.ts';
import type { Json } from '../../domain/json.ts';
import { CHECK_SHARDS, type Due, type DuePage, type DueQuery } from '../../engine/due.ts';
import type {
  ArrivalSetKey,
  Closing,
  ExecutionRecords,
  ExecutionStore,
  NodeCondition,
  NodeKey,
  NodeWrite,
} from '../../engine/ports.ts';

/** Values as JSON texts: what goes in and what comes out are copies, so nobody reaches into the store by a shared object. */
class JsonMap<V> {
  readonly #texts = new Map<string, string>();

  get(key: string): V | undefined {
    const text = this.#texts.get(key);
    return text === undefined ? undefined : (JSON.parse(text) as V);
  }

  set(key: string, value: V): void {
    this.#texts.set(key, JSON.stringify(value));
  }

  values(): V[] {
    return [...this.#texts.values()].map((text) => JSON.parse(text) as V);
  }
}

interface Partition {
  readonly nodes: JsonMap<NodeRecord>;
  readonly groups: JsonMap<GroupRecord>;
  readonly arrivals: Map<string, ReadonlySet<string>>;
  readonly letters: JsonMap<DeadLetter>;
}

/**
 * Executions in memory, with the conditions of the DynamoDB store: every write is compared and applied in one step, a
 * refused one answers with what is there (without outputs), and an equal `op` means our own earlier write.
 */
export class MemoryExecutionStore implements ExecutionStore {
  readonly #headers = new JsonMap<Header>();
  readonly #checks = new Map<string, Due>();
  readonly #partitions = new Map<string, Partition>();
  /** By which operation each dead letter was closed. */
  readonly #closings = new Map<string, string>();

  async createHeader(header: Header) {
    const existing = this.#headers.get(partitionKey(header));
    if (existing !== undefined && existing.op !== header.op) return { created: false, existing } as const;
    if (existing === undefined) this.#putHeader(header);
    return { created: true } as const;
  }

  async readHeader(key: ExecutionKey): Promise<Header | undefined> {
    return this.#headers.get(partitionKey(key));
  }

  async replaceHeader(next: Header): Promise<boolean> {
    const current = this.#headers.get(partitionKey(next));
    if (current?.rev !== next.rev - 1) return current?.op === next.op;
    this.#putHeader(next);
    return true;
  }

  async load(value: Stored): Promise<Json> {
    if (value.at === 'payload')
      throw new Error(`the memory store keeps every value in its record; there is no payload ${value.ref}`);
    return structuredClone<Json>(value.value);
  }

  async readNode(key: ExecutionKey, node: NodeKey): Promise<NodeRecord | undefined> {
    return this.#partition(key).nodes.get(nodeSort(node));
  }

  async readNodes(key: ExecutionKey, nodes: readonly NodeKey[], depth: 'statuses' | 'outputs'): Promise<NodeRecord[]> {
    if (new Set(nodes.map(nodeSort)).size < nodes.length) throw new Error('a batch names each item once');
    const partition = this.#partition(key);
    const found = nodes.flatMap((node) => partition.nodes.get(nodeSort(node)) ?? []);
    return depth === 'outputs' ? found : found.map(withoutOutputs);
  }

  async readAll(key: ExecutionKey, depth: 'statuses' | 'outputs'): Promise<ExecutionRecords> {
    const { nodes, groups } = this.#partition(key);
    return {
      nodes: depth === 'outputs' ? nodes.values() : nodes.values().map(withoutOutputs),
      groups: groups.values(),
    };
  }

  async writeNode(
    key: ExecutionKey,
    record: NodeRecord,
    expected: NodeCondition,
    alongside?: () => Promise<unknown>,
  ): Promise<NodeWrite> {
    const { nodes } = this.#partition(key);
    const sort = nodeSort(record);
    const existing = nodes.get(sort);
    const holds =
      expected === 'absent'
        ? existing === undefined
        : existing?.status === expected.status && existing.fence === expected.fence;
    if (holds) nodes.set(sort, record);
    await alongside?.();
    if (holds || existing?.op === record.op) return { written: true };
    return { written: false, existing: existing === undefined ? undefined : withoutOutputs(existing) };
  }

  async arrive(
    key: ExecutionKey,
    { join, gen, level, chunk }: ArrivalSetKey,
    elements: readonly string[],
  ): Promise<ReadonlySet<string>> {
    if (elements.length === 0) throw new Error('a set to add to an arrival set is not empty');
    const { arrivals } = this.#partition(key);
    const sort = `${gen}#${join}#${level}#${chunk}`;
    const all = new Set([...(arrivals.get(sort) ?? []), ...elements]);
    arrivals.set(sort, all);
    return new Set(all);
  }

  async takeGroup(key: ExecutionKey, group: GroupRecord, alongside?: () => Promise<unknown>) {
    const { groups } = this.#partition(key);
    const sort = `${group.gen}#${group.node}#${group.group}`;
    const existing = groups.get(sort);
    if (existing !== undefined && existing.op !== group.op) {
      await alongside?.();
      return { taken: false, existing } as const;
    }
    if (existing === undefined) groups.set(sort, group);
    await alongside?.();
    return { taken: true } as const;
  }

  async fileDeadLetter(letter: DeadLetter): Promise<void> {
    const { letters } = this.#partition(letter);
    if (letters.get(nodeSort(letter)) === undefined) letters.set(nodeSort(letter), letter);
  }

  async readDeadLetter(key: DeadLetterKey): Promise<DeadLetter | undefined> {
    return this.#partition(key).letters.get(nodeSort(key));
  }

  async deadLettersOf(key: ExecutionKey): Promise<readonly DeadLetter[]> {
    return this.#partition(key).letters.values();
  }

  async closeDeadLetter(key: DeadLetterKey, { status, at, op }: Closing): Promise<boolean> {
    const { letters } = this.#partition(key);
    const letter = letters.get(nodeSort(key));
    if (letter?.status !== 'open')
      return letter !== undefined && this.#closings.get(`${partitionKey(key)}#${nodeSort(key)}`) === op;
    letters.set(nodeSort(key), { ...letter, status, closedAt: at });
    this.#closings.set(`${partitionKey(key)}#${nodeSort(key)}`, op);
    return true;
  }

  /** Every dead letter of a workspace: what a list of them is made from. */
  lettersOf(workspace: string): DeadLetter[] {
    const own = [...this.#partitions].filter(([key]) => key.startsWith(`${workspace}#`));
    return own.flatMap(([, { letters }]) => letters.values());
  }

  async dueForCheck({ shard, horizon, limit, after }: DueQuery): Promise<DuePage> {
    const from = after === undefined ? undefined : position(after);
    const due = [...this.#checks.values()]
      .filter((entry) => shardOf(entry.key) === shard && entry.check <= horizon)
      .filter((entry) => from === undefined || position(entry) > from)
      .sort((one, other) => (position(one) < position(other) ? -1 : 1))
      .slice(0, limit);
    const last = due.at(-1);
    return { due, ...(last !== undefined && due.length === limit && { next: last }) };
  }

  #putHeader(header: Header): void {
    const key = partitionKey(header);
    this.#headers.set(key, header);
    const { workspace, execution, check } = header;
    if (check === undefined) this.#checks.delete(key);
    else this.#checks.set(key, { key: { workspace, execution }, check });
  }

  #partition(key: ExecutionKey): Partition {
    const found = this.#partitions.get(partitionKey(key));
    if (found !== undefined) return found;
    const made: Partition = {
      nodes: new JsonMap(),
      groups: new JsonMap(),
      arrivals: new Map(),
      letters: new JsonMap(),
    };
    this.#partitions.set(partitionKey(key), made);
    return made;
  }
}

function partitionKey({ workspace, execution }: ExecutionKey): string {
  return `${workspace}#${execution}`;
}

/** Any spreading does, as long as an execution stays in its shard. */
function shardOf({ execution }: ExecutionKey): number {
  return Buffer.from(execution).reduce((sum, byte) => sum + byte, 0) % CHECK_SHARDS;
}

/** Sorts by check, then by key. */
function position({ key, check }: Due): string {
  return `${String(check).padStart(16, '0')}#${partitionKey(key)}`;
}

function nodeSort({ node, gen }: NodeKey): string {
  return `${gen}#${node}`;
}

function withoutOutputs(record: NodeRecord): NodeRecord {
  if (!isSettledRecord(record)) return record;
  const { output: _output, pure, ...rest } = record;
  const bare: [string, SettledRecord['pure'][string]][] = Object.entries(pure).map(([id, settled]) => {
    if (settled.status !== 'succeeded') return [id, settled];
    const { output: _own, ...result } = settled;
    return [id, result];
  });
  return { ...rest, pure: Object.fromEntries(bare) };
}
