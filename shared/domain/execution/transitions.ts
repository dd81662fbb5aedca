import { transitionBudget } from '../limits.ts';
import type { NodeRecord } from './records.ts';

/** Each attempt is claimed (or covered) and ended. */
const TRANSITIONS_PER_ATTEMPT = 2;

/** Recounted from the records: a counter would cost a write per transition. */
export function exceedsTransitionBudget(userNodes: number, records: readonly NodeRecord[]): boolean {
  const transitions = records.reduce((sum, { attempt }) => sum + TRANSITIONS_PER_ATTEMPT * attempt, 0);
  return transitions > transitionBudget(userNodes);
}
