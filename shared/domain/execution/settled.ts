import type { Failure } from '../failure.ts';
import type { Json } from '../json.ts';
import { unreachable } from '../invariant.ts';
import type { JoinRule } from '../workflow/definition.ts';
import { catchMatches } from '../workflow/needs.ts';
import type { PlanEdge, PlanNode } from '../workflow/plan.ts';

/** How a node ended. `cancelled` decides nothing downstream: it exists only where nothing may start any more. */
export type Settled =
  | {
      readonly status: 'succeeded';
      readonly output?: Json;
      readonly branch?: string;
      /** Gates: whether the node behind may run. An `if` that cannot be evaluated opens: the node then fails with it. */
      readonly open?: boolean;
      readonly ifError?: Failure;
    }
  | { readonly status: 'failed'; readonly error: Failure }
  | { readonly status: 'skipped'; readonly reason: SkipReason }
  | { readonly status: 'cancelled' };

export type SkipReason = 'branch' | 'if' | 'upstream_failed';

export type EdgeState = 'live' | 'dead' | 'failed';

/**
 * How a failure is handled: by the error edge that takes its code, by `onError: continue`, or not at all.
 * Names the selector of the edge: `{ kind: 'catch', name }` or `{ kind: 'error' }`.
 */
export type Handling =
  | { readonly kind: 'catch'; readonly name: string }
  | { readonly kind: 'error' }
  | { readonly kind: 'tolerated' }
  | { readonly kind: 'none' };

export function handlingOf(node: PlanNode, failed: Failure): Handling {
  const name = catchNameOf(node, failed);
  if (name !== undefined && node.errorEdges.names.includes(name)) return { kind: 'catch', name };
  // `.error` takes every code that no `catch` names, whether or not anybody needs that name.
  if (name === undefined && node.errorEdges.error) return { kind: 'error' };
  return node.tolerant ? { kind: 'tolerated' } : { kind: 'none' };
}

/** The failure with which this end fails the execution: nobody takes it, nobody tolerates it. */
export function uncaughtError(node: PlanNode, settled: Settled): Failure | undefined {
  if (settled.status !== 'failed') return undefined;
  return handlingOf(node, settled.error).kind === 'none' ? settled.error : undefined;
}

/** The exact code beats a class such as `http_4xx`, which beats a category. */
function catchNameOf({ catches }: PlanNode, failed: Failure): string | undefined {
  const taking = (fits: (pattern: string) => boolean) => catches.find(({ patterns }) => patterns.some(fits))?.name;
  return (
    taking((pattern) => pattern === failed.code) ??
    taking((pattern) => pattern !== failed.category && catchMatches(pattern, failed)) ??
    taking((pattern) => pattern === failed.category)
  );
}

/** Contract §2, first table: the state of an edge once its source has ended. */
export function edgeState(
  edge: PlanEdge,
  source: PlanNode,
  settled: Exclude<Settled, { status: 'cancelled' }>,
): EdgeState {
  const { selector } = edge;
  switch (settled.status) {
    case 'succeeded':
      if (selector.kind === 'plain' || selector.kind === 'drain') return 'live';
      if (selector.kind === 'gate') return settled.open === true ? 'live' : 'dead';
      return selector.kind === 'branch' && selector.name === settled.branch ? 'live' : 'dead';
    case 'failed':
      return stateAfterFailure(edge, handlingOf(source, settled.error));
    case 'skipped':
      if (settled.reason !== 'upstream_failed') return 'dead';
      return selector.kind === 'error' || selector.kind === 'catch' ? 'dead' : 'failed';
    default:
      return unreachable(settled);
  }
}

function stateAfterFailure({ selector }: PlanEdge, handling: Handling): EdgeState {
  const isErrorEdge = selector.kind === 'error' || selector.kind === 'catch';
  if (handling.kind === 'none') return isErrorEdge ? 'dead' : 'failed';
  if (handling.kind === 'tolerated') return selector.kind === 'plain' ? 'live' : 'dead';
  if (handling.kind === 'error') return selector.kind === 'error' ? 'live' : 'dead';
  return selector.kind === 'catch' && selector.name === handling.name ? 'live' : 'dead';
}

export type JoinDecision = 'run' | 'skip' | 'blocked';

/** Which states the settled edges of a join have; `complete` when none is missing. */
export interface EdgeTally {
  readonly live: boolean;
  readonly dead: boolean;
  readonly failed: boolean;
  readonly complete: boolean;
}

export function tally(states: Iterable<EdgeState | undefined>): EdgeTally {
  const seen = { live: false, dead: false, failed: false, complete: true };
  for (const state of states) {
    if (state === undefined) seen.complete = false;
    else seen[state] = true;
  }
  return seen;
}

/** Contract §2, second table. Undefined: not decided yet. Order of arrival never matters, as only the tally is seen. */
export function joinDecision(join: JoinRule, edges: EdgeTally): JoinDecision | undefined {
  if (join === 'first' && edges.live) return 'run';
  if (!edges.complete) return undefined;
  if (edges.failed) {
    if (join === 'always') return 'run';
    return 'blocked';
  }
  if (!edges.live) return 'skip';
  return join === 'all' && edges.dead ? 'skip' : 'run';
}
