import type { CompiledValue, NodeScope, Scope } from '../domain/expression/template.ts';
import type { Settled } from '../domain/execution/settled.ts';
import type { Failure } from '../domain/failure.ts';
import type { Json } from '../domain/json.ts';
import { toRfc3339, type EpochMs } from '../domain/time.ts';
import { edgeAt, nodeAt, type PlanNode } from '../domain/workflow/plan.ts';
import type { Header } from '../domain/execution/records.ts';
import type { Session } from './session.ts';

export interface ScopeRequest {
  /** Of the node that looks: a redrive may have replaced the input from then on. */
  readonly generation: number;
  readonly node?: { readonly id: string; readonly attempt: number; readonly idempotencyKey: string };
  readonly now: EpochMs;
  readonly output?: Json;
  /** Nodes that settle in the closure at hand and are not committed yet. */
  readonly settledAt?: (index: number) => Settled | undefined;
  /** What the node may see, where a `first` join upstream makes that depend on the edges it ran for. */
  readonly visible?: (index: number) => boolean;
}

/** The scope for these templates: only the nodes that they name are put in. Call `ensureKnown` for them before. */
export async function buildScope(
  session: Session,
  values: readonly (CompiledValue | undefined)[],
  request: ScopeRequest,
): Promise<Scope> {
  const input = await session.input(request.generation);
  return scopeOver(session, input, values, request);
}

export function scopeOver(
  session: Session,
  input: Json,
  values: readonly (CompiledValue | undefined)[],
  request: ScopeRequest,
): Scope {
  const nodes: Record<string, NodeScope> = {};
  const settledAt = request.settledAt ?? session.settledAt;
  for (const id of referencedIds(values)) {
    const index = session.plan.indexOf.get(id);
    const visible = index !== undefined && (request.visible?.(index) ?? true);
    nodes[id] = nodeScope(visible ? settledAt(index) : undefined);
  }
  return {
    input,
    nodes,
    execution: executionScope(session.header, request.generation),
    now: request.now,
    ...(request.node !== undefined && { node: request.node }),
    ...(request.output !== undefined && { output: request.output }),
  };
}

export function referencedIds(values: readonly (CompiledValue | undefined)[]): Set<string> {
  return new Set(values.flatMap((value) => value?.references.map(({ node }) => node) ?? []));
}

export function referencedIndices(session: Session, values: readonly (CompiledValue | undefined)[]): number[] {
  return [...referencedIds(values)].flatMap((id) => session.plan.indexOf.get(id) ?? []);
}

function nodeScope(settled: Settled | undefined): NodeScope {
  if (settled === undefined) return { status: 'pending' };
  if (settled.status === 'succeeded')
    return { status: 'succeeded', ...(settled.output !== undefined && { output: settled.output }) };
  if (settled.status === 'failed') return { status: 'failed', error: errorJson(settled.error) };
  return { status: settled.status };
}

export function errorJson({ code, category, message, retryable, details }: Failure): Json {
  return { code, category, message, retryable, ...(details !== undefined && { details }) };
}

/** Every attempt sees it, few look at it; a header is a value and never changes. */
const executionScopes = new WeakMap<Header, { readonly generation: number; readonly scope: Json }>();

function executionScope(header: Header, generation: number): Json {
  const known = executionScopes.get(header);
  if (known?.generation === generation) return known.scope;
  const scope = makeExecutionScope(header, generation);
  executionScopes.set(header, { generation, scope });
  return scope;
}

function makeExecutionScope(header: Header, generation: number): Json {
  const startedAt = header.startedAt ?? header.createdAt;
  return {
    id: header.execution,
    workflow: header.workflow,
    version: header.version,
    createdAt: toRfc3339(header.createdAt),
    startedAt: toRfc3339(startedAt),
    scheduledAt: null,
    tags: header.tags,
    trigger: header.trigger,
    generation,
  };
}

/**
 * What a node may see: everything upstream of the edges it ran for. That matters only below a `first` join, which runs
 * before its other branches have ended: whether those have, by now, must not change what an expression says.
 */
export async function visibility(
  session: Session,
  node: PlanNode,
  via: readonly number[] | undefined,
): Promise<((index: number) => boolean) | undefined> {
  const { plan } = session;
  if (!plan.hasFirst) return undefined;
  if (hasFirstUpstream(session, node)) await session.learnAll();
  const visible = new Set<number>();
  const open: { node: PlanNode; via: readonly number[] | undefined }[] = [{ node, via }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const slots = next.node.join === 'first' && next.node.isJoin ? next.via : undefined;
    const edges = slots === undefined ? next.node.in : slots.flatMap((slot) => next.node.in[slot] ?? []);
    for (const edge of edges) {
      const source = nodeAt(plan, edgeAt(plan, edge).from);
      if (visible.has(source.index)) continue;
      visible.add(source.index);
      open.push({ node: source, via: session.viaOf(source.index) });
    }
  }
  return (index) => visible.has(index);
}

function hasFirstUpstream(session: Session, node: PlanNode): boolean {
  const { plan } = session;
  const seen = new Set<number>([node.index]);
  const open = [node];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next !== node && next.join === 'first' && next.isJoin && session.viaOf(next.index) === undefined) return true;
    for (const source of session.sourcesOf(next)) {
      if (!seen.has(source)) open.push(nodeAt(plan, source));
      seen.add(source);
    }
  }
  return false;
}
