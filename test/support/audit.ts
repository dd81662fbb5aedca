import { isSettledRecord, isTerminal, type Header, type NodeRecord } from '../../shared/domain/execution/records.ts';
import type { ExecutionStore } from '../../shared/engine/ports.ts';

/** Watches every write for what must never happen (protocol, invariant 1). */
export class Audit {
  readonly violations: string[] = [];
  /** How often each node was settled by a write that was applied. */
  readonly commits = new Map<string, number>();

  readonly watch = (store: ExecutionStore): ExecutionStore =>
    new Proxy(store, {
      get: (_, name) => {
        if (name === 'writeNode') return this.#writeNode(store);
        if (name === 'replaceHeader') return this.#replaceHeader(store);
        const method: unknown = Reflect.get(store, name);
        return typeof method === 'function' ? method.bind(store) : method;
      },
    });

  #writeNode(store: ExecutionStore): ExecutionStore['writeNode'] {
    return async (key, record, expected) => {
      const before = await store.readNode(key, record);
      const write = await store.writeNode(key, record, expected);
      if (!write.written) return write;
      if (before !== undefined && isSettledRecord(before)) this.violations.push(`${record.node} was settled as ${before.status} and is ${record.status} now`);
      if (before !== undefined && record.fence < before.fence) this.violations.push(`the fence of ${record.node} went back`);
      if (isSettledRecord(record)) this.#count(record);
      return write;
    };
  }

  #replaceHeader(store: ExecutionStore): ExecutionStore['replaceHeader'] {
    return async (next: Header) => {
      const before = await store.readHeader(next);
      const written = await store.replaceHeader(next);
      if (written && before !== undefined && isTerminal(before.status)) this.violations.push(`the execution was ${before.status} and is ${next.status} now`);
      if (written && before?.stop !== undefined && next.stop?.status !== before.stop.status) this.violations.push('a stop was taken back');
      return written;
    };
  }

  #count(record: NodeRecord): void {
    const commits = (this.commits.get(record.node) ?? 0) + 1;
    this.commits.set(record.node, commits);
    if (commits > 1) this.violations.push(`${record.node} was committed ${commits} times`);
  }
}
