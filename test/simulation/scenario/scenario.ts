import type { ExecutionKey } from '../../../shared/domain/execution/records.ts';
import type { Json, JsonObject } from '../../../shared/domain/json.ts';
import { compilePlan } from '../../../shared/domain/workflow/compile-plan.ts';
import type { Plan } from '../../../shared/domain/workflow/plan.ts';
import { validateDefinition } from '../../../shared/domain/workflow/validate.ts';
import type { ModelNode } from '../../support/join-oracle.ts';
import type { AfterFailure } from '../world/mapping.ts';
import type { QueueName } from '../world/queue.ts';
import { catalog, type Outage, type Script } from '../world/target.ts';
import type { Repair } from './repair.ts';

/** One stored workflow with what its tasks do. */
export interface Workflow {
  readonly workspace: string;
  readonly definition: JsonObject;
  readonly plan: Plan;
  readonly script: Script;
  /** What the oracle of the contract's tables works on, where there is one. */
  readonly model?: readonly ModelNode[];
  /** Versions 2, 3 … of it. */
  readonly later?: readonly Workflow[];
}

export type CallbackPayload =
  | { readonly output: Json }
  | { readonly error: { readonly code: string; readonly message: string } };

/** Somebody answers a waiting node. */
export interface Answer {
  readonly node: string;
  /** After the node began to wait; or before it gives up, by this much. */
  readonly afterMs?: number;
  readonly beforeDueMs?: number;
  readonly payload: CallbackPayload;
}

/** A message of the execution that was sent before is sent again, after each of its generations has begun. */
export interface Echo {
  readonly afterMs: number;
  /** In [0, 1): which of all that were sent, the oldest first. */
  readonly which: number;
}

export interface ScriptedExecution {
  readonly key: ExecutionKey;
  readonly workflow: Workflow;
  /** Where it is not the workflow's. */
  readonly script?: Script;
  readonly input: Json;
  readonly startMs: number;
  /** The same request again, at these times. */
  readonly startAgainMs: readonly number[];
  /** How often the client repeats a start that is not answered before it gives up. */
  readonly startAttempts: number;
  /** Held at first, and started at this time. */
  readonly heldUntilMs?: number;
  readonly cancelMs?: number;
  /** Cancelled this long after a node's record has this status. */
  readonly cancelWhen?: { readonly node: string; readonly status: string; readonly afterMs: number };
  readonly answers: readonly Answer[];
  /** What is done about it after its first end, after its second, and so on. */
  readonly repairs: readonly (readonly Repair[])[];
  readonly echoes?: readonly Echo[];
}

/** A message that nobody can read. */
export interface Unreadable {
  readonly atMs: number;
  readonly queue: QueueName;
  readonly body: string;
}

/** Everything about a run but what goes wrong in it. */
export interface Scenario {
  readonly executions: readonly ScriptedExecution[];
  readonly afterFailure: AfterFailure;
  readonly sweeper: boolean;
  readonly clientAttempts: number;
  readonly coldStarts: number;
  /** Ends are announced on a bus. */
  readonly announces?: boolean;
  readonly outages?: readonly Outage[];
  readonly unreadable?: readonly Unreadable[];
}

export type NodeSpecs = Readonly<Record<string, Readonly<Record<string, Json>>>>;

/** Compiles a workflow; whoever gets it wrong sees all problems. */
export function workflowOf(
  workspace: string,
  name: string,
  nodes: NodeSpecs,
  script: Script = {},
  more: Readonly<Record<string, Json>> = {},
  model?: readonly ModelNode[],
  version = 1,
): Workflow {
  const definition: JsonObject = { name, nodes, ...more };
  const checked = validateDefinition(definition, catalog, () => []);
  if (!checked.ok) throw new Error(`the definition does not hold: ${JSON.stringify(checked.error, null, 1)}`);
  const plan = compilePlan(checked.value.workflow, version);
  return { workspace, definition, plan, script, ...(model !== undefined && { model }) };
}

/** The first version and all later ones. */
export function versionsOf(workflow: Workflow): readonly Workflow[] {
  return [workflow, ...(workflow.later ?? [])];
}

export function scriptOf({ script, workflow }: Pick<ScriptedExecution, 'script' | 'workflow'>): Script {
  return script ?? workflow.script;
}
