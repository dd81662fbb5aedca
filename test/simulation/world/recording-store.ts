import { MemoryExecutionStore } from '../../../shared/adapters/memory/execution-store.ts';
import {
  isTerminal,
  type DeadLetter,
  type DeadLetterKey,
  type ExecutionKey,
  type GroupRecord,
  type Header,
  type NodeRecord,
  type Stored,
} from '../../../shared/domain/execution/records.ts';
import type { EpochMs } from '../../../shared/domain/time.ts';
import { CHECK_SHARDS, type Due, type DuePage, type DueQuery } from '../../../shared/engine/due.ts';
import type { ArrivalSetKey, Closing, NodeCondition, NodeKey } from '../../../shared/engine/ports.ts';
import type { Change } from '../checker/evidence.ts';

type Happened = Change extends infer C ? (C extends Change ? Omit<C, 'seq' | 'at'> : never) : never;

/** What the index has said of one execution, and since when. */
interface Check {
  readonly at: number;
  readonly check: EpochMs | undefined;
}

interface Entry {
  readonly key: ExecutionKey;
  /** Decides in which shard it lies. */
  readonly number: number;
  readonly history: Check[];
}

/**
 * The store as it is, seen from outside: every write that was applied is a change, numbered within its execution. The
 * memory store compares and applies in one go, so what is looked up before a write is what the write finds.
 */
export class RecordingStore {
  readonly memory = new MemoryExecutionStore();
  readonly workspaces = new Set<string>();
  /** Called after each change. */
  onChange: (key: ExecutionKey, change: Change) => void = () => undefined;
  /** Called when the index answered something else than it would have without its lag. */
  onStale: () => void = () => undefined;
  /** How old what the index says of one execution is. */
  lagMs: () => number = () => 0;
  readonly #now: () => number;
  readonly #changes = new Map<string, Change[]>();
  readonly #groups = new Set<string>();
  readonly #index = new Map<string, Entry>();
  #open = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Executions that have not ended, or whose end is not announced yet. */
  get open(): number {
    return this.#open;
  }

  changesOf(key: ExecutionKey): readonly Change[] {
    return this.#changes.get(nameOf(key)) ?? [];
  }

  /** Whether a sweep up to this time would find anything, lag or not. */
  hasDue(before: number): boolean {
    return [...this.#index.values()].some(({ history }) =>
      history.some(({ check }) => check !== undefined && check <= before),
    );
  }

  async createHeader(header: Header) {
    const before = await this.memory.readHeader(this.#touch(header));
    const result = await this.memory.createHeader(header);
    if (result.created && before === undefined) {
      this.#open += 1;
      this.#headerChanged(undefined, header);
    }
    return result;
  }

  readHeader(key: ExecutionKey): Promise<Header | undefined> {
    return this.memory.readHeader(this.#touch(key));
  }

  async replaceHeader(next: Header): Promise<boolean> {
    const before = await this.memory.readHeader(this.#touch(next));
    const written = await this.memory.replaceHeader(next);
    if (written && before !== undefined && before.op !== next.op) {
      this.#open += Number(isOpen(next)) - Number(isOpen(before));
      this.#headerChanged(before, next);
    }
    return written;
  }

  load(value: Stored) {
    return this.memory.load(value);
  }

  readNode(key: ExecutionKey, node: NodeKey) {
    return this.memory.readNode(this.#touch(key), node);
  }

  readNodes(key: ExecutionKey, nodes: readonly NodeKey[], depth: 'statuses' | 'outputs') {
    return this.memory.readNodes(this.#touch(key), nodes, depth);
  }

  readAll(key: ExecutionKey, depth: 'statuses' | 'outputs') {
    return this.memory.readAll(this.#touch(key), depth);
  }

  /** What is read alongside is a call of its own, made by whoever calls this (clients.ts), who also knows what it had seen. */
  async writeNode(key: ExecutionKey, record: NodeRecord, expected: NodeCondition, issuedAfter: number) {
    const before = await this.memory.readNode(this.#touch(key), record);
    const write = await this.memory.writeNode(key, record, expected);
    if (write.written && before?.op !== record.op)
      this.#changed(key, { kind: 'node', before, after: record, issuedAfter });
    return write;
  }

  async arrive(key: ExecutionKey, set: ArrivalSetKey, elements: readonly string[]) {
    const all = await this.memory.arrive(this.#touch(key), set, elements);
    this.#changed(key, { kind: 'arrival', ...set, elements });
    return all;
  }

  async takeGroup(key: ExecutionKey, group: GroupRecord, issuedAfter: number) {
    const result = await this.memory.takeGroup(this.#touch(key), group);
    const name = `${nameOf(key)}#${group.gen}#${group.node}#${group.group}`;
    if (result.taken && !this.#groups.has(name)) {
      this.#groups.add(name);
      this.#changed(key, { kind: 'group', after: group, issuedAfter });
    }
    return result;
  }

  fileDeadLetter(letter: DeadLetter) {
    return this.memory.fileDeadLetter(this.#touched(letter));
  }

  readDeadLetter(key: DeadLetterKey) {
    return this.memory.readDeadLetter(this.#touched(key));
  }

  deadLettersOf(key: ExecutionKey) {
    return this.memory.deadLettersOf(this.#touch(key));
  }

  closeDeadLetter(key: DeadLetterKey, closing: Closing) {
    return this.memory.closeDeadLetter(this.#touched(key), closing);
  }

  /** An index: each execution as it was a while ago. */
  async dueForCheck({ shard, horizon, limit, after }: DueQuery): Promise<DuePage> {
    const due: Due[] = [];
    for (const { key, number, history } of this.#index.values()) {
      if (number % CHECK_SHARDS !== shard) continue;
      const seenAt = this.#now() - this.lagMs();
      const seen = history.findLast(({ at }) => at <= seenAt)?.check;
      if (seen !== history.at(-1)?.check) this.onStale();
      if (seen !== undefined && seen <= horizon) due.push({ key, check: seen });
    }
    const rest = due.sort(byCheck).filter((entry) => after === undefined || byCheck(entry, after) > 0);
    const page = rest.slice(0, limit);
    const next = page.at(-1);
    return { due: page, ...(next !== undefined && rest.length > limit && { next }) };
  }

  #headerChanged(before: Header | undefined, after: Header): void {
    const name = nameOf(after);
    const key = { workspace: after.workspace, execution: after.execution };
    const entry = this.#index.get(name) ?? { key, number: this.#index.size, history: [] };
    entry.history.push({ at: this.#now(), check: after.check });
    this.#index.set(name, entry);
    this.#changed(key, { kind: 'header', before, after });
  }

  #changed(key: ExecutionKey, happened: Happened): void {
    const changes = this.#changes.get(nameOf(key)) ?? [];
    const change: Change = { ...happened, seq: changes.length + 1, at: this.#now() };
    changes.push(change);
    this.#changes.set(nameOf(key), changes);
    this.onChange(key, change);
  }

  #touch(key: ExecutionKey): ExecutionKey {
    return this.#touched(key);
  }

  #touched<K extends ExecutionKey>(key: K): K {
    this.workspaces.add(key.workspace);
    return key;
  }
}

function byCheck(one: Due, other: Due): number {
  return (
    one.check - other.check || (nameOf(one.key) < nameOf(other.key) ? -1 : Number(nameOf(one.key) > nameOf(other.key)))
  );
}

function nameOf({ workspace, execution }: ExecutionKey): string {
  return `${workspace}/${execution}`;
}

function isOpen({ status, check }: Header): boolean {
  return !isTerminal(status) || check !== undefined;
}
