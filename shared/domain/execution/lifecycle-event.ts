import { toRfc3339 } from '../time.ts';
import type { ExecutionError, ExecutionReason, ExecutionStatus, Header } from './records.ts';

/** What the world is told of the end of an execution; instants are RFC 3339. No input or output: they may be large, or secret. */
export interface LifecycleEvent {
  readonly workspace: string;
  readonly execution: string;
  readonly workflow: string;
  readonly version: number;
  /** With `execution` the event's identity: it may come more than once. */
  readonly generation: number;
  readonly status: ExecutionStatus;
  readonly reason?: ExecutionReason;
  readonly error?: ExecutionError;
  readonly tags?: Readonly<Record<string, string>>;
  readonly createdAt: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
}

export function lifecycleEvent(header: Header): LifecycleEvent {
  const { workspace, execution, workflow, version, gen, status, reason, error, tags, createdAt, startedAt, endedAt } =
    header;
  return {
    workspace,
    execution,
    workflow,
    version,
    generation: gen,
    status,
    ...(reason !== undefined && { reason }),
    ...(error !== undefined && { error }),
    ...(Object.keys(tags).length > 0 && { tags }),
    createdAt: toRfc3339(createdAt),
    ...(startedAt !== undefined && { startedAt: toRfc3339(startedAt) }),
    ...(endedAt !== undefined && { endedAt: toRfc3339(endedAt) }),
  };
}
