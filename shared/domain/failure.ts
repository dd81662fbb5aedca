import * as z from 'zod';
import type { Json } from './json.ts';

/** Why a node's attempt failed, as data (contract §4). An infrastructure fault is an exception instead, never a Failure. */
export const FailureCategory = z.enum(['transient', 'target', 'input', 'timeout', 'policy', 'internal']);
export type FailureCategory = z.infer<typeof FailureCategory>;

export interface Failure {
  readonly code: string;
  readonly category: FailureCategory;
  readonly message: string;
  readonly retryable: boolean;
  /** What the target asked for (`Retry-After`); the longer of this and the policy's delay is waited. */
  readonly retryAfterMs?: number;
  readonly details?: Json;
}

export function failure(
  code: string,
  category: FailureCategory,
  message: string,
  more: { retryable?: boolean; retryAfterMs?: number; details?: Json } = {},
): Failure {
  return { code, category, message, retryable: false, ...more };
}

/** `expression_failed`: a template could not be evaluated against the data at hand. Repeating it would give the same. */
export function expressionFailed(message: string): Failure {
  return failure('expression_failed', 'input', message);
}
