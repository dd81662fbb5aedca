import { isDeepStrictEqual } from 'node:util';
import {
  isSettledRecord,
  isTerminal,
  type Header,
  type NodeRecord,
  type SettledRecord,
} from '../../../shared/domain/execution/records.ts';
import { keyOf } from './books.ts';
import type { ExecutionEvidence } from './evidence.ts';
import type { Report } from './invariants.ts';
import type { Moment, Watcher } from './replay.ts';

/** I2, I3 and I4: what each applied write made of what was there. */
export function watchTransitions(report: Report): Watcher {
  const settled = new Map<string, number>();
  return {
    onChange: (change, { header, books }) => {
      if (change.kind === 'header') return checkHeader(header, change.after, report);
      if (change.kind !== 'node') return;
      const { after } = change;
      if (isSettledRecord(after)) {
        const key = keyOf(after.gen, after.node);
        settled.set(key, (settled.get(key) ?? 0) + 1);
        if (settled.get(key) === 2) report('I2', `${after.node} was settled twice in generation ${after.gen}`);
      }
      const before = books.record(after.gen, after.node);
      if (before !== undefined) checkNode(before, after, report);
    },
  };
}

function checkHeader(before: Header | undefined, after: Header, report: Report): void {
  if (before === undefined) {
    if (after.status !== 'pending' && after.status !== 'running')
      report('I3', `the execution began as ${after.status}`);
    return;
  }
  const { gen } = before;
  if (before.op === after.op && isDeepStrictEqual(before, after)) return;
  if (after.rev <= before.rev) report('I3', `revision ${before.rev} of the header was followed by ${after.rev}`);
  if (after.gen !== gen) {
    if (after.gen !== gen + 1) report('I3', `generation ${gen} was followed by ${after.gen}`);
    if (!isTerminal(before.status))
      report('I3', `generation ${after.gen} began while the execution was ${before.status}`);
    return;
  }
  const { status } = after;
  if (isTerminal(before.status) && status !== before.status)
    report('I3', `the execution was ${before.status} and is ${status} in the same generation`);
  if (before.status === 'running' && status === 'pending') report('I3', 'the execution was running and is pending');
  if (before.stop !== undefined && !isDeepStrictEqual(before.stop, after.stop))
    report('I3', `the stop ${before.stop.status} was taken back or replaced`);
  if (before.output !== undefined && !isDeepStrictEqual(before.output, after.output))
    report('I4', "the execution's output was changed");
  if (!isDeepStrictEqual(before.input, after.input)) report('I4', "the execution's input was changed");
}

function checkNode(before: NodeRecord, after: NodeRecord, report: Report): void {
  const { node } = after;
  if (isSettledRecord(before)) {
    if (!isSettledRecord(after)) report('I3', `${node} was settled as ${before.status} and is ${after.status}`);
    else if (!isDeepStrictEqual(committed(before), committed(after)))
      report('I4', `what ${node} had committed was replaced`);
    return;
  }
  if (after.fence < before.fence) report('I3', `the fence of ${node} fell from ${before.fence} to ${after.fence}`);
  // An attempt that a breaker refused until the end was none.
  const refused = isSettledRecord(after) && after.error?.code === 'breaker_open' ? 1 : 0;
  if (after.attempt + refused < before.attempt)
    report('I3', `attempt ${before.attempt} of ${node} was followed by ${after.attempt}`);
  if (after.crashes < before.crashes)
    report('I3', `the crashes of ${node} fell from ${before.crashes} to ${after.crashes}`);
  const isClaim =
    after.status === 'running' &&
    !(before.status === 'running' && before.lease.by === after.lease.by && before.op === after.op);
  const isExtension = before.status === 'running' && after.status === 'running' && before.lease.by === after.lease.by;
  if (isClaim && !isExtension && after.fence === before.fence)
    report('I3', `${node} was claimed under the fence ${before.fence} of the claim before`);
}

/** I4 at rest: what the store holds is what was written there last. */
export function checkStored(execution: ExecutionEvidence, last: Moment, report: Report): void {
  for (const record of execution.nodes) {
    const written = last.books.record(record.gen, record.node);
    if (written === undefined) report('I4', `nobody wrote the record of ${record.node} in generation ${record.gen}`);
    else if (
      isSettledRecord(written) &&
      (!isSettledRecord(record) || !isDeepStrictEqual(committed(written), committed(record)))
    )
      report('I4', `the record of ${record.node} is not what was committed`);
  }
  if (execution.nodes.length < last.books.records.length) report('I4', 'a record that was written is gone');
  if (!isDeepStrictEqual(last.header?.output, execution.header?.output))
    report('I4', "the execution's output is not what was committed");
}

function committed({ status, output, error, pure }: SettledRecord) {
  return { status, output, error, pure };
}
