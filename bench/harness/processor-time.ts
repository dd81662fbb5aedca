import { readdirSync, readFileSync } from 'node:fs';

/** The unit of the times in /proc, whatever the kernel itself counts in (`getconf CLK_TCK`). */
const TICK_MS = 10;
/** Fields 14 and 15 of /proc/<pid>/stat; the first two, of which the name may hold spaces, are cut off before. */
const USER_TIME = 11;
const SYSTEM_TIME = 12;

export interface ProcessorTime {
  /** Of the process itself. */
  readonly ownMs: number;
  /** Of its children and theirs. */
  readonly childrenMs: number;
}

/** Processor time that a process and its descendants have used so far; undefined where there is no /proc. */
export function processorTime(pid: number): ProcessorTime | undefined {
  if (process.platform !== 'linux') return undefined;
  const childrenMs = descendantsOf(pid).reduce((sum, child) => sum + (timeOf(child) ?? 0), 0);
  const ownMs = timeOf(pid);
  return ownMs === undefined ? undefined : { ownMs, childrenMs };
}

/** What was used between two readings; undefined if there was no reading. */
export function usedBetween(
  before: ProcessorTime | undefined,
  after: ProcessorTime | undefined,
): ProcessorTime | undefined {
  if (before === undefined || after === undefined) return undefined;
  return { ownMs: after.ownMs - before.ownMs, childrenMs: after.childrenMs - before.childrenMs };
}

function descendantsOf(pid: number): readonly number[] {
  const children = readOrEmpty(() =>
    // A child is listed with the thread that started it.
    readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number),
    ),
  );
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

function timeOf(pid: number): number | undefined {
  const [time] = readOrEmpty(() => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return [(Number(fields[USER_TIME]) + Number(fields[SYSTEM_TIME])) * TICK_MS];
  });
  return time;
}

/** A process may end between two looks. */
function readOrEmpty(read: () => readonly number[]): readonly number[] {
  try {
    return read();
  } catch {
    return [];
  }
}
