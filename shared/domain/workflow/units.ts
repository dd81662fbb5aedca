import type { JoinRule } from './definition.ts';
import type { PlanNodeKind } from './plan.ts';

/** What decides a node's unit: see {@link unitOf}. */
export interface Fed {
  readonly kind: PlanNodeKind;
  readonly join: JoinRule;
  /** Units of the nodes that its edges come from. */
  readonly units: ReadonlySet<number>;
}

/**
 * The unit whose record a node rides in; undefined: it is a root. Effects are roots, and so is whatever several units
 * feed. `always` runs even when its unit's root was skipped, that is, when there is no record to ride in: a root as well.
 */
export function unitOf({ kind, join, units }: Fed): number | undefined {
  if (kind === 'effect' || kind === 'start' || kind === 'end' || units.size !== 1 || join === 'always')
    return undefined;
  const [only] = units;
  return only;
}
