import type { Failure } from '../failure.ts';
import type { Json } from '../json.ts';
import type { EpochMs } from '../time.ts';
import type { Settled } from './settled.ts';

/**
 * What the store holds of an execution (protocol §2). Partition = execution; the adapters map these to items.
 * Record version: a missing `v` reads as 1; a newer major is refused by the adapter.
 */
export type ExecutionStatus = 'pending' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'timed_out';
export type ExecutionReason =
  | 'node_failed'
  | 'output_failed'
  | 'timeout'
  | 'cancelled'
  | 'hold_expired'
  | 'transition_budget';

export interface ExecutionKey {
  readonly workspace: string;
  readonly execution: string;
}

/** What a stop makes of the execution once nothing is in flight. The first stop decides. */
export interface Stop {
  readonly status: 'cancelled' | 'timed_out' | 'failed';
  readonly reason: ExecutionReason;
  readonly at: EpochMs;
}

/** One redrive, as it was asked for. */
export interface Redrive {
  /** The generation that it opened. */
  readonly gen: number;
  readonly at: EpochMs;
  /** The version that it goes on with. */
  readonly version: number;
  /** The first of the nodes that were named, to be discarded with all below them; absent: what failed, nothing else. */
  readonly from?: readonly string[];
  /** Replaces the execution's input for the nodes that it reset. */
  readonly input?: Stored;
  /** How the run before it had ended: the history of the execution. */
  readonly after: {
    readonly version: number;
    readonly status: ExecutionStatus;
    readonly endedAt: EpochMs;
    readonly reason?: ExecutionReason;
    readonly stop?: Stop;
  };
  readonly op: string;
}

/** What all redrives together have made of the nodes, as indices into the plan of the current version. */
export interface Repair {
  /** Effective generations other than the first. */
  readonly generations: readonly Numbered[];
  /** Key numbers other than 1. */
  readonly keys: readonly Numbered[];
  /** What replaces nodes' `with`, as a map by node id: dead letters were replayed with edited input. */
  readonly given?: Stored;
}

export interface Numbered {
  readonly number: number;
  readonly nodes: readonly number[];
}

/** A value of any size: small ones ride in their record, large ones lie elsewhere and are fetched when asked for. */
export type Stored =
  | { readonly at: 'record'; readonly value: Json }
  | { readonly at: 'payload'; readonly ref: string; readonly bytes: number };

export interface Header extends ExecutionKey {
  readonly workflow: string;
  readonly version: number;
  readonly status: ExecutionStatus;
  /** 1 for the first run; each redrive opens the next. */
  readonly gen: number;
  readonly redrives: readonly Redrive[];
  /** Absent until the first redrive. */
  readonly repair?: Repair;
  /** Grows with every write of the header: whoever changes it says which one was read. */
  readonly rev: number;
  readonly input: Stored;
  readonly tags: Readonly<Record<string, string>>;
  readonly trigger: string;
  /** Digest of the start request: what an Idempotency-Key must come with again. Empty without one. */
  readonly request: string;
  readonly createdAt: EpochMs;
  readonly startedAt?: EpochMs;
  readonly endedAt?: EpochMs;
  readonly deadline: EpochMs;
  readonly stop?: Stop;
  readonly reason?: ExecutionReason;
  readonly error?: ExecutionError;
  readonly output?: Stored;
  /** When the sweeper should look; absent at rest. */
  readonly check?: EpochMs;
  readonly op: string;
  /** Counted once, at the end, so that a list or a status read of a finished execution needs this record alone. */
  readonly progress?: Progress;
}

export interface ExecutionError extends Failure {
  readonly node?: string;
}

export interface Progress {
  readonly total: number;
  readonly pending: number;
  readonly queued: number;
  readonly running: number;
  readonly waiting: number;
  readonly retrying: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly skipped: number;
  readonly cancelled: number;
}

export function isTerminal(status: ExecutionStatus): boolean {
  return status !== 'pending' && status !== 'running';
}

export interface AttemptRecord {
  readonly attempt: number;
  readonly startedAt: EpochMs;
  readonly endedAt: EpochMs;
  readonly error?: Failure;
  /** How long the next attempt was made to wait, before the local stack's clock rate. */
  readonly delayMs?: number;
  /**
   * It was not made: how often its target's breaker has refused it, from `startedAt` to `endedAt`. The last of a node's
   * attempts at most; once the attempt is made, its own end takes this place.
   */
  readonly refusals?: number;
}

/** A lease: `until` is the hard end of the work that runs under it; it was given by the message `by`, at `since`. */
export interface Lease {
  readonly until: EpochMs;
  readonly since: EpochMs;
  readonly by: string;
}

interface NodeRecordBase {
  readonly node: string;
  readonly gen: number;
  /** 1-based number of the current (or last) attempt; 0 if it ended without one, as its target's breaker let none through. */
  readonly attempt: number;
  /** Grows with every claim: a commit under an older one is refused. */
  readonly fence: number;
  /** Claims that found an expired lease: how often this node may have killed its worker. */
  readonly crashes: number;
  readonly op: string;
  /** Slots of the live in-edges known when the node was claimed; kept for `first` joins only. */
  readonly via?: readonly number[];
  /** When the node was first claimed: `now` in its expressions, the start of its `deadline`. */
  readonly startedAt: EpochMs;
  readonly attempts: readonly AttemptRecord[];
}

export type OpenRecord =
  | (NodeRecordBase & { readonly status: 'running'; readonly lease: Lease })
  | (NodeRecordBase & { readonly status: 'retrying'; readonly due: EpochMs })
  | (NodeRecordBase & { readonly status: 'waiting'; readonly wait: StoredWait });

/** A node that waits for a time or a callback; `onDue` is its end when `due` comes. */
export interface StoredWait {
  readonly for: 'timer' | 'callback';
  readonly due?: EpochMs;
  readonly onDue: { readonly output: Json } | { readonly failure: Failure };
  readonly schema?: Json;
}

/** Written once, never again (protocol invariant 1). */
export interface SettledRecord extends NodeRecordBase {
  readonly status: 'succeeded' | 'failed' | 'cancelled';
  readonly endedAt: EpochMs;
  readonly output?: Json;
  readonly error?: Failure;
  /** Results of the pure nodes of the unit that ran, by node id; for a pure root its own result is among them. */
  readonly pure: Readonly<Record<string, Exclude<Settled, { status: 'skipped' | 'cancelled' }>>>;
  /** Children that the committing invocation starts itself, under `lease`. Plan indices. */
  readonly inline: readonly number[];
  /** Children that leave in messages, one group each. Plan indices. */
  readonly groups: readonly (readonly number[])[];
  /** The permission under which `inline` may be started. */
  readonly lease: Lease;
  /** Digest of the callback that settled it: the same again is answered the same. */
  readonly callback?: string;
}

export type NodeRecord = OpenRecord | SettledRecord;

export function isSettledRecord(record: NodeRecord): record is SettledRecord {
  return record.status === 'succeeded' || record.status === 'failed' || record.status === 'cancelled';
}

/** Who took group k of a unit; a lease that ended, or `closed`, lets nobody start it any more. */
export interface GroupRecord {
  readonly node: string;
  readonly gen: number;
  readonly group: number;
  readonly lease: Lease;
  readonly op: string;
}

export interface DeadLetterKey extends ExecutionKey {
  readonly node: string;
  readonly gen: number;
}

/** A failure that failed its execution: for a person to look at, and to replay or discard. */
export interface DeadLetter extends DeadLetterKey {
  readonly workflow: string;
  readonly version: number;
  readonly error: Failure;
  /** How many attempts were made, and what became of them. */
  readonly attempt: number;
  readonly attempts: readonly AttemptRecord[];
  readonly startedAt: EpochMs;
  readonly createdAt: EpochMs;
  /** The node's `with`, templates filled in; absent where they could not be. */
  readonly input?: Stored;
  readonly status: DeadLetterStatus;
  readonly closedAt?: EpochMs;
}

export type DeadLetterStatus = 'open' | 'replayed' | 'discarded';
