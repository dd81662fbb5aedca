import { AsyncLocalStorage } from 'node:async_hooks';
import { processLedger } from './ledger.ts';
import { addTo, noUsage, type Usage } from './usage.ts';

/**
 * What one message, or one API request, has used. Whoever makes a call to AWS charges it here; the writes of an
 * execution's records carry it along, so that the records' sum is what the execution has used, at no write of its own:
 *
 * Y1. Each record carries what was used since the last one that was written in the same tally, itself included.
 * Y2. A record that is overwritten leaves what it carried to its successor.
 * Y3. What was used before a message is sent, and by sending it, travels with the message.
 *
 * Lost is what is used after the last record or message of an execution, and by an invocation that dies. A message that is
 * delivered twice brings what it carries twice. Reading an execution's status is not its own usage but the reader's.
 */
export class Tally {
  readonly workspace: string;
  /** Called before what is open is taken: time passes without a call. */
  readonly #upToDate: () => void;
  #open = noUsage();
  /** What each record of the execution carries, as it was last read or written here; by sort key. */
  readonly #carried = new Map<string, string | undefined>();

  constructor(workspace: string, upToDate: () => void = () => undefined) {
    this.workspace = workspace;
    this.#upToDate = upToDate;
  }

  /** Used just now, and of the workspace's total. */
  charge(usage: Partial<Usage>): void {
    this.add(usage);
    processLedger.use(this.workspace, usage);
  }

  /** Counted in the total already, or not at all: it was used by others, or is given back. */
  add(usage: Partial<Usage>): void {
    addTo(this.#open, usage);
  }

  /** What nothing carries yet; from now on whoever took it does. */
  take(): Usage {
    this.#upToDate();
    const open = this.#open;
    this.#open = noUsage();
    return open;
  }

  /** As `usageText` wrote it. */
  carriedBy(record: string): string | undefined {
    return this.#carried.get(record);
  }

  noteCarried(record: string, usage: string | undefined): void {
    this.#carried.set(record, usage);
  }
}

const storage = new AsyncLocalStorage<Tally>();

export function withTally<T>(tally: Tally, run: () => T): T {
  return storage.run(tally, run);
}

/** Undefined for what no workspace has asked for: polls, and sweeps in which nothing is due. */
export function currentTally(): Tally | undefined {
  return storage.getStore();
}

export function charge(usage: Partial<Usage>): void {
  storage.getStore()?.charge(usage);
}
