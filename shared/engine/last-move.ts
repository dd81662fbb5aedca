import { isSettledRecord, type Header, type NodeRecord } from '../domain/execution/records.ts';
import { epochMs, type EpochMs } from '../domain/time.ts';
import type { ExecutionRecords } from './ports.ts';

/**
 * The last instant at which something happened to this execution, or was to happen: a node ended, a lease ran out, a
 * retry or timer came due. The longer ago that is, the longer its messages have been waiting for a worker, or the
 * surer it is that they are lost.
 */
export function lastMove(header: Header, { nodes, groups }: ExecutionRecords, now: EpochMs): EpochMs {
  const moves = [
    header.startedAt ?? header.createdAt,
    ...header.redrives.map(({ at }) => at),
    ...nodes.flatMap((record) => movesOf(record)),
    ...groups.flatMap(({ lease }) => [lease.since, lease.until]),
  ];
  return epochMs(moves.reduce<number>((last, at) => (at <= now && at > last ? at : last), 0));
}

function movesOf(record: NodeRecord): readonly EpochMs[] {
  if (isSettledRecord(record)) return [record.endedAt, record.lease.until];
  if (record.status === 'running') return [record.lease.since, record.lease.until];
  const due = record.status === 'retrying' ? record.due : record.wait.due;
  return due === undefined ? [record.startedAt] : [record.startedAt, due];
}
