import { at } from '../at.ts';
import type { CompiledValue } from '../expression/template.ts';
import type { Json } from '../json.ts';
import type { JoinRule } from './definition.ts';
import type { Selector } from './needs.ts';
import type { RetryPolicy } from './retry-policy.ts';

/**
 * A workflow as the engine runs it: integer indices in topological order, virtual nodes added (protocol §1).
 *
 * - `$start` (index 0) feeds every node without needs. `$end` (last) is reached by every node without followers.
 * - A node with `if` is preceded by a *gate* that takes over its needs and join and decides the `if`.
 * - A *unit* is an effect (its root) with the pure nodes that depend on it alone: one record, one write.
 * - A *join* is a root fed by several units: only joins collect arrivals.
 */
export interface Plan {
  readonly workflow: string;
  readonly version: number;
  readonly nodes: readonly PlanNode[];
  readonly edges: readonly PlanEdge[];
  readonly indexOf: ReadonlyMap<string, number>;
  readonly end: number;
  /** Nodes of the definition, without virtual ones. */
  readonly userNodes: number;
  /** Whether any join is `first`: then what a node may see depends on which edges it ran for. */
  readonly hasFirst: boolean;
  readonly timeoutMs: number;
  /** True where the definition sets `timeout`: then a timer of its own enforces it to the second. */
  readonly timeoutExplicit: boolean;
  readonly inputSchema: Json | undefined;
  readonly output: CompiledValue | undefined;
}

export type PlanNodeKind = 'start' | 'end' | 'gate' | 'pure' | 'effect';

export interface PlanNode {
  readonly index: number;
  /** The definition's id; virtual nodes: `$start`, `$end`, `<id>?`. */
  readonly id: string;
  readonly kind: PlanNodeKind;
  readonly type: string;
  readonly join: JoinRule;
  /** Edge indices; the position of an edge in here is its *slot* in the arrival set. */
  readonly in: readonly number[];
  readonly out: readonly number[];
  /** Index of the unit's root: the node itself for roots. */
  readonly unit: number;
  /** Roots: the pure nodes that ride in its record, in topological order. */
  readonly members: readonly number[];
  /** Fed by more than one unit: collects arrivals. */
  readonly isJoin: boolean;
  readonly catches: readonly { readonly name: string; readonly patterns: readonly string[] }[];
  /** Selectors of the error edges that exist. */
  readonly errorEdges: { readonly error: boolean; readonly names: readonly string[] };
  readonly tolerant: boolean;
  readonly atMostOnce: boolean;
  readonly attemptTimeoutMs: number;
  readonly deadlineMs: number | undefined;
  readonly retry: RetryPolicy;
  readonly with: CompiledValue | undefined;
  /** Gates: the condition they decide. */
  readonly condition: CompiledValue | undefined;
  readonly failIf: CompiledValue | undefined;
  readonly retryIf: CompiledValue | undefined;
}

export interface PlanEdge {
  readonly index: number;
  readonly from: number;
  readonly to: number;
  /** Position among the target's in-edges: how arrival sets name the edge. */
  readonly slot: number;
  /** `gate`: from a gate to its node; `drain`: from a `first` join to `$end`, settled when all its edges are. */
  readonly selector: Selector | { readonly kind: 'gate' } | { readonly kind: 'drain' };
}

export const START = 0;

export function nodeAt(plan: Plan, index: number): PlanNode {
  return at(plan.nodes, index);
}

export function edgeAt(plan: Plan, index: number): PlanEdge {
  return at(plan.edges, index);
}

export function isVirtual(node: PlanNode): boolean {
  return node.kind === 'start' || node.kind === 'end' || node.kind === 'gate';
}

/** A root without an effect: committed at once, never claimed. */
export function isPureRoot(node: PlanNode): boolean {
  return node.unit === node.index && node.kind !== 'effect' && node.kind !== 'end';
}
