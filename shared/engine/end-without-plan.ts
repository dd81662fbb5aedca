import {
  isSettledRecord,
  isTerminal,
  type ExecutionKey,
  type Header,
  type Lease,
  type Progress,
} from '../domain/execution/records.ts';
import { failure } from '../domain/failure.ts';
import { endExecution } from './end-execution.ts';
import type { EngineDeps } from './engine-deps.ts';
import type { ExecutionMessage } from './messages.ts';
import type { ExecutionRecords } from './ports.ts';
import type { StoredDefinitionError } from './stored-definition-error.ts';
import { isLive } from './time-budget.ts';

/** Somebody still works under a permission: nothing may end before. The message comes again. */
class StillLeasedError extends Error {
  override readonly name = 'StillLeasedError';
}

/**
 * Ends an execution whose stored definition this deployment cannot run: trying again would give the same, and nothing
 * but its plan says what could still become of its nodes. As a stop and its closing (protocol §8), without the plan:
 *
 * 1. The stop. Whoever gets a permission after it sees it and starts nothing (protocol invariant 4).
 * 2. Every permission older than that shows in the records read now. While one is live, the message comes again.
 * 3. The end. A deployment that knows the definition may have closed the execution meanwhile: then that stands.
 *
 * Each step may be repeated; each write has the condition that nobody wrote the header since it was read.
 */
export async function endWithoutPlan(
  deps: EngineDeps,
  message: ExecutionMessage,
  cause: StoredDefinitionError,
): Promise<void> {
  const { store, clock, ids, queue } = deps;
  const key: ExecutionKey = { workspace: message.ws, execution: message.ex };
  for (;;) {
    const header = await store.readHeader(key);
    if (header === undefined || isTerminal(header.status)) return;
    const now = clock.now();
    const isDue = now >= header.deadline;
    if (header.status === 'pending') {
      if (message.kind !== 'expire') return;
      if (!isDue) return queue.send([{ message, notBefore: header.deadline }]);
      const end = { status: 'timed_out', reason: 'hold_expired' } as const;
      if ((await endExecution(deps, header, end)) !== undefined) return;
      continue;
    }
    if (header.stop === undefined) {
      const stop = isDue
        ? ({ status: 'timed_out', reason: 'timeout', at: now } as const)
        : ({ status: 'failed', reason: 'node_failed', at: now } as const);
      await store.replaceHeader({ ...header, stop, check: now, rev: header.rev + 1, op: ids.operation() });
      continue;
    }
    const records = await store.readAll(key, 'statuses');
    const held = leasesOf(records).filter((lease) => isLive(lease, clock.now(), deps.leaseEpoch));
    if (held.length > 0)
      throw new StillLeasedError(`execution ${message.ex} cannot be ended yet: ${held.length} leases are live`);
    const { status, reason } = header.stop;
    const end = {
      status,
      reason,
      progress: progressOf(records),
      ...(reason === 'node_failed' && { error: errorOf(message, cause) }),
    };
    if ((await endExecution(deps, header, end)) === undefined) continue;
    deps.log.warn('execution ended without its definition', { ...key, status, cause: cause.message });
    return;
  }
}

/** Every permission in the records, of whatever generation. */
function leasesOf({ nodes, groups }: ExecutionRecords): Lease[] {
  const ofNodes = nodes.flatMap((record) => {
    if (isSettledRecord(record)) return record.inline.length > 0 ? [record.lease] : [];
    return record.status === 'running' ? [record.lease] : [];
  });
  return [...ofNodes, ...groups.map(({ lease }) => lease)];
}

function errorOf(message: ExecutionMessage, { message: why }: StoredDefinitionError): NonNullable<Header['error']> {
  const node = 'node' in message && isUsers(message.node) ? message.node : undefined;
  const text = `the execution cannot go on: ${why}. Deploy a Stepwell that can run it, or redrive onto a version that this one can run`;
  return { ...failure('dispatch_dead', 'internal', text), ...(node !== undefined && { node }) };
}

/** As far as the records say: nodes that have none, and skipped ones, are not counted. */
function progressOf({ nodes }: ExecutionRecords): Progress {
  const statuses = new Map<string, 'succeeded' | 'failed' | 'cancelled'>();
  for (const record of nodes.toSorted((one, other) => one.gen - other.gen)) {
    statuses.set(record.node, isSettledRecord(record) ? record.status : 'cancelled');
    if (!isSettledRecord(record)) continue;
    for (const [id, { status }] of Object.entries(record.pure)) statuses.set(id, status);
  }
  const progress = { pending: 0, queued: 0, running: 0, waiting: 0, retrying: 0, skipped: 0 };
  const counts = { succeeded: 0, failed: 0, cancelled: 0 };
  for (const [id, status] of statuses) if (isUsers(id)) counts[status] += 1;
  return { total: counts.succeeded + counts.failed + counts.cancelled, ...progress, ...counts };
}

/** Not one of the virtual nodes that compiling adds: `$start`, `<id>?`. */
function isUsers(id: string): boolean {
  return /^\w+$/.test(id);
}
