import type { AttemptRecord, Lease } from '../domain/execution/records.ts';
import type { EpochMs } from '../domain/time.ts';
import type { PlanNode } from '../domain/workflow/plan.ts';

/** The permission to run one attempt of a node, and what its record has (or would have) been so far. */
export interface Claimed {
  readonly node: PlanNode;
  /** True: no record exists yet; the commit of the parent, or of the group, is the permission. */
  readonly covered: boolean;
  readonly attempt: number;
  readonly fence: number;
  readonly crashes: number;
  readonly startedAt: EpochMs;
  readonly via: readonly number[] | undefined;
  readonly attempts: readonly AttemptRecord[];
  readonly lease: Lease;
}
