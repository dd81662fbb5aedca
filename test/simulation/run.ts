import type { LifecycleEvent } from '../../shared/domain/execution/lifecycle-event.ts';
import type { ExecutionKey } from '../../shared/domain/execution/records.ts';
import { check } from './checker/check.ts';
import type { Evidence, ExecutionEvidence } from './checker/evidence.ts';
import { oracleProblems } from './oracle.ts';
import type { Random } from './random.ts';
import { perform, type Told } from './scenario/perform.ts';
import { versionsOf, type Scenario } from './scenario/scenario.ts';
import type { FaultKind, FaultPlan } from './world/faults.ts';
import type { FunctionConfig, FunctionName } from './world/functions.ts';
import { EPOCH } from './world/scheduler.ts';
import { World } from './world/world.ts';

export interface RunOptions {
  readonly random: Random;
  readonly faults: (now: number) => FaultPlan & { readonly horizon: number; readonly skewed: boolean };
  readonly keepLog: boolean;
  readonly functions?: Partial<Readonly<Record<FunctionName, FunctionConfig>>>;
  /** Leaves out the check: for runs that are to fail, or that are compared otherwise. */
  readonly unchecked?: true;
}

export interface Problem {
  readonly invariant: string;
  readonly message: string;
}

export interface Run {
  readonly problems: readonly Problem[];
  readonly evidence: Evidence;
  readonly faults: ReadonlyMap<FaultKind, number>;
  readonly digest: string;
  readonly log: readonly string[];
  readonly steps: number;
  /** Everything was at rest at the end. */
  readonly rested: boolean;
  readonly world: World;
}

const HOUR_MS = 3_600_000;
/**
 * In liveness mode, after the last fault, everything has to come to rest within this time: the scenario's own timers
 * (hours), five visibility timeouts one after the other, and the longest that a sandbox stands still.
 */
const LIVENESS_MS = 48 * HOUR_MS;
const STEPS_MAX = 400_000;

/** Runs a scenario to its rest and looks at what is left of it. */
export async function simulate(scenario: Scenario, options: RunOptions): Promise<Run> {
  let horizon = 0;
  let skewed = false;
  const world = new World({
    ...scenario,
    ...options,
    faults: (now) => {
      const plan = options.faults(now);
      ({ horizon, skewed } = plan);
      return plan;
    },
  });
  const told = perform(world, scenario);
  const rested = await rest(world, horizon + LIVENESS_MS);
  const evidence = await gather(world, scenario, told, skewed);
  const problems: Problem[] = world.bugs.map((message) => ({ invariant: 'no_bug', message }));
  if (!rested) problems.push({ invariant: 'liveness', message: describeUnrest(world) });
  if (options.unchecked !== true) {
    problems.push(...check(evidence));
    // Where every failed delivery loses its message nobody can promise this.
    if (scenario.afterFailure !== 'lost') problems.push(...(await leftUndone(world, scenario, told)));
    for (const execution of scenario.executions) problems.push(...oracleProblems(execution, evidence));
  }
  const { counts: faults } = world.ledger;
  const { steps } = world.scheduler;
  return { problems, evidence, faults, digest: world.log.digest(), log: world.log.lines, steps, rested, world };
}

function rest(world: World, until: number): Promise<boolean> {
  return world.scheduler.run(() => world.quiet, until, STEPS_MAX).then((ended) => ended && world.quiet);
}

async function gather(
  world: World,
  { executions, announces }: Scenario,
  told: Told,
  skewed: boolean,
): Promise<Evidence> {
  const { store, target, ledger, queue } = world;
  const found = await Promise.all(
    executions.map(async ({ key, workflow }): Promise<ExecutionEvidence> => {
      const { nodes, groups } = await store.memory.readAll(key, 'outputs');
      return {
        key,
        accepted: told.accepted.has(key.execution),
        definitions: new Map(versionsOf(workflow).map(({ plan, definition }) => [plan.version, definition])),
        header: await store.memory.readHeader(key),
        nodes,
        groups,
        letters: await store.memory.deadLettersOf(key),
        changes: store.changesOf(key),
        planIds: new Map(versionsOf(workflow).map(({ plan }) => [plan.version, plan.nodes.map(({ id }) => id)])),
        callbacks: told.callbacks.filter((each) => each.execution === key.execution),
        ...(announces === true && { announced: world.announced.filter((event) => isOf(event, key)) }),
      };
    }),
  );
  return {
    executions: found,
    effects: target.effects,
    faults: ledger.evidence,
    messagesLeft: queue.size + queue.parked.filter((body) => !queue.injected.includes(body)).length,
    skewed,
    workspacesTouched: store.workspaces,
  };
}

function isOf(event: LifecycleEvent, { workspace, execution }: ExecutionKey): boolean {
  return event.workspace === workspace && event.execution === execution;
}

/** Messages and bulk replays that nobody saw to. */
async function leftUndone({ queue, replays, ledger }: World, { sweeper }: Scenario, told: Told): Promise<Problem[]> {
  const lost = queue.injected.filter((body) => !queue.parked.includes(body));
  const problems = lost.map((body) => ({ invariant: 'parked', message: `${body} was not parked` }));
  // No sweeper looks after bulk replays: a message that died, or that a copy deleted which knew nothing of the others, ends
  // one.
  if (sweeper || ledger.counts.has('dead_lettered')) return problems;
  for (const key of told.replays) {
    const job = await replays.readJob(key);
    if (job?.status !== 'done')
      problems.push({ invariant: 'bulk_replay', message: `${key.job} is ${job?.status ?? 'lost'} at rest` });
  }
  return problems;
}

function describeUnrest({ scheduler, queue, store }: World): string {
  const hours = ((scheduler.now - EPOCH) / HOUR_MS).toFixed(1);
  return `not at rest after ${hours} virtual hours and ${scheduler.steps} steps: ${queue.size} messages, ${store.open} open executions`;
}
