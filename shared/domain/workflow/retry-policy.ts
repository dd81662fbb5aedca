import { parseDurationMs } from '../duration.ts';
import type { NodeDefinition } from './definition.ts';

/** When a failed attempt is repeated (contract §2 "Time and retry"). All times in milliseconds. */
export interface RetryPolicy {
  /** Counts the first try. */
  readonly attempts: number;
  /** False where the definition says nothing of `retry`: then the node type may hold back (POST). */
  readonly explicit: boolean;
  readonly jitter: number;
  readonly delays: readonly number[] | { readonly firstMs: number; readonly factor: number; readonly maxMs: number };
}

const DEFAULTS = { attempts: 3, firstMs: 1_000, factor: 2, maxMs: 300_000, jitter: 0.2 } as const;

export const NO_RETRY: RetryPolicy = { attempts: 1, explicit: true, jitter: 0, delays: [] };

export function retryPolicy(node: NodeDefinition): RetryPolicy {
  if (node.delivery === 'at-most-once') return NO_RETRY;
  const { retry } = node;
  const ms = (text: string | undefined, otherwise: number) =>
    text === undefined ? otherwise : (parseDurationMs(text) ?? otherwise);
  if (retry?.delays !== undefined) {
    return {
      attempts: retry.attempts ?? retry.delays.length + 1,
      explicit: true,
      jitter: retry.jitter ?? 0,
      delays: retry.delays.map((text) => ms(text, 0)),
    };
  }
  return {
    attempts: retry?.attempts ?? DEFAULTS.attempts,
    explicit: retry !== undefined,
    jitter: retry?.jitter ?? DEFAULTS.jitter,
    delays: {
      firstMs: ms(retry?.first, DEFAULTS.firstMs),
      factor: retry?.factor ?? DEFAULTS.factor,
      maxMs: ms(retry?.max, DEFAULTS.maxMs),
    },
  };
}

/**
 * The wait before the attempt that follows attempt `failed` (1-based): the policy's delay, lengthened (never
 * shortened) by jitter, or what the target asked for when that is longer. `random` ∈ [0, 1).
 */
export function retryDelayMs(policy: RetryPolicy, failed: number, random: number, retryAfterMs = 0): number {
  const base = baseDelayMs(policy, failed);
  return Math.max(Math.floor(base * (1 + policy.jitter * random)), retryAfterMs);
}

function baseDelayMs({ delays }: RetryPolicy, failed: number): number {
  if ('firstMs' in delays) return Math.min(delays.maxMs, delays.firstMs * delays.factor ** (failed - 1));
  return delays[Math.min(failed, delays.length) - 1] ?? 0;
}
