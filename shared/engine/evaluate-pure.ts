import { evaluateBool, literal, type CompiledValue } from '../domain/expression/template.ts';
import type { PureSettled } from '../domain/execution/closure.ts';
import type { Settled } from '../domain/execution/settled.ts';
import { invariant, InvariantError } from '../domain/invariant.ts';
import type { Json } from '../domain/json.ts';
import type { EpochMs } from '../domain/time.ts';
import { edgeAt, nodeAt, type PlanNode } from '../domain/workflow/plan.ts';
import { NodeError } from './node-type.ts';
import { referencedIndices, scopeOver, visibility } from './scope.ts';
import type { Session } from './session.ts';

export type PureEvaluator = (node: PlanNode, settledAt: (index: number) => Settled | undefined) => PureSettled;

/**
 * Prepares the evaluation of a unit's pure nodes: fetches everything that their templates name outside the unit, so
 * that the evaluation itself, inside the closure, is synchronous and pure.
 */
export async function pureEvaluator(
  session: Session,
  root: PlanNode,
  now: EpochMs,
  via: readonly number[] | undefined,
): Promise<PureEvaluator> {
  if (pureNodesOf(session, root).length === 0) return nothingToEvaluate;
  const inside = new Set([root.index, ...root.members]);
  const input = await prefetch(session, root);
  const visible = await visibility(session, root, via);
  return (node, settledAt) => {
    const request = {
      generation: session.generation(node),
      now,
      settledAt,
      node: { id: node.id.replace(/\?$/, ''), attempt: 1, idempotencyKey: idempotencyKey(session, node) },
      ...(visible !== undefined && { visible: (index: number) => inside.has(index) || visible(index) }),
    };
    return node.kind === 'gate'
      ? evaluateGate(session, node, input, request)
      : evaluateNode(session, node, input, request);
  };
}

function pureNodesOf(session: Session, root: PlanNode): PlanNode[] {
  const nodes = [root, ...root.members.map((index) => nodeAt(session.plan, index))];
  return nodes.filter(({ kind }) => kind === 'pure' || kind === 'gate');
}

/**
 * Reads what the unit's pure nodes name outside of it, and the input if they may. Before an effect: a read that fails
 * after it would make the effect happen again.
 */
export async function prefetch(session: Session, root: PlanNode): Promise<Json> {
  const pure = pureNodesOf(session, root);
  if (pure.length === 0) return null;
  await session.loadGiven();
  const inside = new Set([root.index, ...root.members]);
  const templates = pure.flatMap((node) => [node.with, node.condition]);
  await session.ensureKnown(referencedIndices(session, templates).filter((index) => !inside.has(index)));
  return templates.some((template) => template !== undefined) ? session.input(session.generation(root)) : null;
}

function nothingToEvaluate(node: PlanNode): never {
  throw new InvariantError(`C1: ${node.id} is not a pure node of this unit`);
}

type Request = Parameters<typeof scopeOver>[3];

function evaluateGate(session: Session, node: PlanNode, input: Json, request: Request): PureSettled {
  invariant(node.condition !== undefined, `${node.id} is a gate without a condition`);
  const result = evaluateBool(node.condition, scopeOver(session, input, [node.condition], request));
  return result.ok
    ? { status: 'succeeded', open: result.value }
    : { status: 'succeeded', open: true, ifError: result.error };
}

function evaluateNode(session: Session, node: PlanNode, input: Json, request: Request): PureSettled {
  const blocked = ifErrorOf(session, node, request.settledAt ?? session.settledAt);
  if (blocked !== undefined) return { status: 'failed', error: blocked };
  const type = session.deps.nodes.implementation(node.type);
  invariant(type.kind === 'pure', `${node.id} is not pure`);
  const config = withOf(session, node);
  try {
    const { output, branch } = type.evaluate({ with: config, scope: scopeOver(session, input, [config], request) });
    return { status: 'succeeded', output, ...(branch !== undefined && { branch }) };
  } catch (error) {
    if (error instanceof NodeError) return { status: 'failed', error: error.failure };
    throw error;
  }
}

/** The failure of the node's `if`, if its gate could not evaluate it. */
export function ifErrorOf(session: Session, node: PlanNode, settledAt: (index: number) => Settled | undefined) {
  const [only] = node.in;
  if (only === undefined) return undefined;
  const edge = edgeAt(session.plan, only);
  if (edge.selector.kind !== 'gate') return undefined;
  const gate = settledAt(edge.from);
  return gate?.status === 'succeeded' ? gate.ifError : undefined;
}

/**
 * The key that targets get: `<execution>:<node>:<k>`, the same for every attempt, also for those that a redrive repeats
 * unchanged: the target may know the request already. k is 1 in an execution that was never redriven.
 */
export function idempotencyKey(session: Session, node: PlanNode): string {
  return `${session.key.execution}:${node.id}:${session.keyNumber(node)}`;
}

/** The node's `with`, or what somebody gave it instead when he replayed its dead letter: data, in which nothing is a template. */
export function withOf(session: Session, node: PlanNode): CompiledValue {
  const given = session.givenTo(node);
  if (given !== undefined) return literal(given);
  invariant(node.with !== undefined, `${node.id} has no 'with' in its plan`);
  return node.with;
}
