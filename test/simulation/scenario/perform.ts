import { canonicalJson } from '../../../shared/domain/json.ts';
import { acceptCallback } from '../../../shared/engine/callback.ts';
import { cancelExecution } from '../../../shared/engine/cancel-execution.ts';
import type { SchemaCheck } from '../../../shared/engine/engine-deps.ts';
import { startExecution, startHeld } from '../../../shared/engine/start-execution.ts';
import type { CallbackEvidence, Change } from '../checker/evidence.ts';
import { EPOCH } from '../world/scheduler.ts';
import type { World } from '../world/world.ts';
import { repairAfter } from './repair.ts';
import { scriptOf, versionsOf, type Answer, type Scenario, type ScriptedExecution } from './scenario.ts';

/** A callback that was sent, and what became of it. */
export interface SentCallback extends CallbackEvidence {
  readonly execution: string;
}

/** What clients were told. */
export interface Told {
  /** Executions whose start was answered with 2xx. */
  readonly accepted: Set<string>;
  readonly callbacks: SentCallback[];
  /** Executions whose cancel was answered with 2xx. */
  readonly cancelled: Set<string>;
  /** Bulk replays that were answered with 2xx. */
  readonly replays: { readonly workspace: string; readonly job: string }[];
}

const anySchema: SchemaCheck = (_, value) => ({ value, problems: [] });

/** Lets the clients of a scenario do what they do, each at its time. */
export function perform(world: World, scenario: Scenario): Told {
  const told: Told = { accepted: new Set(), callbacks: [], cancelled: new Set(), replays: [] };
  const byName = new Map(scenario.executions.map((execution) => [nameOf(execution.key), execution]));
  for (const execution of scenario.executions) {
    for (const { workspace, plan } of versionsOf(execution.workflow)) world.addPlan(workspace, plan);
    world.target.script(execution.key.execution, scriptOf(execution));
    schedule(world, execution, told);
  }
  world.target.outages = scenario.outages ?? [];
  for (const { atMs, queue, body } of scenario.unreadable ?? [])
    world.later(atMs, () => world.queue.inject(queue, body));
  world.store.onChange = (key, change) => {
    world.log.add(world.scheduler.now, 'store', describe(key.execution, change));
    const execution = byName.get(nameOf(key));
    if (execution !== undefined && change.kind === 'node') react(world, execution, change, told);
    if (execution === undefined || change.kind !== 'header') return;
    if (change.before === undefined) created(world, execution, change.after.status === 'pending', told);
    if (change.before?.gen !== change.after.gen) echo(world, execution);
    repairAfter(world, execution, change.after, {
      cancel: () => cancel(world, execution, told),
      replaying: (job) => void told.replays.push(job),
    });
  };
  return told;
}

function schedule(world: World, execution: ScriptedExecution, told: Told): void {
  for (const at of [execution.startMs, ...execution.startAgainMs]) world.later(at, () => start(world, execution, told));
}

/** Who starts what is held, or cancels, knows that it is there: he was told, or looked. */
function created(world: World, execution: ScriptedExecution, held: boolean, told: Told): void {
  const { key, heldUntilMs = 0, cancelMs } = execution;
  const at = (ms: number, happen: () => void) => world.later(Math.max(0, EPOCH + ms - world.scheduler.now), happen);
  const startIt = () =>
    world.request(
      `start held ${key.execution}`,
      (deps) => startHeld(deps, key),
      () => undefined,
    );
  if (held) at(heldUntilMs, startIt);
  if (cancelMs !== undefined) at(cancelMs, () => cancel(world, execution, told));
}

function start(
  world: World,
  { key, workflow, input, heldUntilMs, startAttempts }: ScriptedExecution,
  told: Told,
): void {
  const request = {
    ...key,
    plan: workflow.plan,
    input: { at: 'record', value: input } as const,
    hold: heldUntilMs !== undefined,
    tags: {},
    trigger: 'api',
    request: 'digest',
  };
  const answered = () => void told.accepted.add(key.execution);
  world.request(`start ${key.execution}`, (deps) => startExecution(deps, request), answered, startAttempts);
}

function cancel(world: World, { key }: ScriptedExecution, told: Told): void {
  const answered = ({ kind }: { readonly kind: string }) => {
    if (kind === 'accepted') told.cancelled.add(key.execution);
  };
  world.request(`cancel ${key.execution}`, (deps, id) => cancelExecution(deps, key, id), answered);
}

/** Messages that lay somewhere and come once more, of whichever generation. */
function echo(world: World, { key, echoes = [] }: ScriptedExecution): void {
  for (const { afterMs, which } of echoes) world.later(afterMs, () => world.queue.echo(key.execution, which));
}

/** Some clients act when a node is in a certain state. */
function react(world: World, execution: ScriptedExecution, { after }: Change & { kind: 'node' }, told: Told): void {
  const { cancelWhen } = execution;
  if (cancelWhen?.node === after.node && cancelWhen.status === after.status)
    world.later(cancelWhen.afterMs, () => cancel(world, execution, told));
  if (after.status !== 'waiting' || after.wait.for !== 'callback') return;
  const { due } = after.wait;
  for (const answer of execution.answers) {
    if (answer.node !== after.node) continue;
    const delay =
      answer.beforeDueMs !== undefined && due !== undefined
        ? due - answer.beforeDueMs - world.scheduler.now
        : (answer.afterMs ?? 0);
    world.later(delay, () => send(world, execution, answer, after.gen, told));
  }
}

function send(world: World, execution: ScriptedExecution, { node, payload }: Answer, gen: number, told: Told): void {
  const digest = canonicalJson(payload);
  const callback = { ...execution.key, node, gen, payload, digest };
  const sent = { execution: execution.key.execution, node, gen, sent: payload };
  let attempts = 0;
  world.request(
    `callback ${execution.key.execution} ${node}`,
    (deps, requestId) => {
      attempts += 1;
      return acceptCallback(deps, anySchema, { ...callback, requestId });
    },
    ({ kind }) => {
      // An attempt without an answer may be applied after one that was refused.
      const refused = attempts === 1 ? 'refused' : 'unknown';
      told.callbacks.push({ ...sent, answer: kind === 'accepted' ? 'accepted' : refused });
    },
  );
}

function describe(execution: string, change: Change): string {
  const { seq, kind } = change;
  const what =
    change.kind === 'header'
      ? `${change.after.status} rev ${change.after.rev}${change.after.stop === undefined ? '' : ` stop ${change.after.stop.reason}`}`
      : change.kind === 'node'
        ? `${change.after.node} ${change.after.status} fence ${change.after.fence}`
        : change.kind === 'group'
          ? `${change.after.node} ${change.after.group} until ${change.after.lease.until}`
          : `${change.join} ${change.level}.${change.chunk} ${change.elements.join()}`;
  return `${execution} #${seq} ${kind} ${what}`;
}

function nameOf({ workspace, execution }: { readonly workspace: string; readonly execution: string }): string {
  return `${workspace}/${execution}`;
}
