import { isJsonObject } from '../../../shared/domain/json.ts';
import { MODEL_INPUT, type ModelNode } from '../../support/join-oracle.ts';
import type { Random } from '../random.ts';
import type { Outcome, Script } from '../world/target.ts';
import type { Redriving, Repair } from './repair.ts';
import { laterVersions } from './random-version.ts';
import { versionsOf, type ScriptedExecution, type Workflow } from './scenario.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Later versions by the first one: executions of one workflow share them. */
export type Versions = Map<Workflow['plan'], Workflow>;

/** The execution with people who look after it once it has ended, and tasks that mend in between. */
export function repaired(random: Random, execution: ScriptedExecution, versions: Versions): ScriptedExecution {
  const { plan } = execution.workflow;
  const drawn = random.chance(0.35) ? laterVersions(random, execution.workflow) : execution.workflow;
  const workflow = versions.get(plan) ?? drawn;
  versions.set(plan, workflow);
  const rounds = random.pick([1, 1, 2, 2, 3, 4]);
  return {
    ...execution,
    workflow,
    script: random.chance(0.85) ? healing(random, workflow.script) : workflow.script,
    repairs: Array.from({ length: rounds }, () => round(random, workflow)),
    echoes: random.chance(0.4)
      ? Array.from({ length: random.between(1, 6) }, () => ({
          afterMs: random.between(0, random.pick([50, 2_000, 2 * MINUTE_MS, 3 * HOUR_MS])),
          which: random.next(),
        }))
      : [],
  };
}

/** Mostly one thing; or the same twice at once, or things that have nothing to do with each other. */
function round(random: Random, workflow: Workflow): Repair[] {
  const first = repair(random, workflow, random.between(0, random.pick([0, 10, 5_000, 5_000, HOUR_MS])));
  const near = () => first.afterMs + random.between(0, random.pick([0, 20, 2_000]));
  const kind = random.next();
  if (kind < 0.5) return [first];
  if (kind < 0.7) return [first, { ...first, afterMs: near() }];
  if (kind < 0.9) return [first, repair(random, workflow, near())];
  return [first, { kind: 'cancel', afterMs: near() + random.between(0, 3_000) }];
}

function repair(random: Random, workflow: Workflow, afterMs: number): Repair {
  const kind = random.next();
  if (kind < 0.55) return { ...redriving(random, workflow), afterMs };
  if (kind < 0.8) return { kind: 'replay', letter: random.next(), edited: random.chance(0.6), afterMs };
  if (kind < 0.87) return { kind: 'discard', letter: random.next(), afterMs };
  return { kind: 'replay_all', ratePerSecond: random.pick([0.2, 1, 10, 100]), afterMs };
}

function redriving(random: Random, workflow: Workflow): Redriving {
  const named = random.chance(0.4) ? randomNodes(random, workflow.model ?? []) : undefined;
  const version = random.chance(0.7) ? random.pick(versionsOf(workflow)).plan.version : undefined;
  return {
    kind: 'redrive',
    freshKeys: random.chance(0.3),
    ...(named !== undefined && { from: named }),
    ...(named !== undefined && random.chance(0.5) && { input: editedInput(random) }),
    ...(version !== undefined && version > 1 && { version }),
  };
}

function randomNodes(random: Random, model: readonly ModelNode[]): string[] {
  return [...new Set([random.pick(model).id, random.pick(model).id])];
}

/** What decides about branches stays. */
function editedInput(random: Random) {
  return { ...(isJsonObject(MODEL_INPUT) ? MODEL_INPUT : {}), edited: random.between(1, 1_000) };
}

/** A failure of a task is mended from its second or third run on; a few are not. */
function healing(random: Random, script: Script): Script {
  const heal = (outcome: Outcome): Outcome =>
    outcome.fail === undefined || outcome.retryable === true || random.chance(0.15)
      ? outcome
      : { ...outcome, heals: random.pick([2, 2, 2, 3]) };
  return Object.fromEntries(
    Object.entries(script).map(([id, scripted]) => [id, isSeries(scripted) ? scripted.map(heal) : heal(scripted)]),
  );
}

function isSeries(scripted: Script[string]): scripted is readonly Outcome[] {
  return Array.isArray(scripted);
}
