import * as z from 'zod';
import type { Json } from '../../shared/domain/json.ts';
import { failure, type FailureCategory } from '../../shared/domain/failure.ts';
import { NodeRegistry } from '../../shared/engine/node-registry.ts';
import {
  NodeError,
  succeeded,
  suspended,
  type Attempt,
  type EffectNodeType,
  type NodeOutcome,
} from '../../shared/engine/node-type.ts';
import type { Clock } from '../../shared/engine/ports.ts';
import { approvalNode } from '../../shared/nodes/approval.ts';
import { conditionNode } from '../../shared/nodes/condition.ts';
import { failNode } from '../../shared/nodes/fail.ts';
import { passNode } from '../../shared/nodes/pass.ts';
import { transformNode } from '../../shared/nodes/transform.ts';
import { waitNode } from '../../shared/nodes/wait.ts';
import { sleep } from '../../shared/engine/sleep.ts';

/** What one attempt of a `task` comes to; without a script it succeeds with `{ from: <node> }`. */
export interface Outcome {
  readonly output?: Json;
  readonly fail?: string;
  readonly category?: FailureCategory;
  readonly retryable?: boolean;
  /** Suspends for a timer of this length instead of ending. */
  readonly wait?: number;
  /** Suspends for a callback, for at most this long. */
  readonly callback?: { readonly expiresMs?: number };
  /** How long the attempt takes on the virtual clock. */
  readonly takesMs?: number;
}

/** One outcome for every attempt, or one for each; the last repeats. */
export type Script = Readonly<Record<string, Outcome | readonly Outcome[]>>;

export interface Run {
  readonly node: string;
  readonly attempt: number;
  readonly input: unknown;
  readonly key: string;
}

/** What the task type needs to know of the execution that it runs in; found by the execution's id. */
export interface World {
  readonly script: Script;
  readonly clock: Clock;
  readonly runs: Run[];
  /** Waits until the test lets this run end; resolves at once where nobody holds it. */
  hold(node: string): Promise<void>;
}

const worlds = new Map<string, World>();

export function enterWorld(execution: string, world: World): void {
  worlds.set(execution, world);
}

export function leaveWorld(execution: string): void {
  worlds.delete(execution);
}

/** What its `with` may say besides anything else: whose circuit breaker it depends on. */
const TaskConfig = z.object({ target: z.string() });

const taskNode: EffectNodeType = {
  type: 'task',
  kind: 'effect',
  summary: 'does what its script says',
  config: z.unknown(),
  attemptTimeoutMsDefault: 10_000,
  target: (config) => TaskConfig.safeParse(config).data?.target,
  async run(attempt) {
    const [execution = '', node = ''] = attempt.idempotencyKey.split(':');
    const world = worlds.get(execution);
    if (world === undefined) throw new Error(`no world for ${attempt.idempotencyKey}`);
    world.runs.push({ node, attempt: attempt.number, input: attempt.config, key: attempt.idempotencyKey });
    await world.hold(node);
    const scripted = world.script[node];
    const outcome =
      (Array.isArray(scripted)
        ? (scripted[Math.min(attempt.number, scripted.length) - 1] as Outcome)
        : (scripted as Outcome | undefined)) ?? {};
    if (outcome.takesMs !== undefined) await sleep(world.clock, outcome.takesMs, attempt.signal);
    return end(node, outcome, attempt);
  },
};

/** What an outcome without `takesMs` means to the engine. */
export function end(
  node: string,
  { output, fail, category = 'target', retryable = false, wait, callback }: Outcome,
  { after }: Attempt,
): NodeOutcome {
  if (fail !== undefined) throw new NodeError(failure(fail, category, `${node} fails`, { retryable }));
  if (wait !== undefined)
    return suspended({ for: 'timer', until: after(wait), onDue: { output: output ?? { from: node } } });
  if (callback === undefined) return succeeded(output ?? { from: node });
  const onDue = { failure: failure('callback_expired', 'timeout', 'nobody answered') };
  return suspended({
    for: 'callback',
    onDue,
    ...(callback.expiresMs !== undefined && { until: after(callback.expiresMs) }),
  });
}

export const registry = new NodeRegistry([
  taskNode,
  transformNode,
  conditionNode,
  passNode,
  waitNode,
  approvalNode,
  failNode,
]);
