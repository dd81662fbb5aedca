import { isDeepStrictEqual } from 'node:util';
import { isSettledRecord, type NodeRecord } from '../../shared/domain/execution/records.ts';
import { expected, type ModelNode } from '../support/join-oracle.ts';
import type { Evidence } from './checker/evidence.ts';
import { endsOf } from './ends.ts';
import type { Problem } from './run.ts';
import type { ScriptedExecution } from './scenario/scenario.ts';

/**
 * Compares an execution's end with what the contract's tables say of its workflow. How a node failed that met people or
 * workers that die or stand still (a callback, its expiry, `poisoned`, `interrupted`, `timeout`) is taken from its record; what follows from it is not.
 */
export function oracleProblems({ key, workflow }: ScriptedExecution, { executions }: Evidence): Problem[] {
  const found = executions.find((each) => each.key.execution === key.execution);
  const { model } = workflow;
  if (
    found?.header === undefined ||
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
  // A virtual or pure node whose message died: no model has a word for that.
  const known = new Set(model.flatMap(({ id, kind }) => (kind === 'task' ? [id] : [])));
  if ([...codes].some(([id, code]) => code === 'dispatch_dead' && !known.has(id))) return [];
  const wanted = expected(model.map((node) => asItHappened(node, codes.get(node.id))));
  const got = endsOf(workflow.plan, found);
  if (isDeepStrictEqual(got, { status: wanted.status, nodes: wanted.nodes })) return [];
  const differs = Object.keys(wanted.nodes).filter((id) => !isDeepStrictEqual(got.nodes[id], wanted.nodes[id]));
  const message = `${key.execution} is ${got.status}, not ${wanted.status}: ${differs
    .map((id) => `${id} ${JSON.stringify(got.nodes[id])} instead of ${JSON.stringify(wanted.nodes[id])}`)
    .join('; ')}`;
  return [{ invariant: 'oracle', message }];
}

const BY_CHANCE = new Set([
  'poisoned',
  'interrupted',
  'dispatch_dead',
  'timeout',
  'callback_failed',
  'callback_expired',
]);

/** So that what a node's last generation says comes last. */
function inOrder(nodes: readonly NodeRecord[]): NodeRecord[] {
  return [...nodes].sort((one, other) => one.gen - other.gen);
}

/** Who was claimed had a gate that let it, or that failed, which it did not come to. */
function asItHappened(node: ModelNode, code: string | undefined): ModelNode {
  if (code === undefined || !BY_CHANCE.has(code)) return node;
  return { ...node, fails: code, ...(node.if !== undefined && { if: 'true' as const }) };
}
