import type { Json } from '../domain/json.ts';
import type { EpochMs } from '../domain/time.ts';
import type { LifecycleEvent } from '../domain/execution/lifecycle-event.ts';
import type {
  DeadLetter,
  DeadLetterKey,
  ExecutionKey,
  ExecutionStatus,
  GroupRecord,
  Header,
  NodeRecord,
  Stored,
} from '../domain/execution/records.ts';
import type { DuePage, DueQuery } from './due.ts';
import type { WorkMessage } from './messages.ts';
import type { LetterPage, LetterQuery, ReplayJob, ReplayJobKey } from './replay-jobs.ts';

/**
 * What the engine asks of the world. Every call may fail, be applied without an answer, or come twice; a fault is an
 * exception that nobody here catches. "Somebody else was first" is a return value.
 */
export interface ExecutionStore {
  /** Condition: absent. An own earlier write whose answer was lost counts as created (compared by `op`). */
  createHeader(
    header: Header,
  ): Promise<{ readonly created: true } | { readonly created: false; readonly existing: Header }>;
  /** Strongly consistent, as are all reads here. `known` itself comes back where nobody has written since. */
  readHeader(key: ExecutionKey, known?: Header): Promise<Header | undefined>;
  /** Writes `next` (whose `rev` is one more than the revision that was read) if nobody wrote since; false if somebody did. */
  replaceHeader(next: Header): Promise<boolean>;
  /** Header and records keep large values elsewhere; this fetches one of the header's. */
  load(value: Stored): Promise<Json>;

  readNode(key: ExecutionKey, node: NodeKey): Promise<NodeRecord | undefined>;
  readNodes(key: ExecutionKey, nodes: readonly NodeKey[], depth: 'statuses' | 'outputs'): Promise<NodeRecord[]>;
  /** Every record of the execution but the header. `statuses`: without outputs, which are most of the bytes to unpack. */
  readAll(key: ExecutionKey, depth: 'statuses' | 'outputs'): Promise<ExecutionRecords>;
  /**
   * Writes if `expected` holds; else answers with what is there. Our own earlier write counts as written. `alongside` is
   * started when the write itself leaves, after whatever had to be stored before it, and once more if the write had to be
   * repeated: what it reads is not older than the request that counted.
   */
  writeNode(
    key: ExecutionKey,
    record: NodeRecord,
    expected: NodeCondition,
    alongside?: () => Promise<unknown>,
  ): Promise<NodeWrite>;

  /** Adds elements to one arrival set and returns all that it holds. Idempotent. */
  arrive(key: ExecutionKey, set: ArrivalSetKey, elements: readonly string[]): Promise<ReadonlySet<string>>;

  /** Condition: absent. `alongside` as above. */
  takeGroup(
    key: ExecutionKey,
    group: GroupRecord,
    alongside?: () => Promise<unknown>,
  ): Promise<{ readonly taken: true } | { readonly taken: false; readonly existing: GroupRecord }>;

  /** Condition: absent; filed before is filed. */
  fileDeadLetter(letter: DeadLetter): Promise<void>;
  readDeadLetter(key: DeadLetterKey): Promise<DeadLetter | undefined>;
  /** All of one execution, whatever became of them. */
  deadLettersOf(key: ExecutionKey): Promise<readonly DeadLetter[]>;
  /** Condition: open. False: there is none, or it was closed before; our own earlier write counts as closed by us. */
  closeDeadLetter(key: DeadLetterKey, closing: Closing): Promise<boolean>;

  /** A page of one shard of the executions whose check is due; may be stale (an index). */
  dueForCheck(query: DueQuery): Promise<DuePage>;
}

/** Bulk replays of dead letters, and the list that they work through. */
export interface ReplayStore {
  createJob(job: ReplayJob): Promise<void>;
  readJob(key: ReplayJobKey): Promise<ReplayJob | undefined>;
  /** Condition: the slice before `next`'s is the one that is stored. Our own earlier write counts as written. */
  advanceJob(next: ReplayJob): Promise<boolean>;
  /** A page of the entries that the filter means; may be stale (an index). */
  openLetters(query: LetterQuery): Promise<LetterPage>;
}

export interface Closing {
  readonly status: 'replayed' | 'discarded';
  readonly at: EpochMs;
  readonly op: string;
}

export interface NodeKey {
  readonly node: string;
  readonly gen: number;
}

export interface ArrivalSetKey {
  readonly join: string;
  readonly gen: number;
  /** 0 holds edges; higher levels hold what complete sets below them say. */
  readonly level: number;
  readonly chunk: number;
}

export interface ExecutionRecords {
  readonly nodes: readonly NodeRecord[];
  readonly groups: readonly GroupRecord[];
}

export type NodeCondition = 'absent' | { readonly status: NodeRecord['status']; readonly fence: number };

export type NodeWrite =
  | { readonly written: true }
  | { readonly written: false; readonly existing: NodeRecord | undefined };

export interface WorkQueue {
  /** All or an exception; a message may be delivered more than once and in any order. */
  send(messages: readonly OutgoingMessage[]): Promise<void>;
  /** Puts aside what this deployment must not work, as it came: nobody receives it, an operator decides. */
  park(body: string): Promise<void>;
}

export interface OutgoingMessage {
  readonly message: WorkMessage;
  /** Not before this instant; now when absent. Any length: the adapter bridges what a queue cannot delay. */
  readonly notBefore?: EpochMs;
  /** Alone in its invocation, so that a node that kills its worker is found. */
  readonly isolated?: boolean;
}

export interface Clock {
  readonly now: () => EpochMs;
  /** The instant at which a timer of this length fires. */
  readonly after: (ms: number) => EpochMs;
  /**
   * Rings once, after `ms`; the function that comes back calls it off. What has come in by then is heard first: a process that
   * stood still takes an answer that waits for it, and not the time that is over meanwhile.
   */
  readonly alarm: (ms: number, ring: () => void) => () => void;
}

export interface Ids {
  /** Unique; names one intended write across its retries. */
  operation(): string;
  /** Uniform in [0, 1). */
  random(): number;
}

export interface EngineLog {
  info(message: string, details: Readonly<Record<string, unknown>>): void;
  warn(message: string, details: Readonly<Record<string, unknown>>): void;
}

/** What operators count. Nothing is decided by it: the calls cost nothing to speak of, fail never, and may count twice. */
export interface Telemetry {
  executionStarted(workspace: string): void;
  executionEnded(workspace: string, status: ExecutionStatus, durationMs: number): void;
  /** An effectful node, from its first claim on. */
  nodeEnded(workspace: string, type: string, durationMs: number): void;
  deadLetterFiled(workspace: string): void;
}

/** Where ends of executions are announced. */
export interface LifecycleEvents {
  /** Accepted, or an exception. */
  publish(event: LifecycleEvent): Promise<void>;
}
