import {
  isSettledRecord,
  isTerminal,
  type Header,
  type Lease,
  type NodeRecord,
} from '../../shared/domain/execution/records.ts';
import type { Plan } from '../../shared/domain/workflow/plan.ts';
import type { ExecutionRecords, ExecutionStore } from '../../shared/engine/ports.ts';

/** Watches every write for what must never happen (protocol, invariants 1 and 2). */
export class Audit {
  readonly violations: string[] = [];
  /** How often each node was settled, in each generation, by a write that was applied. */
  readonly commits = new Map<string, number>();
  readonly #plan: Plan;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

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
    return async (key, record, expected, alongside) => {
      const before = await store.readNode(key, record);
      const records = record.status === 'running' ? await store.readAll(key, 'statuses') : undefined;
      const write = await store.writeNode(key, record, expected, alongside);
      if (!write.written) return write;
      if (before !== undefined && isSettledRecord(before))
        this.violations.push(`${record.node} was settled as ${before.status} and is ${record.status} now`);
      if (before !== undefined && record.fence < before.fence)
        this.violations.push(`the fence of ${record.node} went back`);
      if (isSettledRecord(record)) this.#count(record);
      else if (record.status === 'running' && records !== undefined) this.#checkClaim(record, before, records);
      return write;
    };
  }

  /** Nobody may be running a node under another live permission when it is claimed, nor be able to get one later. */
  #checkClaim(
    claim: Extract<NodeRecord, { status: 'running' }>,
    before: NodeRecord | undefined,
    { nodes, groups }: ExecutionRecords,
  ): void {
    const now = claim.lease.since;
    if (before !== undefined) {
      if (claim.fence <= before.fence) this.violations.push(`the fence of ${claim.node} did not grow with its claim`);
      if (before.status === 'running' && before.lease.until > now)
        this.violations.push(`${claim.node} was claimed under a live lease`);
      return;
    }
    const index = this.#plan.indexOf.get(claim.node) ?? -1;
    for (const parent of nodes.filter(isSettledRecord).filter(({ gen }) => gen === claim.gen)) {
      // Whoever holds the permission may claim under it himself (claimCovered).
      const isOthers = ({ until, by }: Lease) => until > now && by !== claim.lease.by;
      if (parent.inline.includes(index) && isOthers(parent.lease))
        this.violations.push(`${claim.node} was claimed while ${parent.node} covers it`);
      const group = parent.groups.findIndex((members) => members.includes(index));
      const taken = groups.find(
        (taking) => taking.node === parent.node && taking.gen === parent.gen && taking.group === group,
      );
      if (group !== -1 && (taken === undefined || isOthers(taken.lease)))
        this.violations.push(`${claim.node} was claimed while its group can run it`);
    }
  }

  #replaceHeader(store: ExecutionStore): ExecutionStore['replaceHeader'] {
    return async (next: Header) => {
      const before = await store.readHeader(next);
      const written = await store.replaceHeader(next);
      if (written && before !== undefined && isTerminal(before.status) && next.gen === before.gen)
        this.violations.push(`the execution was ${before.status} and is ${next.status} now`);
      if (written && before?.stop !== undefined && next.stop?.status !== before.stop.status && next.gen === before.gen)
        this.violations.push('a stop was taken back');
      return written;
    };
  }

  #count(record: NodeRecord): void {
    const key = `${record.gen}#${record.node}`;
    const commits = (this.commits.get(key) ?? 0) + 1;
    this.commits.set(key, commits);
    if (commits > 1) this.violations.push(`${key} was committed ${commits} times`);
  }
}
