import { TABLE } from '../../../config/table.ts';
import { epochMs } from '../../../domain/time.ts';
import type { ReplayStore } from '../../../engine/ports.ts';
import type { LetterPage, LetterQuery, ReplayJob, ReplayJobKey } from '../../../engine/replay-jobs.ts';
import { keyAttributes, number, numberOf, text, textOf, type Item } from './attributes.ts';
import { listSummaries } from './dead-letter-list.ts';
import { replayJobKey } from './keys.ts';
import { assertReadable } from './record-version.ts';
import { structure, structureOf } from './structure.ts';
import { isAbsent, type Table } from './table.ts';

/** A job's record is of interest for as long as somebody may ask what became of it. */
const KEPT_MS = 30 * 86_400_000;

type Details = Omit<ReplayJob, 'workspace' | 'job' | 'slice' | 'status' | 'op'>;

/** Bulk replays in DynamoDB: an item for each job, and the listing index for what they work through. */
export class DynamoReplayStore implements ReplayStore {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async createJob(job: ReplayJob): Promise<void> {
    await this.#table.put(jobItem(job), isAbsent);
  }

  async readJob(key: ReplayJobKey): Promise<ReplayJob | undefined> {
    const item = await this.#table.get(replayJobKey(key));
    return item === undefined ? undefined : jobOf(key, item);
  }

  async advanceJob(next: ReplayJob): Promise<boolean> {
    const values = { ':before': number(next.slice - 1) };
    const { written } = await this.#table.put(jobItem(next), { expression: 'slice = :before', values });
    return written;
  }

  async openLetters(query: LetterQuery): Promise<LetterPage> {
    const { items, next } = await listSummaries(this.#table, query);
    const letters = items.map(({ workspace, execution, node, gen, position }) => ({
      key: { workspace, execution, node, gen },
      position,
    }));
    return { letters, ...(next !== undefined && { next }) };
  }
}

function jobItem(job: ReplayJob): Item {
  const { workspace, job: id, slice, status, op, ...details } = job;
  return {
    ...keyAttributes(replayJobKey({ workspace, job: id })),
    slice: number(slice),
    status: text(status),
    op: text(op),
    d: structure(details satisfies Details),
    [TABLE.ttl]: number(Math.ceil((job.createdAt + KEPT_MS) / 1_000)),
  };
}

function jobOf({ workspace, job }: ReplayJobKey, item: Item): ReplayJob {
  assertReadable(item);
  const details = structureOf(item) as Details;
  return {
    ...details,
    workspace,
    job,
    createdAt: epochMs(details.createdAt),
    slice: numberOf(item, 'slice') ?? 0,
    status: textOf(item, 'status') as ReplayJob['status'],
    op: textOf(item, 'op') ?? '',
  };
}
