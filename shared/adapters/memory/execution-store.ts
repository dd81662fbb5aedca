import {
  isSettledRecord,
  type ExecutionKey,
  type GroupRecord,
  type Header,
  type NodeRecord,
  type SettledRecord,
  type Stored,
} from '../../domain/execution/records.ts';
import type { Json } from '../../domain/json.ts';
import type { EpochMs } from '../../domain/time.ts';
import type {
  ArrivalSetKey,
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
}

/**
 * Executions in memory, with the conditions of the DynamoDB store: every write is compared and applied in one step, a
 * refused one answers with what is there (without outputs), and an equal `op` means our own earlier write.
 */
export class MemoryExecutionStore implements ExecutionStore {
  readonly #headers = new JsonMap<Header>();
  readonly #partitions = new Map<string, Partition>();

  async createHeader(header: Header) {
    const existing = this.#headers.get(partitionKey(header));
    if (existing !== undefined && existing.op !== header.op) return { created: false, existing } as const;
    this.#headers.set(partitionKey(header), header);
    return { created: true } as const;
  }

  async readHeader(key: ExecutionKey): Promise<Header | undefined> {
    return this.#headers.get(partitionKey(key));
  }

  async replaceHeader(next: Header): Promise<boolean> {
    const current = this.#headers.get(partitionKey(next));
    if (current?.rev !== next.rev - 1) return current?.op === next.op;
    this.#headers.set(partitionKey(next), next);
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
    const { arrivals } = this.#partition(key);
    const sort = `${gen}#${join}#${level}#${chunk}`;
    const all = new Set([...(arrivals.get(sort) ?? []), ...elements]);
    arrivals.set(sort, all);
    return new Set(all);
  }

  async takeGroup(key: ExecutionKey, group: GroupRecord) {
    const { groups } = this.#partition(key);
    const sort = `${group.gen}#${group.node}#${group.group}`;
    const existing = groups.get(sort);
    if (existing !== undefined && existing.op !== group.op) return { taken: false, existing } as const;
    groups.set(sort, group);
    return { taken: true } as const;
  }

  async dueForCheck(now: EpochMs, limit: number): Promise<readonly ExecutionKey[]> {
    return this.#headers
      .values()
      .flatMap(({ workspace, execution, check }) =>
        check !== undefined && check <= now ? [{ workspace, execution, check }] : [],
      )
      .sort((one, other) => one.check - other.check)
      .slice(0, limit)
      .map(({ workspace, execution }) => ({ workspace, execution }));
  }

  #partition(key: ExecutionKey): Partition {
    const found = this.#partitions.get(partitionKey(key));
    if (found !== undefined) return found;
    const made: Partition = { nodes: new JsonMap(), groups: new JsonMap(), arrivals: new Map() };
    this.#partitions.set(partitionKey(key), made);
    return made;
  }
}

function partitionKey({ workspace, execution }: ExecutionKey): string {
  return `${workspace}#${execution}`;
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
