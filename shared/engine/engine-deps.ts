import type { Json } from '../domain/json.ts';
import type { EpochMs } from '../domain/time.ts';
import type { Plan } from '../domain/workflow/plan.ts';
import type { Breakers } from './breakers.ts';
import type { NodeRegistry } from './node-registry.ts';
import type {
  Clock,
  EngineLog,
  ExecutionStore,
  Ids,
  LifecycleEvents,
  ReplayStore,
  Telemetry,
  WorkQueue,
} from './ports.ts';

/** Everything the engine needs, given once at start-up. */
export interface EngineDeps {
  readonly store: ExecutionStore;
  readonly replays: ReplayStore;
  readonly queue: WorkQueue;
  /** Immutable, therefore cached for ever by whoever implements this. */
  readonly plans: PlanSource;
  readonly nodes: NodeRegistry;
  /** One for the whole process: it remembers what it has read. */
  readonly breakers: Breakers;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: EngineLog;
  readonly telemetry: Telemetry;
  /** Absent where ends are not announced, which is what costs nothing. */
  readonly events?: LifecycleEvents;
  /** See `isLive` in time-budget.ts; 0 on AWS. */
  readonly leaseEpoch: EpochMs;
}

export interface PlanSource {
  load(workspace: string, workflow: string, version: number): Promise<Plan>;
}

/** Checks a value against a JSON Schema; the value comes back with defaults applied. */
export type SchemaCheck = (
  schema: Json,
  value: Json,
) => { readonly value: Json; readonly problems: readonly { readonly path: string; readonly message: string }[] };
