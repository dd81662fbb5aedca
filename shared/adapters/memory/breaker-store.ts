import type { BreakerKey, BreakerRecord, BreakerStore, BreakerWrite } from '../../engine/breakers.ts';

/** Breakers in memory, with the condition of the DynamoDB store. */
export class MemoryBreakerStore implements BreakerStore {
  readonly #records = new Map<string, BreakerRecord>();
  reads = 0;
  writes = 0;

  readBreaker(key: BreakerKey): Promise<BreakerRecord | undefined> {
    this.reads += 1;
    return Promise.resolve(this.#records.get(nameOf(key)));
  }

  writeBreaker(key: BreakerKey, next: BreakerRecord): Promise<BreakerWrite> {
    this.writes += 1;
    const existing = this.#records.get(nameOf(key));
    if (existing?.op === next.op) return Promise.resolve({ written: true });
    if ((existing?.rev ?? 0) !== next.rev - 1) return Promise.resolve({ written: false, existing });
    this.#records.set(nameOf(key), structuredClone(next));
    return Promise.resolve({ written: true });
  }

  /** What the table does, some time, to what is to be forgotten. */
  remove(key: BreakerKey): void {
    this.#records.delete(nameOf(key));
  }
}

function nameOf({ workspace, target }: BreakerKey): string {
  return `${workspace}#${target}`;
}
