import type { Json } from '../../shared/domain/json.ts';
import { edgeState, isCaught, joinDecision, sourceOf, type EdgeState } from './contract-tables.ts';
import type { Nodes } from './engine-harness.ts';
import type { Outcome } from './scripted-task.ts';

/**
 * What the contract's two tables say of a workflow, whose nodes end as the model says: nothing here knows of units,
 * arrivals or orders. Shares no code with the engine.
 */
export interface ModelNode {
  readonly id: string;
  readonly kind: 'task' | 'transform' | 'condition' | 'pass';
  readonly needs?: readonly string[];
  readonly join?: 'merge' | 'all' | 'first' | 'always';
  readonly if?: 'true' | 'false' | 'error';
  readonly onError?: 'continue';
  readonly catch?: Readonly<Record<string, readonly string[]>>;
  /** A failure's code; conditions otherwise take `branch`. Pure nodes fail with what their kind fails with. */
  readonly fails?: string;
  readonly branch?: 'yes' | 'no';
  /** Long enough that the engine gives the node an invocation of its own. */
  readonly long?: boolean;
}

export interface ExpectedNode {
  readonly status: 'succeeded' | 'failed' | 'skipped';
  readonly reason?: 'branch' | 'if' | 'upstream_failed';
  readonly tolerated?: true;
}

export interface Expected {
  readonly status: 'succeeded' | 'failed';
  readonly nodes: Readonly<Record<string, ExpectedNode>>;
}

interface End extends ExpectedNode {
  readonly code?: string;
  readonly branch?: string;
}

/** Nodes in an order in which each comes after what it needs. */
export function expected(model: readonly ModelNode[]): Expected {
  const byId = new Map(model.map((node) => [node.id, node]));
  const ends = new Map<string, End>();
  const allNeeds = new Set(model.flatMap(({ needs = [] }) => needs));
  let failed = false;
  for (const node of model) {
    const states = (node.needs ?? []).map((need) => {
      const source = sourceOf(need);
      return edgeState(need, byId.get(source)!, ends.get(source)!, allNeeds);
    });
    const end = endOf(node, states);
    ends.set(node.id, end);
    if (end.status === 'failed' && end.tolerated === undefined && !isCaught(node, end, allNeeds)) failed = true;
  }
  const nodes = [...ends].map(
    ([id, { status, reason, tolerated }]) =>
      [id, { status, ...(reason && { reason }), ...(tolerated && { tolerated }) }] as const,
  );
  return { status: failed ? 'failed' : 'succeeded', nodes: Object.fromEntries(nodes) };
}

function endOf(node: ModelNode, states: readonly EdgeState[]): End {
  const decision = joinDecision(node.join ?? 'merge', states);
  if (decision === 'skip') return { status: 'skipped', reason: 'branch' };
  if (decision === 'blocked') return { status: 'skipped', reason: 'upstream_failed' };
  if (node.if === 'false') return { status: 'skipped', reason: 'if' };
  const code = node.if === 'error' ? 'expression_failed' : codeOf(node);
  if (code !== undefined) return { status: 'failed', code, ...(node.onError === 'continue' && { tolerated: true }) };
  return { status: 'succeeded', ...(node.branch !== undefined && { branch: node.branch }) };
}

function codeOf({ kind, fails }: ModelNode): string | undefined {
  if (fails === undefined) return undefined;
  return kind === 'task' ? fails : kind === 'condition' ? 'no_branch' : 'expression_failed';
}

/** Input that the templates below look at. */
export const MODEL_INPUT: Json = { yes: true, no: false };

const IF = { true: '{{ input.yes }}', false: '{{ input.no }}', error: '{{ input.missing }}' } as const;

/** The model as a definition, with the script that makes its tasks end as it says. */
export function definitionOf(model: readonly ModelNode[]): {
  readonly nodes: Nodes;
  readonly script: Readonly<Record<string, Outcome>>;
} {
  const nodes = model.map(({ id, kind, needs, join, if: condition, onError, catch: catches, long, ...node }) => {
    const spec: Record<string, Json> = {
      type: kind,
      ...(needs !== undefined && { needs: [...needs] }),
      ...(join !== undefined && { join }),
      ...(condition !== undefined && { if: IF[condition] }),
      ...(onError !== undefined && { onError }),
      ...(catches !== undefined && {
        catch: Object.fromEntries(Object.entries(catches).map(([name, codes]) => [name, [...codes]])),
      }),
      ...(long === true && { timeout: '5m' }),
      ...withOf(kind, node),
    };
    return [id, spec] as const;
  });
  const script = model.flatMap(({ id, fails }) => (fails === undefined ? [] : [[id, { fail: fails }] as const]));
  return { nodes: Object.fromEntries(nodes), script: Object.fromEntries(script) };
}

function withOf(
  kind: ModelNode['kind'],
  { fails, branch = 'yes' }: Pick<ModelNode, 'fails' | 'branch'>,
): { with?: Json } {
  if (kind === 'task') return {};
  if (kind !== 'condition') return { with: { value: fails === undefined ? 1 : '{{ input.missing }}' } };
  const taken = (name: string) => ({
    branch: name,
    if: fails === undefined && name === branch ? '{{ input.yes }}' : '{{ input.no }}',
  });
  return { with: { cases: [taken('yes'), taken('no')] } };
}
