import type { FaultEvidence } from '../checker/evidence.ts';
import type { FunctionName } from './functions.ts';

/** All that can go wrong; each kind is counted where it happens. */
export const FAULT_KINDS = [
  // One call to store, queue or target.
  'refused',
  'throttled',
  'answer_lost',
  'crash_before',
  'crash_after',
  'zombie_before',
  'zombie_after',
  'slow',
  // One delivery of a message.
  'duplicate_delivery',
  'visibility_expired',
  'delayed_message',
  'reordered',
  // Around them.
  'late_timer',
  'duplicate_timer',
  'stale_index',
  'clock_skew',
  'duplicate_by_hand',
  'unreadable_message',
  'target_down',
  // What follows from others, or from a scenario.
  'killed_by_node',
  'invocation_timeout',
  'recursion_refused',
  'dead_lettered',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** One call to a port, about to be made. */
export interface IoCall {
  /** 1-based, over all processes. */
  readonly number: number;
  readonly name: string;
  readonly by: FunctionName;
  readonly at: number;
}

/**
 * What becomes of one call. `zombie_*`: the whole process stands still for `ms`, before the request leaves or with the
 * request under way, and goes on as if nothing had been. `slow`: only this request takes `ms`. `duplicate_delivery`: the
 * messages that this process works are delivered once more just now.
 */
export type IoFault =
  | { readonly kind: 'refused' | 'throttled' | 'answer_lost' | 'crash_before' | 'crash_after' | 'duplicate_delivery' }
  | { readonly kind: 'zombie_before' | 'zombie_after' | 'slow'; readonly ms: number };

/** `unseen`: the copy says that it is the first delivery, as a copy from another server of the queue may. */
export type DeliveryFault =
  | { readonly kind: 'duplicate_delivery'; readonly afterMs: readonly number[]; readonly unseen: boolean }
  | { readonly kind: 'visibility_expired'; readonly afterMs: number };

/** Decides what goes wrong. The world asks at every place where something can. */
export interface FaultPlan {
  io(call: IoCall): IoFault | undefined;
  delivery(at: number): DeliveryFault | undefined;
  /** By how much a message is late. */
  messageDelayMs(at: number): number;
  /** By how much a schedule fires late, each time that it fires. */
  timerDelaysMs(at: number): readonly number[];
  /** How old what the index says may be. */
  indexLagMs(at: number): number;
  /** How far the clock of a new process is off. */
  skewMs(at: number): number;
}

export const NO_FAULTS: FaultPlan = {
  io: () => undefined,
  delivery: () => undefined,
  messageDelayMs: () => 0,
  timerDelaysMs: () => [0],
  indexLagMs: () => 0,
  skewMs: () => 0,
};

/** What did go wrong. */
export class FaultLedger {
  readonly counts = new Map<FaultKind, number>();
  readonly evidence: FaultEvidence[] = [];
  /** The process whose call was hit last. */
  lastHit: { readonly by: FunctionName; readonly holders: readonly string[]; readonly startedAt: number } | undefined;

  /** What does nothing to anybody's work. */
  count(kind: FaultKind): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }

  /** One fault, whichever executions it hit. */
  note(kind: FaultKind, at: number, executions: Iterable<string> = []): void {
    this.count(kind);
    const hit = [...executions];
    if (hit.length === 0) this.evidence.push({ kind, at });
    for (const execution of hit) this.evidence.push({ kind, execution, at });
  }
}

/** A call that failed because the simulation wanted it to. */
export class InjectedFault extends Error {
  constructor(kind: string, call: string) {
    super(`${call}: ${kind}`);
    // What the SDK calls it; nobody may depend on more than that.
    this.name = kind === 'throttled' ? 'ThrottlingException' : kind === 'answer_lost' ? 'TimeoutError' : 'ServiceError';
  }
}
