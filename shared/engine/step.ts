import type { EpochMs } from '../domain/time.ts';
import type { PlanNode } from '../domain/workflow/plan.ts';

/**
 * What is left to do in an invocation. Parts of the engine never call each other onwards: they push steps, and
 * `drive.ts` takes them, so that the flow goes one way and a long chain does not deepen the stack.
 */
export type Step =
  /** Start an effect under the permission that this invocation holds; it has no record of its own yet. */
  | { readonly kind: 'covered'; readonly node: PlanNode; readonly until: EpochMs }
  /**
   * Get the permission to run this node, whatever state it is in, then run it (protocol §5). `isNew`: it became ready here
   * and now, so that it is not looked for a record first; should there be one, the write is refused.
   */
  | { readonly kind: 'claim'; readonly node: PlanNode; readonly isRecovery?: boolean; readonly isNew?: boolean }
  /** A join was decided to be left out: what follows from that. */
  | { readonly kind: 'skip'; readonly node: PlanNode }
  /** Every edge into `$end` has arrived. */
  | { readonly kind: 'finish' };
