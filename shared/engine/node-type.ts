import type * as z from 'zod';
import type { CompiledValue, Scope } from '../domain/expression/template.ts';
import type { Failure, FailureCategory } from '../domain/failure.ts';
import { failure } from '../domain/failure.ts';
import type { Json } from '../domain/json.ts';
import type { EpochMs } from '../domain/time.ts';

/**
 * What a node type is. A type is one file in `shared/nodes`, a plug-in that sees neither store nor queue:
 * an *effect* does something in the world and may be attempted again; a *pure* type only computes from committed
 * data, so the engine commits its result together with the effect before it, at no cost.
 */
export type NodeType = EffectNodeType | PureNodeType;

interface NodeTypeBase {
  readonly type: string;
  /** One line for docs and console. */
  readonly summary: string;
  /** The shape of `with` once its templates are resolved. At save, parts that hold templates are not judged. */
  readonly config: z.ZodType;
}

export interface EffectNodeType extends NodeTypeBase {
  readonly kind: 'effect';
  readonly attemptTimeoutMsDefault: number;
  /** Whether a failure may be repeated when the definition says nothing of `retry`. Default: `failure.retryable`. */
  retryableByDefault?(config: Json, failed: Failure): boolean;
  /**
   * What an attempt with this config depends on: its failures in a row open the target's circuit breaker, for all nodes
   * of the workspace that name the same one. Undefined: nothing outside.
   */
  target?(config: unknown): string | undefined;
  /** `config` was parsed by `this.config`. Throws {@link NodeError}; anything else thrown is a bug or an infrastructure fault. */
  run(attempt: Attempt): Promise<NodeOutcome>;
}

export interface PureNodeType extends NodeTypeBase {
  readonly kind: 'pure';
  /** Branch names that `with` declares: what `needs: [x.<branch>]` may name. */
  branches?(raw: Json): readonly string[];
  /** Throws {@link NodeError}; must not look at anything but its arguments. */
  evaluate(input: { readonly with: CompiledValue; readonly scope: Scope }): PureResult;
}

export interface PureResult {
  readonly output: Json;
  readonly branch?: string;
}

/** One attempt of an effect: plain data and capabilities that end with it. */
export interface Attempt {
  readonly config: unknown;
  /** 1 for the first try. */
  readonly number: number;
  /** The same for every attempt of this node; sent to targets as `Idempotency-Key`. */
  readonly idempotencyKey: string;
  /** Aborts when the attempt's time is over, the execution is cancelled or the worker has to stop. */
  readonly signal: AbortSignal;
  readonly now: EpochMs;
  /** When a timer of this length fires (the local stack can run timers faster than the clock). */
  readonly after: (ms: number) => EpochMs;
}

export type NodeOutcome =
  | { readonly kind: 'succeeded'; readonly output: Json }
  | { readonly kind: 'suspended'; readonly wait: Wait };

/** A node that waits without anybody running it. What happens when `until` comes is decided now and stored. */
export interface Wait {
  readonly for: 'timer' | 'callback';
  readonly until?: EpochMs;
  /** The node's end when `until` comes. */
  readonly onDue: { readonly output: Json } | { readonly failure: Failure };
  /** JSON Schema for what a callback may send. */
  readonly schema?: Json;
}

export class NodeError extends Error {
  override readonly name = 'NodeError';
  readonly failure: Failure;

  constructor(failed: Failure) {
    super(failed.message);
    this.failure = failed;
  }

  static fatal(code: string, category: FailureCategory, message: string, details?: Json): NodeError {
    return new NodeError(failure(code, category, message, { ...(details !== undefined && { details }) }));
  }

  static retryable(
    code: string,
    category: FailureCategory,
    message: string,
    more: { retryAfterMs?: number; details?: Json } = {},
  ): NodeError {
    return new NodeError(failure(code, category, message, { retryable: true, ...more }));
  }
}

export function succeeded(output: Json): NodeOutcome {
  return { kind: 'succeeded', output };
}

export function suspended(wait: Wait): NodeOutcome {
  return { kind: 'suspended', wait };
}
