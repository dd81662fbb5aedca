import type { DeadLetter } from '../../domain/execution/records.ts';
import type { ReplayStore } from '../../engine/ports.ts';
import {
  matchesFilter,
  type LetterPage,
  type LetterQuery,
  type ReplayJob,
  type ReplayJobKey,
} from '../../engine/replay-jobs.ts';

/** Bulk replays in memory; the letters are those of an execution store. */
export class MemoryReplayStore implements ReplayStore {
  readonly #lettersOf: (workspace: string) => readonly DeadLetter[];
  readonly #jobs = new Map<string, ReplayJob>();

  constructor(executions: { lettersOf(workspace: string): readonly DeadLetter[] }) {
    this.#lettersOf = (workspace) => executions.lettersOf(workspace);
  }

  async createJob(job: ReplayJob): Promise<void> {
    const name = nameOf(job);
    if (!this.#jobs.has(name)) this.#jobs.set(name, structuredClone(job));
  }

  async readJob(key: ReplayJobKey): Promise<ReplayJob | undefined> {
    return structuredClone(this.#jobs.get(nameOf(key)));
  }

  async advanceJob(next: ReplayJob): Promise<boolean> {
    const current = this.#jobs.get(nameOf(next));
    if (current?.slice !== next.slice - 1) return current?.op === next.op;
    this.#jobs.set(nameOf(next), structuredClone(next));
    return true;
  }

  async openLetters({ workspace, filter, after, limit }: LetterQuery): Promise<LetterPage> {
    const behind = this.#lettersOf(workspace)
      .map((letter) => ({ letter, position: positionOf(letter) }))
      .filter(({ position }) => after === undefined || position < after)
      .sort((one, other) => (one.position < other.position ? 1 : -1));
    const read = behind.slice(0, limit);
    const last = read.at(-1);
    const letters = read
      .filter(({ letter }) => matchesFilter({ ...letter, ...letter.error }, filter))
      .map(({ letter: { execution, node, gen }, position }) => ({
        key: { workspace, execution, node, gen },
        position,
      }));
    return { letters, ...(last !== undefined && behind.length > limit && { next: last.position }) };
  }
}

function nameOf({ workspace, job }: ReplayJobKey): string {
  return `${workspace}#${job}`;
}

function positionOf({ createdAt, execution, gen, node }: DeadLetter): string {
  return `${String(createdAt).padStart(13, '0')}#${execution}#${gen}#${node}`;
}
