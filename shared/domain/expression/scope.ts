import type { Json } from '../json.ts';
import type { EpochMs } from '../time.ts';

/** What expressions can see (contract §2 "Templates"). */
export interface Scope {
  readonly input: Json;
  readonly nodes: Readonly<Record<string, NodeScope>>;
  readonly execution: Json;
  readonly node?: { readonly id: string; readonly attempt: number; readonly idempotencyKey: string };
  readonly now: EpochMs;
  /** In `failIf` and `retryIf` only: what the attempt produced. */
  readonly output?: Json;
}

/** A type, not an interface: only so is it a map to expressions. */
export type NodeScope = {
  readonly status: string;
  readonly output?: Json;
  readonly error?: Json;
};

/** Fields of the roots that have a fixed set: others are a typing error that can be told at save. */
export const ROOT_FIELDS: Readonly<Record<string, readonly string[]>> = {
  execution: ['id', 'workflow', 'version', 'createdAt', 'startedAt', 'scheduledAt', 'tags', 'trigger', 'generation'],
  node: ['id', 'attempt', 'idempotencyKey'],
};
export const NODE_FIELDS = ['status', 'output', 'error'] as const;
export const ROOTS = ['input', 'nodes', 'execution', 'node', 'now'] as const;
