import type { Json } from '../../../shared/domain/json.ts';
import { definitionOf, MODEL_INPUT, type ModelNode } from '../../support/join-oracle.ts';
import { randomModel } from '../../support/random-model.ts';
import type { Random } from '../random.ts';
import type { Outcome } from '../world/target.ts';
import { randomOutages, randomUnreadable, withInput, withTargets } from './random-mischief.ts';
import { repaired, type Versions } from './random-repairs.ts';
import type { Repair } from './repair.ts';
import {
  workflowOf,
  type Answer,
  type NodeSpecs,
  type Scenario,
  type ScriptedExecution,
  type Workflow,
} from './scenario.ts';

const WORKSPACES = ['alpha', 'beta'] as const;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * A random set of workflows, executions and clients, in a random deployment. What came to it later is drawn from streams
 * of its own, so that a seed remains more or less what it was.
 */
export function randomScenario(random: Random): Scenario {
  const [repairs, mischief] = [random.stream('repairs'), random.stream('mischief')];
  const recovery = random.pick(['both', 'both', 'redelivery', 'sweeper'] as const);
  const count = random.pick([1, 1, 1, 2, 2, 3, 4]);
  const workspaces = random.chance(0.4) ? WORKSPACES : WORKSPACES.slice(0, 1);
  const executions: ScriptedExecution[] = [];
  const versions: Versions = new Map();
  for (let at = 0; at < count; at += 1) {
    const again = executions.length > 0 && random.chance(0.3);
    const made = again ? random.pick(executions).workflow : undefined;
    const execution = randomExecution(
      random,
      `ex${at + 1}`,
      random.pick(workspaces),
      recovery !== 'redelivery',
      made,
      mischief,
    );
    executions.push(repairs.chance(0.3) ? repaired(repairs, execution, versions) : execution);
  }
  return {
    executions,
    afterFailure: recovery === 'sweeper' ? 'lost' : random.pick(['at_once', 'when_visible'] as const),
    sweeper: recovery !== 'redelivery',
    clientAttempts: random.pick([1, 1, 2, 3]),
    coldStarts: random.pick([0, 0.2, 1]),
    outages: randomOutages(mischief),
    unreadable: mischief.chance(0.1) ? randomUnreadable(mischief) : [],
    // Without a sweeper nobody would make up for an announcement that was lost.
    announces: recovery !== 'redelivery' && mischief.chance(0.4),
  };
}

function randomExecution(
  random: Random,
  id: string,
  workspace: string,
  sweeper: boolean,
  again: Workflow | undefined,
  mischief: Random,
): ScriptedExecution {
  const workflow = again ?? randomWorkflow(random, workspace, `of-${id}`, mischief);
  const startMs = random.pick([0, random.between(0, 100), random.between(0, 60_000)]);
  const answers = Object.keys(workflow.script).flatMap((node) => answersTo(random, node, workflow.script[node]));
  return {
    key: { workspace: workflow.workspace, execution: id },
    workflow,
    input: MODEL_INPUT,
    startMs,
    startAgainMs: random.chance(0.15)
      ? Array.from({ length: random.between(1, 3) }, () => startMs + random.between(0, random.pick([50, MINUTE_MS])))
      : [],
    // Who gives up was promised nothing; what he left behind is the sweeper's.
    startAttempts: random.chance(0.1) && sweeper ? 1 : 50,
    ...(random.chance(0.1) && { heldUntilMs: startMs + random.between(0, random.pick([100, HOUR_MS])) }),
    ...(random.chance(0.15) && {
      cancelMs: startMs + random.between(0, random.pick([200, 2_000, 2 * MINUTE_MS, 3 * HOUR_MS])),
    }),
    answers,
    repairs: random.chance(0.15) ? [redrivings(random, workflow)] : [],
  };
}

/** From what failed, or from a node or two; perhaps asked for twice. */
function redrivings(random: Random, { model = [] }: Workflow): Repair[] {
  const from = random.chance(0.5) ? undefined : [random.pick(model).id, random.pick(model).id];
  const one: Repair = {
    kind: 'redrive',
    afterMs: random.between(0, random.pick([10, 5_000, HOUR_MS])),
    ...(from !== undefined && { from: [...new Set(from)] }),
    freshKeys: random.chance(0.5),
  };
  return random.chance(0.7) ? [one] : [one, { ...one, afterMs: one.afterMs + random.between(0, 50) }];
}

function randomWorkflow(random: Random, workspace: string, name: string, mischief: Random): Workflow {
  const shape = random.next();
  const model =
    shape < 0.04
      ? chain(random, 40)
      : shape < 0.1
        ? fan(random)
        : randomModel(random.between(1, 2 ** 31), random.pick([1, 3, 6, 10, 20]));
  const base = definitionOf(model);
  const details = Object.entries(base.nodes).map(([id, spec]) => {
    const node = model.find((each) => each.id === id);
    const end: Outcome = base.script[id] ?? {};
    return spec['type'] === 'task' && node !== undefined
      ? ([id, ...detail(random, spec, end, node, model)] as const)
      : ([id, spec, end] as const);
  });
  const plain: NodeSpecs = Object.fromEntries(details.map(([id, spec]) => [id, spec]));
  const seeing = mischief.chance(0.4) ? withInput(mischief, plain) : plain;
  const nodes = mischief.chance(0.3) ? withTargets(mischief, seeing) : seeing;
  const script = Object.fromEntries(details.map(([id, , outcome]) => [id, outcome]));
  const more = random.chance(0.12) ? { timeout: random.pick(['5s', '90s', '10m', '3h']) } : {};
  return workflowOf(workspace, name, nodes, script, more, model);
}

type Detail = readonly [NodeSpecs[string], Outcome | readonly Outcome[]];

/** What the contract's tables do not look at: how long a task takes, how often it is tried, what it waits for. */
function detail(
  random: Random,
  plain: NodeSpecs[string],
  end: Outcome,
  node: ModelNode,
  model: readonly ModelNode[],
): Detail {
  const spec = { ...plain, ...inputFrom(random, node, model) };
  const takesMs = random.pick([0, 0, 5, 40, random.between(0, node.long === true ? 4 * MINUTE_MS : 9_000)]);
  const chance = random.next();
  if (chance < 0.45) return [spec, { ...end, takesMs }];
  if (chance < 0.6) {
    const delays = random.pick([['0s'], ['1s', '30s'], ['2m', '20m'], ['0s', '0s', '0s']]);
    const failures = random.between(1, delays.length);
    const flaky: Outcome = { fail: 'http_503', category: 'transient', retryable: true };
    return [{ ...spec, retry: { delays } }, [...Array.from({ length: failures }, () => flaky), { ...end, takesMs }]];
  }
  if (chance < 0.68) return end.fail === undefined ? [spec, { ...end, wait: waitMs(random) }] : [spec, end];
  if (chance < 0.8) return end.fail === undefined ? [spec, callback(random)] : [spec, end];
  if (chance < 0.93)
    return [
      { ...spec, delivery: 'at-most-once' },
      { ...end, takesMs },
    ];
  if (chance < 0.96) return [spec, { ...end, takesMs, kills: random.pick([1, 2, 100]) }];
  return [{ ...spec, timeout: random.pick(['1s', '45s', '56s', '57s', '14m']) }, end];
}

/** Its input from the only node before it, where that has an output for certain when this one runs. */
function inputFrom(
  random: Random,
  { needs = [], join = 'merge' }: ModelNode,
  model: readonly ModelNode[],
): { with?: Json } {
  const [need] = needs;
  const source = model.find(({ id }) => id === need);
  const certain = needs.length === 1 && source?.onError === undefined && source?.kind === 'task';
  if (!certain || source === undefined || join === 'always' || join === 'first' || random.chance(0.4)) return {};
  return { with: { seen: `{{ nodes.${source.id}.output }}` } };
}

function waitMs(random: Random): number {
  return random.pick([0, 500, 20_000, random.between(0, 10 * MINUTE_MS), random.between(0, 2 * HOUR_MS)]);
}

function callback(random: Random): Outcome {
  return random.chance(0.5) ? { callback: {} } : { callback: { expiresMs: random.pick([1_000, 60_000, HOUR_MS]) } };
}

/** Once, twice, at the very end of its time, or never if the node knows an end without. */
function answersTo(random: Random, node: string, scripted: Workflow['script'][string] | undefined): Answer[] {
  if (scripted === undefined || !('callback' in scripted) || scripted.callback === undefined) return [];
  const { expiresMs } = scripted.callback;
  if (expiresMs !== undefined && random.chance(0.25)) return [];
  const answer = (): Answer => ({
    node,
    ...(expiresMs !== undefined && random.chance(0.5)
      ? { beforeDueMs: random.between(-30, 60) }
      : { afterMs: random.between(0, random.pick([20, 5_000, HOUR_MS])) }),
    payload: random.chance(0.8)
      ? { output: { from: node, approved: random.chance(0.5) } }
      : { error: { code: 'refused', message: 'no' } },
  });
  const first = answer();
  if (random.chance(0.5)) return [first];
  return random.chance(0.5)
    ? [first, { ...first, ...(first.afterMs !== undefined && { afterMs: first.afterMs + random.between(0, 40) }) }]
    : [first, answer()];
}

function chain(random: Random, length: number): ModelNode[] {
  const long = random.chance(0.5);
  return Array.from({ length }, (_, at) => ({
    id: `n${at}`,
    kind: 'task' as const,
    ...(at > 0 && { needs: [`n${at - 1}`] }),
    ...(long && { long }),
  }));
}

function fan(random: Random): ModelNode[] {
  const width = random.pick([11, 25, 70]);
  const middle = Array.from({ length: width }, (_, at): ModelNode => ({
    id: `n${at + 1}`,
    kind: 'task',
    needs: ['n0'],
  }));
  const join = random.pick(['merge', 'all', 'first', 'always'] as const);
  return [
    { id: 'n0', kind: 'task' },
    ...middle,
    { id: 'last', kind: random.pick(['task', 'pass'] as const), needs: middle.map(({ id }) => id), join },
  ];
}
