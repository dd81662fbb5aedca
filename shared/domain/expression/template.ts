import type { Failure } from '../failure.ts';
import type { Json } from '../json.ts';
import type { Problem } from '../problem.ts';
import type { Result } from '../result.ts';
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

export interface NodeScope {
  readonly status: string;
  readonly output?: Json;
  readonly error?: Json;
}
