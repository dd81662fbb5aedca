import type {
  DeadLetter,
  ExecutionKey,
  GroupRecord,
  Header,
  NodeRecord,
} from '../../../shared/domain/execution/records.ts';
import type { Json, JsonObject } from '../../../shared/domain/json.ts';

/**
 * All that the checker may look at: what the store holds (and, where somebody watched it, each write that was applied),
 * what reached the targets, and which faults were injected. Nothing of the engine's own reasoning.
 */
export interface Evidence {
  readonly executions: readonly ExecutionEvidence[];
  /** The ledger at the target, in the order in which attempts began. */
  readonly effects: readonly Effect[];
  /** What was done to the system; it bounds how often an effect may have been repeated. */
  readonly faults: readonly FaultEvidence[];
  /** Messages that were still in the queues (delayed and hidden ones included) when everything was at rest. */
  readonly messagesLeft: number;
  /** Workers' clocks differed: leases, which are judged by clocks, may then overlap; fences may not fail. */
  readonly skewed: boolean;
  /** Partition keys or workspaces that store calls touched, if they were watched. */
  readonly workspacesTouched?: ReadonlySet<string>;
  /**
   * The part of a node's definition that {@link Effect.input} is the evaluation of; undefined: not judged. Without this
   * hook it is `with`, and for `http` nodes `with.body`.
   */
  readonly inputOf?: (node: JsonObject) => Json | undefined;
  /** Types whose every attempt shows in the ledger; `task` and `http` if not told. */
  readonly ledgerTypes?: ReadonlySet<string>;
}

export interface ExecutionEvidence {
  readonly key: ExecutionKey;
  /** Whether a client was told 2xx. One that was not may exist or not; if it exists the rest must hold as well. */
  readonly accepted: boolean;
  /** The definition of each version that this execution ran on, as the user wrote it. */
  readonly definitions: ReadonlyMap<number, JsonObject>;
  readonly header: Header | undefined;
  readonly nodes: readonly NodeRecord[];
  readonly groups: readonly GroupRecord[];
  /** Every write that was applied, in order. Absent where nobody could watch (the real emulators). */
  readonly changes?: readonly Change[];
  /**
   * Ids of the plan's nodes by index, virtual ones included, for each version: what `inline`, `groups` and the header's
   * `repair` speak in. Without it permissions of covered starts are not judged.
   */
  readonly planIds?: ReadonlyMap<number, readonly string[]>;
  /** Its dead letters, closed ones included; absent: not looked at. */
  readonly letters?: readonly DeadLetter[];
  /** What its end, and those before its redrives, were announced as; absent: ends are not announced. */
  readonly announced?: readonly { readonly generation: number; readonly status: string }[];
  /** Callbacks that were sent, if the test did; absent: not watched. */
  readonly callbacks?: readonly CallbackEvidence[];
}

export interface CallbackEvidence {
  readonly node: string;
  readonly gen: number;
  readonly sent: { readonly output: Json } | { readonly error: { readonly code: string; readonly message: string } };
  /** What the sender was told; `unknown`: its answer was lost. */
  readonly answer: 'accepted' | 'refused' | 'unknown';
}

/**
 * `seq` is 1-based and grows; `at` is true time, not a worker's clock. `issuedAfter`: the last change that had been applied
 * when the request left; if it is not known, the one before.
 */
export type Change = { readonly seq: number; readonly at: number } & (
  | { readonly kind: 'header'; readonly before: Header | undefined; readonly after: Header }
  | {
      readonly kind: 'node';
      readonly before: NodeRecord | undefined;
      readonly after: NodeRecord;
      readonly issuedAfter?: number;
    }
  | { readonly kind: 'group'; readonly after: GroupRecord; readonly issuedAfter?: number }
  | {
      readonly kind: 'arrival';
      readonly join: string;
      readonly gen: number;
      readonly level: number;
      readonly chunk: number;
      readonly elements: readonly string[];
    }
);

/** One attempt as the target saw it. */
export interface Effect {
  readonly execution: string;
  readonly node: string;
  readonly attempt: number;
  /** What the target got as its idempotency key. */
  readonly key: string;
  /** True time, not the worker's clock. `endedAt` is absent if the worker died under it. */
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly input: Json;
  /** The `seq` of the last write that had been applied to this execution when the attempt began (0: none), if known. */
  readonly afterChange?: number;
  /** What the target answered, where a successful attempt commits just that. */
  readonly output?: Json;
}

export interface FaultEvidence {
  readonly kind: string;
  readonly execution?: string;
  readonly at: number;
  /**
   * Whether it may make an attempt happen again, as a crash may and a duplicate message may not. If not told: unless its
   * kind speaks of duplicates, order, stale reads or timers.
   */
  readonly repeats?: boolean;
}
