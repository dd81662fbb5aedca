import { NO_PROGRESS } from '../../../shared/domain/execution/progress.ts';
import type { Failure } from '../../../shared/domain/failure.ts';
import {
  type DeadLetter,
  isSettledRecord,
  type GroupRecord,
  type Header,
  type Lease,
  type NodeRecord,
  type OpenRecord,
  type Progress,
  type SettledRecord,
} from '../../../shared/domain/execution/records.ts';
import type { Json, JsonObject } from '../../../shared/domain/json.ts';
import { epochMs } from '../../../shared/domain/time.ts';
import type { CallbackEvidence, Change, Effect, Evidence, ExecutionEvidence, FaultEvidence } from './evidence.ts';

const STEP_MS = 10;
const LEASE_MS = 60_000;
const KEY = { workspace: 'ws', execution: 'ex' };
interface Commit {
  readonly output?: Json;
  readonly error?: Failure;
  readonly status?: SettledRecord['status'];
  readonly attempt?: number;
  readonly fence?: number;
  readonly gen?: number;
  readonly pure?: SettledRecord['pure'];
  /** Children, by id. */
  readonly inline?: readonly string[];
  readonly groups?: readonly (readonly string[])[];
  readonly by?: string;
  readonly callback?: string;
  readonly via?: readonly number[];
}

interface Opening {
  readonly attempt?: number;
  readonly fence?: number;
  readonly crashes?: number;
  readonly gen?: number;
  readonly by?: string;
  readonly until?: number;
}

/** Writes down a run as an engine might have left it, right or wrong: each call is one write or one attempt. */
export class EvidenceBuilder {
  readonly definition: JsonObject;
  readonly ids: readonly string[];
  readonly #changes: Change[] = [];
  readonly #effects: Effect[] = [];
  readonly #faults: FaultEvidence[] = [];
  readonly #nodes = new Map<string, NodeRecord>();
  readonly #groups: GroupRecord[] = [];
  readonly #callbacks: CallbackEvidence[] = [];
  readonly #announced: { readonly generation: number; readonly status: string }[] = [];
  #header: Header | undefined;
  #now = 1_000;

  constructor(nodes: Readonly<Record<string, JsonObject>>, more: JsonObject = {}) {
    this.definition = { name: 'test', ...more, nodes };
    const user = Object.entries(nodes).flatMap(([id, node]) => (node['if'] === undefined ? [id] : [`${id}?`, id]));
    this.ids = ['$start', ...user, '$end'];
  }

  /** The execution, and its first commit, which starts these nodes inline. */
  start(...inline: string[]): this {
    this.header({ status: 'running' });
    return this.commit('$start', { inline });
  }

  header(change: Partial<Header>): this {
    const before = this.#header;
    const seq = this.#changes.length + 1;
    const now = epochMs((this.#now += STEP_MS));
    const first: Omit<Header, 'op' | 'rev'> = {
      ...KEY,
      workflow: 'test',
      version: 1,
      status: 'running',
      gen: 1,
      redrives: [],
      input: { at: 'record', value: { yes: true } },
      tags: {},
      trigger: 'api',
      request: 'r',
      createdAt: now,
      startedAt: now,
      deadline: epochMs(now + 1_000_000),
    };
    const after: Header = { ...(before ?? first), rev: (before?.rev ?? 0) + 1, op: `op${seq}`, ...change };
    this.#header = after;
    this.#changes.push({ kind: 'header', seq, at: now, before, after });
    return this;
  }

  stop(status: 'cancelled' | 'timed_out' = 'cancelled'): this {
    const reason = status === 'cancelled' ? ('cancelled' as const) : ('timeout' as const);
    return this.header({ stop: { status, reason, at: epochMs(this.#now) } });
  }

  end(status: Header['status'], counts: Partial<Progress>, more: Partial<Header> = {}): this {
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
    this.#announced.push({ generation: this.#header?.gen ?? 1, status });
    return this.header({
      status,
      endedAt: epochMs(this.#now),
      progress: { ...NO_PROGRESS, total, ...counts },
      ...more,
    });
  }

  claim(node: string, opening: Opening = {}): this {
    const now = (this.#now += STEP_MS);
    const until = epochMs(opening.until ?? now + LEASE_MS);
    return this.write({
      ...this.#base(node, opening),
      status: 'running',
      lease: { until, since: epochMs(now), by: opening.by ?? 'm1' },
    });
  }

  retry(node: string, opening: Opening): this {
    const attempts = [
      { attempt: (opening.attempt ?? 2) - 1, startedAt: epochMs(this.#now), endedAt: epochMs(this.#now) },
    ];
    return this.write({ ...this.#base(node, opening), attempts, status: 'retrying', due: epochMs(this.#now) });
  }

  waits(node: string, opening: Opening = {}): this {
    return this.write({
      ...this.#base(node, opening),
      status: 'waiting',
      wait: { for: 'callback', onDue: { output: null } },
    });
  }

  commit(node: string, commit: Commit = {}): this {
    const status = commit.status ?? (commit.error === undefined ? 'succeeded' : 'failed');
    const opening = {
      attempt: commit.attempt ?? 1,
      ...(commit.fence !== undefined && { fence: commit.fence }),
      ...(commit.gen !== undefined && { gen: commit.gen }),
    };
    const base = this.#base(node, opening);
    const now = epochMs((this.#now += STEP_MS));
    const indices = (ids: readonly string[]) => ids.map((id) => this.ids.indexOf(id));
    return this.write({
      ...base,
      status,
      endedAt: now,
      attempts: [{ attempt: opening.attempt, startedAt: now, endedAt: now }],
      pure: commit.pure ?? {},
      inline: indices(commit.inline ?? []),
      groups: (commit.groups ?? []).map(indices),
      lease: { until: epochMs(now + LEASE_MS), since: now, by: commit.by ?? 'm1' },
      ...(status === 'succeeded' && { output: commit.output ?? null }),
      ...(commit.error !== undefined && { error: commit.error }),
      ...(commit.callback !== undefined && { callback: commit.callback }),
      ...(commit.via !== undefined && { via: commit.via }),
    });
  }

  /** Goes on in the next generation, which these nodes belong to. */
  redrive(nodes: readonly string[], more: Partial<Header> = {}): this {
    const ended = this.#header;
    if (ended === undefined) throw new Error('nothing ended yet');
    const { progress: _progress, reason: _reason, error: _error, endedAt: _end, stop: _stop, ...rest } = ended;
    const gen = ended.gen + 1;
    const indices = nodes.map((id) => this.ids.indexOf(id));
    const now = epochMs(this.#now);
    const redrive = {
      gen,
      at: now,
      version: 1,
      after: { version: 1, status: ended.status, endedAt: now },
      op: `redrive${gen}`,
    };
    const repair = { generations: [{ number: gen, nodes: indices }], keys: [] };
    this.header({ status: 'running' });
    const last = this.#changes.pop();
    if (last?.kind !== 'header') throw new Error('a header was written last');
    const after = {
      ...rest,
      rev: last.after.rev,
      op: last.after.op,
      status: 'running' as const,
      gen,
      repair,
      redrives: [...ended.redrives, redrive],
      ...more,
    };
    this.#header = after;
    this.#changes.push({ ...last, after });
    return this;
  }

  take(node: string, group: number, lease: Partial<Lease> = {}): this {
    const now = (this.#now += STEP_MS);
    const seq = this.#changes.length + 1;
    const taken = { until: epochMs(now + LEASE_MS), since: epochMs(now), by: 'm2', ...lease };
    const after: GroupRecord = { node, gen: 1, group, lease: taken, op: `op${seq}` };
    this.#groups.push(after);
    this.#changes.push({ kind: 'group', seq, at: now, after });
    return this;
  }

  effect(node: string, effect: Partial<Effect> = {}): this {
    const startedAt = (this.#now += STEP_MS);
    this.#effects.push({
      execution: KEY.execution,
      node,
      attempt: 1,
      key: `${KEY.execution}:${node}:1`,
      startedAt,
      endedAt: startedAt + 1,
      input: null,
      afterChange: this.#changes.length,
      ...effect,
    });
    return this;
  }

  /** An effect and its commit: what a covered start comes to. */
  run(node: string, commit: Commit = {}): this {
    return this.effect(node).commit(node, commit);
  }

  fault(kind: string, more: Partial<FaultEvidence> = {}): this {
    this.#faults.push({ kind, execution: KEY.execution, at: (this.#now += STEP_MS), ...more });
    return this;
  }

  callback(callback: CallbackEvidence): this {
    this.#callbacks.push(callback);
    return this;
  }

  waste(ms: number): this {
    this.#now += ms;
    return this;
  }

  /** One for each failure, as the engine files and closes them. */
  #letters(): DeadLetter[] {
    const repeated = new Map(
      this.#header?.repair?.generations.flatMap(({ number, nodes }) => nodes.map((index) => [this.ids[index], number])),
    );
    return [...this.#nodes.values()].flatMap((record) => {
      if (record.status !== 'failed' || record.error === undefined) return [];
      const { node, gen, error, attempt, attempts, startedAt, endedAt: createdAt } = record;
      const status = (repeated.get(node) ?? 1) > gen ? 'replayed' : 'open';
      const details = { error, attempt, attempts, startedAt, createdAt };
      return [{ ...KEY, workflow: 'forged', version: 1, node, gen, ...details, status }];
    });
  }

  evidence(more: Partial<Evidence> = {}, execution: Partial<ExecutionEvidence> = {}): Evidence {
    const own: ExecutionEvidence = {
      key: KEY,
      accepted: true,
      definitions: new Map([[1, this.definition]]),
      header: this.#header,
      nodes: [...this.#nodes.values()],
      groups: this.#groups,
      changes: this.#changes,
      planIds: new Map([[1, this.ids]]),
      callbacks: this.#callbacks,
      letters: this.#letters(),
      announced: this.#announced,
      ...execution,
    };
    return {
      executions: [own],
      effects: this.#effects,
      faults: this.#faults,
      messagesLeft: 0,
      skewed: false,
      workspacesTouched: new Set(['ws']),
      ...more,
    };
  }

  write(record: NodeRecord): this {
    const key = `${record.gen}#${record.node}`;
    const seq = this.#changes.length + 1;
    const after = { ...record, op: `op${seq}` };
    this.#changes.push({ kind: 'node', seq, at: this.#now, before: this.#nodes.get(key), after });
    this.#nodes.set(key, after);
    return this;
  }

  #base(node: string, { attempt = 1, fence, crashes, gen = this.#header?.gen ?? 1 }: Opening) {
    const before = this.#nodes.get(`${gen}#${node}`);
    return {
      node,
      gen,
      attempt,
      fence: fence ?? (before === undefined || isSettledRecord(before) ? 1 : before.fence),
      crashes: crashes ?? before?.crashes ?? 0,
      op: '',
      startedAt: before?.startedAt ?? epochMs(this.#now),
      attempts: [],
    } satisfies Partial<OpenRecord>;
  }
}
