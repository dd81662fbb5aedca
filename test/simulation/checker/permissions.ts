import {
  isSettledRecord,
  type GroupRecord,
  type Lease,
  type NodeRecord,
  type SettledRecord,
} from '../../../shared/domain/execution/records.ts';
import type { Change, Effect } from './evidence.ts';
import type { Report } from './invariants.ts';
import type { Moment, Watcher } from './replay.ts';

interface Permission {
  readonly lease: Lease;
  /** After which change the request left that got it. */
  readonly issued: number;
  readonly attempt: number;
}

/**
 * I8 and I9: who may start a node, and under what. `lenient`: workers' clocks differ, so that the ends of leases are
 * judged differently by each; then only stops are looked at.
 */
export function watchPermissions(report: Report, lenient: boolean): Watcher {
  return {
    onChange: (change, moment) => {
      if (lenient) return;
      if (change.kind === 'node') checkClaim(change.after, change.at, moment, report);
      if (change.kind === 'group') checkTaking(change.after, change, moment, report);
    },
    onEffect: (effect, moment) => {
      const { view, stoppedBy } = moment;
      if (view === undefined) return;
      const permission = permissionOf(effect, view.generation(effect.node), moment);
      // What `inline` and `groups` say in indices cannot be read without the plan's ids.
      if (permission === undefined && moment.planIds === undefined) return;
      const attempt = `attempt ${effect.attempt} of ${effect.node}`;
      if (permission === undefined) {
        if (!lenient) report('I8', `${attempt} began without a permission`);
        return;
      }
      if (!lenient && permission.lease.until <= effect.startedAt)
        report('I8', `${attempt} began ${effect.startedAt - permission.lease.until} ms after its lease had ended`);
      if (permission.attempt !== effect.attempt)
        report('I7', `${attempt} began under a permission for attempt ${permission.attempt}`);
      if (stoppedBy !== undefined && permission.issued >= stoppedBy)
        report('I9', `${attempt} began under a permission that was issued after the execution was stopped`);
    },
  };
}

function permissionOf({ node }: Effect, gen: number, { books }: Moment): Permission | undefined {
  const own = books.entry(gen, node);
  if (own !== undefined) {
    const { record, issued } = own;
    return record.status === 'running' ? { lease: record.lease, issued, attempt: record.attempt } : undefined;
  }
  const cover = books.cover(gen, node);
  if (cover === undefined) return undefined;
  if (cover.group === undefined) return { lease: cover.record.lease, issued: cover.issued, attempt: 1 };
  const taken = books.group(gen, cover.record.node, cover.group);
  return taken === undefined ? undefined : { lease: taken.group.lease, issued: taken.issued, attempt: 1 };
}

/** Nobody may be running a node under another live permission when it is claimed, nor be able to get one later. */
function checkClaim(claim: NodeRecord, at: number, { books }: Moment, report: Report): void {
  if (claim.status === 'cancelled') checkFence(claim, at, books, report);
  if (claim.status !== 'running') return;
  const { node, gen, lease } = claim;
  const before = books.record(gen, node);
  if (before !== undefined) {
    const isExtension = before.status === 'running' && before.fence === claim.fence && before.lease.by === lease.by;
    if (before.status === 'running' && before.lease.until > at && !isExtension)
      report('I8', `${node} was claimed while a claim before it was live`);
    return;
  }
  const cover = books.cover(gen, node);
  if (cover === undefined) return;
  const parent = cover.record.node;
  // Whoever holds the permission may claim under it himself.
  const isOthers = ({ until, by }: Lease) => until > at && by !== lease.by;
  if (cover.group === undefined) {
    if (isOthers(cover.record.lease)) report('I8', `${node} was claimed while ${parent} covered it`);
    return;
  }
  const taken = books.group(gen, parent, cover.group);
  if (taken === undefined || isOthers(taken.group.lease))
    report('I8', `${node} was claimed while its group could run it`);
}

/** Who closes a stopped execution waits for those who may be running a node. */
function checkFence(fence: SettledRecord, at: number, books: Moment['books'], report: Report): void {
  const { node, gen, lease } = fence;
  const before = books.record(gen, node);
  const cover = before === undefined ? books.cover(gen, node) : undefined;
  const held =
    before?.status === 'running' ? before.lease : cover?.group === undefined ? cover?.record.lease : undefined;
  if (held !== undefined && held.until > at && held.by !== lease.by)
    report('I10', `${node} was cancelled under a live lease of somebody else`);
}

function checkTaking(group: GroupRecord, { at }: Pick<Change, 'at'>, { books, planIds }: Moment, report: Report): void {
  const before = books.group(group.gen, group.node, group.group);
  if (before !== undefined && before.group.op !== group.op)
    report('I8', `group ${group.group} of ${group.node} was taken twice`);
  if (group.lease.until <= at) return;
  const parent = books.record(group.gen, group.node);
  const children = parent !== undefined && isSettledRecord(parent) ? (parent.groups[group.group] ?? []) : [];
  for (const child of children) {
    const record = books.record(group.gen, planIds?.[child] ?? '');
    if (record?.status === 'running' && record.lease.until > at && record.lease.by !== group.lease.by)
      report('I8', `group ${group.group} of ${group.node} was taken while ${record.node} was claimed`);
  }
}
