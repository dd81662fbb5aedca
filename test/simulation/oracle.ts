import { isDeepStrictEqual } from 'node:util';
import { runOf } from '../../shared/domain/execution/generation.ts';
import { isSettledRecord, type Header, type NodeRecord } from '../../shared/domain/execution/records.ts';
import { sourceOf } from '../support/contract-tables.ts';
import { expected, type ModelNode } from '../support/join-oracle.ts';
import type { Effect, Evidence } from './checker/evidence.ts';
import { endsOf, type Ends } from './ends.ts';
import type { Problem } from './run.ts';
import { scriptOf, versionsOf, type ScriptedExecution, type Workflow } from './scenario/scenario.ts';
import { OUTAGE_CODE, type Outcome, type Script } from './world/target.ts';

/**
 * Compares an execution's end with what the contract's tables say of its workflow, in the version that it ended on. How a
 * node failed that met people, workers that die or stand still, or a target that was down (a callback, its expiry,
 * `poisoned`, `interrupted`, `timeout`, …) is taken from its record; so is whether one was mended that could be by then,
 * and what a redrive kept whatever became of the nodes above it. What follows from all this is not.
 */
export function oracleProblems(execution: ScriptedExecution, { executions, effects }: Evidence): Problem[] {
  const { key } = execution;
  const found = executions.find((each) => each.key.execution === key.execution);
  const workflow = versionsOf(execution.workflow).find(({ plan }) => plan.version === found?.header?.version);
  const model = workflow?.model;
  if (
    found?.header === undefined ||
    workflow === undefined ||
    model === undefined ||
    found.header.stop !== undefined ||
    found.header.reason === 'hold_expired'
  )
    return [];
  const codes = new Map(
    inOrder(found.nodes).flatMap((record) =>
      isSettledRecord(record) ? [[record.node, record.error?.code] as const] : [],
    ),
  );
  // A virtual node whose message died: no model has a word for it.
  const known = new Set(model.map(({ id }) => id));
  if ([...codes].some(([id, code]) => code === 'dispatch_dead' && !known.has(id))) return [];
  const got = endsOf(workflow.plan, found);
  const happened: Happened = {
    codes,
    got,
    script: scriptOf(execution),
    effects: effects.filter((effect) => effect.execution === key.execution),
    edited: editedIn(found.header),
    isKept: keptIn(workflow, found.header, got),
  };
  const all = expected(model.flatMap((node) => asItHappened(node, happened)));
  const wanted = { ...all, nodes: Object.fromEntries(Object.entries(all.nodes).filter(([id]) => known.has(id))) };
  if (isDeepStrictEqual(got, { status: wanted.status, nodes: wanted.nodes })) return [];
  const differs = Object.keys(wanted.nodes).filter((id) => !isDeepStrictEqual(got.nodes[id], wanted.nodes[id]));
  const message = `${key.execution} is ${got.status}, not ${wanted.status}: ${differs
    .map((id) => `${id} ${JSON.stringify(got.nodes[id])} instead of ${JSON.stringify(wanted.nodes[id])}`)
    .join('; ')}`;
  return [{ invariant: 'oracle', message }];
}

interface Happened {
  /** How the latest generation of each node failed. */
  readonly codes: ReadonlyMap<string, string | undefined>;
  readonly got: Ends;
  readonly script: Script;
  readonly effects: readonly Effect[];
  /** Nodes whose `with` somebody replaced. */
  readonly edited: ReadonlySet<string>;
  readonly isKept: (node: ModelNode) => boolean;
}

const BY_CHANCE = new Set([
  'poisoned',
  'interrupted',
  'dispatch_dead',
  'timeout',
  'callback_failed',
  'callback_expired',
  'breaker_open',
  OUTAGE_CODE,
]);

/** So that what a node's last generation says comes last. */
function inOrder(nodes: readonly NodeRecord[]): NodeRecord[] {
  return [...nodes].sort((one, other) => one.gen - other.gen);
}

/** What was kept ended as it did whatever it needs; only that somebody needs this still tells who is caught. */
function asItHappened(node: ModelNode, happened: Happened): ModelNode[] {
  const scripted = withCode(node, happened);
  const { needs, ...kept } = scripted;
  if (needs === undefined || !happened.isKept(node)) return [scripted];
  return [kept, { id: `needs of ${node.id}`, kind: 'pass', needs }];
}

/** Who was claimed had a gate that let it, or that failed, which it did not come to. */
function withCode(node: ModelNode, { codes, got, script, effects, edited }: Happened): ModelNode {
  const code = codes.get(node.id);
  if (code !== undefined && BY_CHANCE.has(code))
    return { ...node, fails: code, ...(node.if !== undefined && { if: 'true' as const }) };
  if (node.fails === undefined || got.nodes[node.id]?.status !== 'succeeded') return node;
  const runs = effects.filter((effect) => effect.node === node.id).length;
  if (runs < healsAt(script[node.id]) && !edited.has(node.id)) return node;
  const { fails: _mended, ...healed } = node;
  return healed;
}

function healsAt(scripted: Outcome | readonly Outcome[] | undefined): number {
  return Math.min(...[scripted ?? {}].flat().map(({ heals = Infinity }: Outcome) => heals));
}

function editedIn({ repair }: Header): ReadonlySet<string> {
  const given = repair?.given;
  return new Set(given?.at === 'record' ? Object.keys(given.value ?? {}) : []);
}

/** Committed before something above it was repeated, or before this version came. */
function keptIn({ plan }: Workflow, header: Header, { nodes }: Ends): Happened['isKept'] {
  const { generation } = runOf(plan, header);
  const of = (id: string) => generation(plan.indexOf.get(id) ?? 0);
  const since =
    header.redrives.findLast(({ version }, at) => version !== (header.redrives[at - 1]?.version ?? 1))?.gen ?? 1;
  return ({ id, needs = [] }) => {
    const end = nodes[id];
    const isClosed = end?.status === 'skipped' && end.reason === 'if';
    if (end?.status !== 'succeeded' && end?.status !== 'failed' && !isClosed) return false;
    const own = of(isClosed ? `${id}?` : id);
    return own < since || needs.some((need) => of(sourceOf(need)) > own);
  };
}
