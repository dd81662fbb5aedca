import type { DynamoExecutionStore, StoredExecution } from '../../shared/adapters/aws/dynamo/execution-store.ts';
import { isTerminal, type ExecutionKey } from '../../shared/domain/execution/records.ts';
import type { Clock } from '../../shared/engine/ports.ts';

/** About 1.5 KB a record: a twentieth of the function's memory. */
const KEPT_RECORDS_MAX = 20_000;
/** Longer than a read takes, and than any two clocks are apart. */
const JUST_ENDED_MS = 10_000;

/**
 * Reads executions to show them. One that has ended stays as it is until its header changes (a redrive): who reads it again,
 * page by page or node by node, pays for a look at the header and not for thousands of records. The least recently read leave
 * when it is too much.
 */
export class ExecutionReader {
  readonly #store: DynamoExecutionStore;
  readonly #now: Clock['now'];
  readonly #recordsMax: number;
  readonly #kept = new Map<string, StoredExecution>();
  #keptRecords = 0;

  constructor(store: DynamoExecutionStore, now: Clock['now'], recordsMax = KEPT_RECORDS_MAX) {
    this.#store = store;
    this.#now = now;
    this.#recordsMax = recordsMax;
  }

  /** Without outputs. `isBrief`: of one that has ended only the header and the usage are wanted. */
  async statuses(key: ExecutionKey, { isBrief = false } = {}): Promise<StoredExecution | undefined> {
    const name = `${key.workspace}/${key.execution}`;
    const kept = this.#kept.get(name);
    if (kept !== undefined) {
      const header = await this.#store.readHeader(key, kept.header);
      if (header === kept.header) return this.#keep(name, kept);
      this.#forget(name);
    }
    const read = await this.#store.readExecution(key, 'statuses');
    if (read === undefined || (isBrief && this.#hasJustEnded(read))) return read;
    const execution = await this.#upToDate(read, 'statuses');
    return isTerminal(execution.header.status) ? this.#keep(name, execution) : execution;
  }

  async outputs(key: ExecutionKey): Promise<StoredExecution | undefined> {
    const read = await this.#store.readExecution(key, 'outputs');
    return read && this.#upToDate(read, 'outputs');
  }

  /** The records were read beside the header: older than that, they would show an ended execution with what is not over. */
  async #upToDate(read: StoredExecution, depth: 'statuses' | 'outputs'): Promise<StoredExecution> {
    return this.#hasJustEnded(read) ? { ...read, records: await this.#store.readAll(read.header, depth) } : read;
  }

  #hasJustEnded({ header: { status, endedAt } }: StoredExecution): boolean {
    return isTerminal(status) && endedAt !== undefined && this.#now() - endedAt < JUST_ENDED_MS;
  }

  #keep(name: string, execution: StoredExecution): StoredExecution {
    this.#forget(name);
    // Nothing else would have room beside it.
    if (sizeOf(execution) > this.#recordsMax) return execution;
    this.#kept.set(name, execution);
    this.#keptRecords += sizeOf(execution);
    for (const oldest of this.#kept.keys()) {
      if (this.#keptRecords <= this.#recordsMax) break;
      this.#forget(oldest);
    }
    return execution;
  }

  #forget(name: string): void {
    const kept = this.#kept.get(name);
    if (kept !== undefined && this.#kept.delete(name)) this.#keptRecords -= sizeOf(kept);
  }
}

/** The header counts, too: as it does in memory. */
function sizeOf({ records }: StoredExecution): number {
  return 1 + records.nodes.length + records.groups.length;
}
