import type { ExecutionKey, Header } from '../../../shared/domain/execution/records.ts';
import type { Clock, ExecutionStore } from '../../../shared/engine/ports.ts';
import type { Change } from './evidence.ts';

type Unnumbered<T> = T extends unknown ? Omit<T, 'seq' | 'at'> : never;

/**
 * Takes down each write that a memory store applies. That store applies a write within the call, before it first gives
 * way; so reading just before the call, without waiting in between, sees exactly what the write met.
 */
export class ChangeLog {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #changes = new Map<string, Change[]>();
  /** Also of writes that turned out to be refused: numbers only have to grow. */
  #seq = 0;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** The number of the last write that may have been applied. */
  get seq(): number {
    return this.#seq;
  }

  of({ execution }: Pick<ExecutionKey, 'execution'>): readonly Change[] {
    return (this.#changes.get(execution) ?? []).sort((one, other) => one.seq - other.seq);
  }

  readonly watch = (store: ExecutionStore): ExecutionStore =>
    new Proxy(store, {
      get: (_, name) => {
        if (name === 'createHeader') return this.#createHeader(store);
        if (name === 'replaceHeader') return this.#replaceHeader(store);
        if (name === 'writeNode') return this.#writeNode(store);
        if (name === 'takeGroup') return this.#takeGroup(store);
        const method: unknown = Reflect.get(store, name);
        return typeof method === 'function' ? method.bind(store) : method;
      },
    });

  #createHeader(store: ExecutionStore): ExecutionStore['createHeader'] {
    return async (header) => {
      const found = store.readHeader(header);
      const note = this.#reserve(header);
      const created = await store.createHeader(header);
      const before = await found;
      if (created.created && before === undefined) note({ kind: 'header', before, after: header });
      return created;
    };
  }

  #replaceHeader(store: ExecutionStore): ExecutionStore['replaceHeader'] {
    return async (next: Header) => {
      const found = store.readHeader(next);
      const note = this.#reserve(next);
      const written = await store.replaceHeader(next);
      const before = await found;
      if (written && before?.op !== next.op) note({ kind: 'header', before, after: next });
      return written;
    };
  }

  /** What runs alongside may fail or never end, as may who waits for it; the write is noted all the same. */
  #writeNode(store: ExecutionStore): ExecutionStore['writeNode'] {
    return async (key, record, expected, alongside) => {
      const found = store.readNode(key, record);
      const note = this.#reserve(key);
      const noted = Promise.all([found, store.writeNode(key, record, expected)]).then(([before, write]) => {
        if (write.written && before?.op !== record.op) note({ kind: 'node', before, after: record });
        return write;
      });
      await alongside?.();
      return noted;
    };
  }

  #takeGroup(store: ExecutionStore): ExecutionStore['takeGroup'] {
    return async (key, group) => {
      const found = store.readAll(key, 'statuses');
      const note = this.#reserve(key);
      const taking = await store.takeGroup(key, group);
      const known = (await found).groups.some(({ op }) => op === group.op);
      if (taking.taken && !known) note({ kind: 'group', after: group });
      return taking;
    };
  }

  /** A place in the order, and the time, for a write that is about to be tried. */
  #reserve({ execution }: Pick<ExecutionKey, 'execution'>): (change: Unnumbered<Change>) => void {
    this.#seq += 1;
    const place = { seq: this.#seq, at: this.#clock.now() };
    return (change) => {
      const known = this.#changes.get(execution);
      const numbered = { ...change, ...place };
      if (known === undefined) this.#changes.set(execution, [numbered]);
      else known.push(numbered);
    };
  }
}
