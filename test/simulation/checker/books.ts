import {
  isSettledRecord,
  type GroupRecord,
  type NodeRecord,
  type SettledRecord,
} from '../../../shared/domain/execution/records.ts';

export type PureResult = SettledRecord['pure'][string];

/** The records of one execution, of all generations, as far as they have been written. */
export class Books {
  /** Grows with every entry: what was derived before may not hold any more. */
  edition = 0;
  readonly #records = new Map<string, Entry>();
  readonly #pure = new Map<string, PureResult>();
  readonly #groups = new Map<string, { readonly group: GroupRecord; readonly issued: number }>();
  readonly #covers = new Map<string, Cover>();

  /** `issued`: after which change the request left; `ids`: the plan's nodes by index, if they are known. */
  put(record: NodeRecord, issued = 0, ids?: readonly string[]): void {
    this.edition += 1;
    const key = keyOf(record.gen, record.node);
    const before = this.#records.get(key);
    // A lease that is extended is no new permission.
    const extended =
      before?.record.status === 'running' && record.status === 'running' && before.record.fence === record.fence;
    this.#records.set(key, { record, issued: extended ? before.issued : issued });
    if (!isSettledRecord(record)) return;
    for (const [id, result] of Object.entries(record.pure)) this.#pure.set(keyOf(record.gen, id), result);
    if (ids === undefined) return;
    const cover = (children: readonly number[], group?: number) => {
      for (const child of children) {
        const id = ids[child];
        if (id !== undefined) this.#covers.set(keyOf(record.gen, id), { record, issued, group });
      }
    };
    cover(record.inline);
    record.groups.forEach((children, group) => cover(children, group));
  }

  putGroup(group: GroupRecord, issued = 0): void {
    this.#groups.set(keyOf(group.gen, `${group.node}#${group.group}`), { group, issued });
  }

  entry(gen: number, node: string): Entry | undefined {
    return this.#records.get(keyOf(gen, node));
  }

  record(gen: number, node: string): NodeRecord | undefined {
    return this.#records.get(keyOf(gen, node))?.record;
  }

  pureResult(gen: number, node: string): PureResult | undefined {
    return this.#pure.get(keyOf(gen, node));
  }

  /** The settled record that lets others start this node without a record of its own. */
  cover(gen: number, node: string): Cover | undefined {
    return this.#covers.get(keyOf(gen, node));
  }

  group(
    gen: number,
    node: string,
    group: number,
  ): { readonly group: GroupRecord; readonly issued: number } | undefined {
    return this.#groups.get(keyOf(gen, `${node}#${group}`));
  }

  get records(): readonly NodeRecord[] {
    return Array.from(this.#records.values(), ({ record }) => record);
  }
}

interface Entry {
  readonly record: NodeRecord;
  /** How many changes had been applied when the request left that wrote it. */
  readonly issued: number;
}

export interface Cover extends Entry {
  readonly record: SettledRecord;
  /** Undefined: it is to be started inline. */
  readonly group: number | undefined;
}

export function keyOf(gen: number, node: string): string {
  return `${gen}#${node}`;
}
