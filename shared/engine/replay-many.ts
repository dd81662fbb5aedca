import type { DeadLetter, ExecutionKey } from '../domain/execution/records.ts';
import { epochMs, type EpochMs } from '../domain/time.ts';
import { isRepeated } from './dead-letters.ts';
import type { EngineDeps } from './engine-deps.ts';
import type { Delivery, MessageOf } from './messages.ts';
import { redrive } from './redrive.ts';
import { matchesFilter, type LetterPage, type ReplayCounts, type ReplayJob } from './replay-jobs.ts';
import { COMMIT_MARGIN_MS } from './time-budget.ts';
import { sleep } from './sleep.ts';

/** How long one slice goes on: what its worker's death repeats. */
const SLICE_MS = 5_000;
const PAGE_MAX = 50;
/** So many in a row that cannot be replayed: the store is in trouble, and the message had better come again. */
const FAULTS_IN_A_ROW_MAX = 5;
const SECOND_MS = 1_000;

/**
 * Works one slice of a bulk replay: some seconds of replaying, one letter after the other, at the job's rate. Then the
 * job's progress in one conditional write, then the message of the next slice.
 *
 * - Dying before a redrive, or after it: the slice is worked again from its beginning. What was replayed the first time
 *   is not open any more, or its execution runs: nothing is replayed twice (`redrive.ts`), it only misses in `replayed`.
 * - Dying between the progress and the message: the redelivery finds the job one slice ahead and sends the message again.
 * - The answer to the progress's write is lost: the store knows it by its operation; an exception brings the message
 *   again, which is the case before.
 * - The message twice, one after the other: the second finds the slice past and does nothing. Both at once: each letter
 *   is replayed by one of them, for those seconds at up to twice the rate; one of them writes the progress and goes on.
 * - The same message from long ago: past, nothing.
 *
 * The failed nodes of one execution are repeated together, in one redrive, and count as many. An execution that runs is
 * skipped: its entries stay open unless it is being redriven.
 */
export async function replayMany(
  deps: EngineDeps,
  message: MessageOf<'replay'>,
  delivery: Delivery,
  remainingMs: number,
): Promise<void> {
  const { queue, replays } = deps;
  const job = await replays.readJob({ workspace: message.ws, job: message.job });
  if (job?.status !== 'running') return;
  if (job.slice === message.slice + 1 && delivery.receiveCount > 1)
    return queue.send([{ message: { ...message, slice: job.slice } }]);
  if (job.slice !== message.slice) return;
  const slice = new Slice(deps, job, Math.min(SLICE_MS, remainingMs - COMMIT_MARGIN_MS), delivery.id);
  const next = await slice.work();
  if (!(await replays.advanceJob(next))) return;
  if (next.status === 'done') {
    deps.log.info('bulk replay done', { workspace: next.workspace, job: next.job, ...next.counts });
    return;
  }
  await queue.send([{ message: { ...message, slice: next.slice }, ...(await slice.pause()) }]);
}

type Outcome = { readonly kind: keyof ReplayCounts; readonly letters: number };

class Slice {
  readonly #deps: EngineDeps;
  readonly #job: ReplayJob;
  readonly #end: number;
  readonly #requestId: string;
  readonly #seen = new Set<string>();
  readonly #counts: Record<keyof ReplayCounts, number>;
  #nextTurn: EpochMs;
  #faultsInARow = 0;

  constructor(deps: EngineDeps, job: ReplayJob, forMs: number, requestId: string) {
    this.#deps = deps;
    this.#job = job;
    this.#nextTurn = deps.clock.now();
    this.#end = this.#nextTurn + forMs;
    this.#requestId = requestId;
    this.#counts = { ...job.counts };
  }

  /** When the next slice may begin. A queue delays by whole seconds: what is shorter is waited for here. */
  async pause(): Promise<{ readonly notBefore?: EpochMs }> {
    const { clock } = this.#deps;
    const waitMs = this.#nextTurn - clock.now();
    if (waitMs > SECOND_MS) return { notBefore: this.#nextTurn };
    if (waitMs > 0) await sleep(clock, waitMs);
    return {};
  }

  /** The job as it is after this slice. */
  async work(): Promise<ReplayJob> {
    let { after } = this.#job;
    do {
      const page = await this.#page(after);
      for (const { key, position } of page.letters) {
        if (!(await this.#turn())) return this.#progress(after);
        await this.#replay(key);
        after = position;
      }
      after = page.next;
    } while (after !== undefined && this.#deps.clock.now() < this.#end);
    return this.#progress(after);
  }

  #page(after: string | undefined): Promise<LetterPage> {
    const { workspace, filter } = this.#job;
    const query = { workspace, filter, limit: PAGE_MAX, ...(after !== undefined && { after }) };
    return this.#deps.replays.openLetters(query);
  }

  /** Waits until the rate allows the next one; false: that is beyond this slice. The first one always has its turn. */
  async #turn(): Promise<boolean> {
    const { clock } = this.#deps;
    const now = clock.now();
    if (this.#seen.size > 0 && Math.max(now, this.#nextTurn) >= this.#end) return false;
    if (this.#nextTurn > now) await sleep(clock, this.#nextTurn - now);
    return true;
  }

  async #replay(key: ExecutionKey): Promise<void> {
    if (this.#seen.has(key.execution)) return;
    this.#seen.add(key.execution);
    const began = this.#deps.clock.now();
    const { workspace, execution } = key;
    const outcome = await this.#replaySafely({ workspace, execution });
    this.#counts[outcome.kind] += outcome.letters;
    const spentMs = (Math.max(1, outcome.letters) * SECOND_MS) / this.#job.ratePerSecond;
    this.#nextTurn = epochMs(Math.ceil(Math.max(began, this.#nextTurn) + spentMs));
  }

  /** Twice, as most faults pass; what fails then as well is left to whoever reads the log. */
  async #replaySafely(key: ExecutionKey): Promise<Outcome> {
    const { execution } = key;
    for (let again = true; ; again = false) {
      try {
        const outcome = await this.#replayLetters(key);
        this.#faultsInARow = 0;
        return outcome;
      } catch (error) {
        if (again) continue;
        this.#faultsInARow += 1;
        if (this.#faultsInARow >= FAULTS_IN_A_ROW_MAX) throw error;
        const { workspace, job } = this.#job;
        this.#deps.log.warn('execution not replayed', { workspace, execution, job, error: String(error) });
        return { kind: 'failed', letters: 1 };
      }
    }
  }

  /** All of the execution's open letters that are meant. */
  async #replayLetters(key: ExecutionKey): Promise<Outcome> {
    const letters = await this.#openLetters(key);
    if (letters.length === 0) return { kind: 'replayed', letters: 0 };
    const result = await redrive(this.#deps, {
      ...key,
      only: letters.map(({ node }) => node),
      generationOf: letters,
      freshKeys: false,
      requestId: this.#requestId,
    });
    switch (result.kind) {
      case 'accepted':
        return { kind: 'replayed', letters: letters.length };
      case 'running':
        return { kind: 'skipped', letters: letters.length };
      // Repeated meanwhile by somebody else.
      case 'nothing':
      case 'not_found':
        return { kind: 'replayed', letters: 0 };
      case 'too_many':
      case 'incompatible':
        return { kind: 'failed', letters: letters.length };
      default:
        return result satisfies never;
    }
  }

  /** An entry may lag behind its execution: one whose node was repeated is not open any more, whatever it says. */
  async #openLetters(key: ExecutionKey): Promise<readonly DeadLetter[]> {
    const { store, plans } = this.#deps;
    const meant = (await store.deadLettersOf(key)).filter((letter) => {
      const { code, category } = letter.error;
      return matchesFilter({ ...letter, code, category }, this.#job.filter);
    });
    const header = meant.length === 0 ? undefined : await store.readHeader(key);
    if (header === undefined) return [];
    const plan = await plans.load(key.workspace, header.workflow, header.version);
    return meant.filter((letter) => !isRepeated(plan, header, letter));
  }

  #progress(after: string | undefined): ReplayJob {
    const { after: _before, ...job } = this.#job;
    const { clock, ids } = this.#deps;
    const next = { ...job, slice: job.slice + 1, counts: { ...this.#counts }, op: ids.operation() };
    return after === undefined ? { ...next, status: 'done', endedAt: clock.now() } : { ...next, after };
  }
}
