import { epochMs, type EpochMs } from '../domain/time.ts';
import { CHECK_SHARDS, type Due, type DuePage } from './due.ts';
import type { EngineDeps } from './engine-deps.ts';
import { look, type SweepScope } from './look.ts';
import { SetAside } from './set-aside.ts';
import { LOOKS_PER_RUN_MAX, LOOKS_PER_SECOND, SweepPace } from './sweep-pace.ts';
import { UnreadableError } from './unreadable.ts';
import { sleep } from './sleep.ts';

/** Index entries read at once: keys only, about 150 bytes each. */
const PAGE_MAX = 250;
/**
 * What comes due while a sweep is under way need not wait for the next one: with a sweep each minute, nothing waits longer
 * than 55 seconds for its look, and the look and what it sends have five to be done.
 */
const AHEAD_MS = 5_000;
/** Time kept back for the look at hand. */
const LAST_LOOK_MS = 10_000;
/** So many faults without a success between them: the store is in trouble, and each further request adds to it. */
const FAULTS_IN_A_ROW_MAX = 5;
const FAR_FUTURE = epochMs(Number.MAX_SAFE_INTEGER);

/** Why a sweep ended before all that was due had been looked at. */
export type SweepStop = 'time' | 'turns' | 'store';

export interface SweepReport {
  /** How long the execution that waited longest for its look had been overdue when the sweep began. */
  readonly lagMs: number;
  readonly looked: number;
  /** Of those looked at: put off for later. */
  readonly failed: number;
  /** At least so many were due and not looked at. */
  readonly leftOver: number;
  readonly stopped?: SweepStop;
}

/**
 * The way back for executions whose messages were lost (protocol §7.6). Shards are swept side by side; within one, the
 * oldest check comes first.
 *
 * W1. One that cannot be helped keeps nobody else from it: it is put off, and set aside where that cannot be written.
 * W2. No faster than {@link LOOKS_PER_SECOND}, no more than {@link LOOKS_PER_RUN_MAX}: after an outage everything is due at
 *     once. `everything` is a laptop's stack at its start and knows no such bound.
 * W3. A store that fails several times in a row is left alone until the next sweep.
 */
export async function sweep(
  deps: EngineDeps,
  scope: SweepScope,
  remainingMs: number,
  setAside = new SetAside(),
): Promise<SweepReport> {
  const run = new SweepRun(deps, scope, remainingMs, setAside);
  await Promise.all(Array.from({ length: CHECK_SHARDS }, (_, shard) => run.sweepShard(shard)));
  return run.report();
}

class SweepRun {
  readonly #deps: EngineDeps;
  readonly #scope: SweepScope;
  readonly #setAside: SetAside;
  readonly #began: EpochMs;
  readonly #end: number;
  readonly #pace: SweepPace | undefined;
  /** In `everything` an execution whose check was moved comes up again behind. */
  readonly #seen = new Set<string>();
  readonly #troubles = new Map<string, { count: number; readonly example: Readonly<Record<string, string>> }>();
  #lagMs = 0;
  #looked = 0;
  #failed = 0;
  #leftOver = 0;
  #faultsInARow = 0;
  #stopped: SweepStop | undefined;
  #indexFaults: unknown[] = [];

  constructor(deps: EngineDeps, scope: SweepScope, remainingMs: number, setAside: SetAside) {
    this.#deps = deps;
    this.#scope = scope;
    this.#setAside = setAside;
    this.#began = deps.clock.now();
    this.#end = this.#began + remainingMs;
    this.#pace = scope === 'due' ? new SweepPace(deps.clock, LOOKS_PER_SECOND) : undefined;
  }

  async sweepShard(shard: number): Promise<void> {
    for (let after: Due | undefined, first = true; first || after !== undefined; first = false) {
      const page = await this.#page(shard, after);
      for (const due of page?.due ?? []) await this.#visit(due);
      if (this.#stopped !== undefined) return;
      after = page?.next;
    }
  }

  /** @throws the index's own fault when it answered for no shard: then nothing is known, not even that all is well. */
  report(): SweepReport {
    if (this.#indexFaults.length === CHECK_SHARDS && this.#looked === 0) throw this.#indexFaults[0];
    const report = { lagMs: this.#lagMs, looked: this.#looked, failed: this.#failed, leftOver: this.#leftOver };
    // Totals and an example of each kind: a thousand lines of one deployment's mistake would hide everything else.
    if (this.#troubles.size > 0)
      this.#deps.log.warn('executions could not be swept', { ...report, troubles: Object.fromEntries(this.#troubles) });
    if (this.#stopped === undefined) return report;
    this.#deps.log.warn('a sweep ended early', { ...report, why: this.#stopped });
    return { ...report, stopped: this.#stopped };
  }

  async #page(shard: number, after: Due | undefined): Promise<DuePage | undefined> {
    const horizon = this.#scope === 'due' ? epochMs(this.#began + AHEAD_MS) : FAR_FUTURE;
    const query = { shard, horizon, limit: PAGE_MAX, ...(after !== undefined && { after }) };
    try {
      return await this.#deps.store.dueForCheck(query);
    } catch (error) {
      this.#indexFaults.push(error);
      this.#note(error, { shard: String(shard) });
      this.#fault();
      return undefined;
    }
  }

  async #visit(due: Due): Promise<void> {
    const since = this.#setAside.waitingSince(due, this.#began);
    const name = `${due.key.workspace}#${due.key.execution}`;
    if (since === undefined || this.#seen.has(name)) return;
    if (this.#scope === 'everything') this.#seen.add(name);
    this.#lagMs = Math.max(this.#lagMs, this.#began - since);
    if (!this.#mayLook()) {
      this.#leftOver += 1;
      return;
    }
    this.#looked += 1;
    const check = await this.#lookWhenDue(due);
    // What it waits for (the end of a lease) may come before this sweep is over, and the next one is a minute away.
    if (check !== undefined && this.#comesDue(check) && this.#mayLook()) await this.#lookWhenDue({ ...due, check });
  }

  #comesDue(check: EpochMs): boolean {
    return this.#scope === 'due' && check <= this.#began + AHEAD_MS;
  }

  async #lookWhenDue(due: Due): Promise<EpochMs | undefined> {
    const waitMs = this.#scope === 'due' ? due.check - this.#deps.clock.now() : 0;
    if (waitMs > 0) await sleep(this.#deps.clock, waitMs);
    await this.#pace?.turn();
    return this.#lookSafely(due);
  }

  #mayLook(): boolean {
    if (this.#end - this.#deps.clock.now() < LAST_LOOK_MS) this.#stopped ??= 'time';
    else if (this.#scope === 'due' && this.#looked >= LOOKS_PER_RUN_MAX) this.#stopped ??= 'turns';
    return this.#stopped === undefined;
  }

  async #lookSafely(due: Due): Promise<EpochMs | undefined> {
    try {
      const { sent, check } = await look(this.#deps, due, this.#scope, this.#end - this.#deps.clock.now());
      this.#pace?.charge(sent);
      this.#setAside.remove(due);
      this.#faultsInARow = 0;
      return check;
    } catch (error) {
      this.#failed += 1;
      this.#note(error, { workspace: due.key.workspace, execution: due.key.execution });
      const until = this.#setAside.add(due, this.#deps.clock.now(), this.#deps.ids.random());
      // What cannot be read cannot be written either, and says nothing against the store.
      if (!(error instanceof UnreadableError)) await this.#putOff(due, until);
      return undefined;
    }
  }

  /** Out of the way of those that can be helped, for other processes too. */
  async #putOff({ key }: Due, check: EpochMs): Promise<void> {
    const { ids, store } = this.#deps;
    try {
      const header = await store.readHeader(key);
      if (header?.check !== undefined)
        await store.replaceHeader({ ...header, check, rev: header.rev + 1, op: ids.operation() });
      this.#faultsInARow = 0;
    } catch {
      this.#fault();
    }
  }

  #fault(): void {
    this.#faultsInARow += 1;
    if (this.#faultsInARow >= FAULTS_IN_A_ROW_MAX) this.#stopped ??= 'store';
  }

  #note(error: unknown, where: Readonly<Record<string, string>>): void {
    const kind = error instanceof Error ? error.name : typeof error;
    const known = this.#troubles.get(kind);
    if (known === undefined) this.#troubles.set(kind, { count: 1, example: { ...where, error: String(error) } });
    else known.count += 1;
  }
}
