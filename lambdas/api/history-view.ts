import type { HistoryItem } from '../../shared/contracts/schemas.ts';
import { isSettledRecord, type Header, type NodeRecord } from '../../shared/domain/execution/records.ts';
import { toRfc3339, type EpochMs } from '../../shared/domain/time.ts';

type Event = Omit<HistoryItem, 'at'> & { readonly at: EpochMs };

/**
 * What happened, in order of time, read off the records: they are the audit trail, there is no second one to disagree.
 * Nodes of every generation appear, also those that a redrive has since discarded.
 */
export function historyOf(header: Header, records: readonly NodeRecord[]): HistoryItem[] {
  const events = [...executionEvents(header), ...records.flatMap(nodeEvents)];
  // Stable: events of one instant keep the order in which they were derived.
  return events.sort((a, b) => a.at - b.at).map(withText);
}

function withText({ at, ...event }: Event): HistoryItem {
  return { at: toRfc3339(at), ...event };
}

function isVirtualId(id: string): boolean {
  return id.startsWith('$') || id.endsWith('?');
}

function executionEvents(header: Header): Event[] {
  const { createdAt, startedAt, trigger, redrives } = header;
  // One that was never started before it was redriven was started by that.
  const startGeneration = 1 + redrives.filter(({ at }) => startedAt !== undefined && at <= startedAt).length;
  const runs = [...redrives.map(({ after }) => after), header];
  const events: Event[] = [{ at: createdAt, generation: 1, type: 'execution_created', actor: trigger }];
  runs.forEach((run, index) => {
    const generation = index + 1;
    const opening = redrives[index - 1];
    if (opening !== undefined) events.push({ at: opening.at, generation, type: 'execution_redriven' });
    if (startedAt !== undefined && generation === startGeneration)
      events.push({ at: startedAt, generation, type: 'execution_started' });
    events.push(...endEvents(generation, run));
  });
  return events;
}

function endEvents(
  generation: number,
  { status, stop, reason, endedAt }: Pick<Header, 'status' | 'stop' | 'reason' | 'endedAt'>,
): Event[] {
  const code = reason === undefined ? {} : { code: reason };
  return [
    ...(stop === undefined ? [] : [{ at: stop.at, generation, type: 'execution_stop_requested', code: stop.reason }]),
    ...(endedAt === undefined ? [] : [{ at: endedAt, generation, type: `execution_${status}`, ...code }]),
  ];
}

function nodeEvents(record: NodeRecord): Event[] {
  const base = { generation: record.gen, node: record.node };
  // A virtual node is nobody's business, but pure nodes may ride in its record.
  if (isVirtualId(record.node)) return memberEvents(record);
  const events: Event[] = record.attempts.flatMap(({ attempt, startedAt, endedAt, error, refusals }) => {
    const code = error === undefined ? {} : { code: error.code };
    // However often it was refused: the last time.
    if (refusals !== undefined) return [{ ...base, at: endedAt, type: 'attempt_refused', attempt, ...code }];
    return [
      { ...base, at: startedAt, type: 'attempt_started', attempt },
      ...(error === undefined ? [] : [{ ...base, at: endedAt, type: 'attempt_failed', attempt, ...code }]),
    ];
  });
  if (record.status === 'running')
    events.push({ ...base, at: record.lease.since, type: 'attempt_started', attempt: record.attempt });
  const lastEnd = record.attempts.at(-1)?.endedAt ?? record.startedAt;
  if (record.status === 'waiting') events.push({ ...base, at: lastEnd, type: 'node_waiting', code: record.wait.for });
  if (record.status === 'retrying')
    events.push({ ...base, at: lastEnd, type: 'node_retrying', attempt: record.attempt });
  if (isSettledRecord(record)) {
    events.push({
      ...base,
      at: record.endedAt,
      type: `node_${record.status}`,
      ...(record.error !== undefined && { code: record.error.code }),
    });
    events.push(...memberEvents(record));
  }
  return events;
}

function memberEvents(record: NodeRecord): Event[] {
  if (!isSettledRecord(record)) return [];
  return Object.entries(record.pure).flatMap(([node, settled]) => {
    if (isVirtualId(node) || node === record.node) return [];
    const code = settled.status === 'failed' ? { code: settled.error.code } : {};
    return [{ generation: record.gen, node, at: record.endedAt, type: `node_${settled.status}`, ...code }];
  });
}
