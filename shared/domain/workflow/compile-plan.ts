import { at, valueOf } from '../at.ts';
import { parseDurationMs } from '../duration.ts';
import { LIMITS } from '../limits.ts';
import type { Need } from './needs.ts';
import { NO_RETRY, retryPolicy } from './retry-policy.ts';
import { START, type Plan, type PlanEdge, type PlanNode, type PlanNodeKind } from './plan.ts';
import { unitOf } from './units.ts';
import type { CheckedNode, CheckedWorkflow } from './validate.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
interface Draft extends Omit<Mutable<PlanNode>, 'in' | 'out' | 'members'> {
  in: number[];
  out: number[];
  members: number[];
}

/** Compiles a checked workflow. Linear in nodes and edges. */
export function compilePlan(workflow: CheckedWorkflow, version: number): Plan {
  const compiler = new PlanCompiler();
  for (const node of workflow.nodes) compiler.add(node);
  const end = compiler.close();
  const { definition } = workflow;
  return {
    workflow: definition.name,
    version,
    nodes: compiler.nodes,
    edges: compiler.edges,
    indexOf: new Map(compiler.nodes.map(({ id, index }) => [id, index])),
    end,
    userNodes: workflow.nodes.length,
    hasFirst: compiler.nodes.some(({ join }) => join === 'first'),
    timeoutMs:
      (definition.timeout === undefined ? undefined : parseDurationMs(definition.timeout)) ??
      LIMITS.executionTimeoutMsDefault,
    timeoutExplicit: definition.timeout !== undefined,
    inputSchema: definition.input,
    output: workflow.output,
  };
}

class PlanCompiler {
  readonly nodes: Draft[] = [];
  readonly edges: PlanEdge[] = [];
  readonly #byId = new Map<string, Draft>();

  constructor() {
    this.#append(virtualNode('$start', 'start'));
  }

  /** Nodes come in topological order, so everything that this one needs is there already. */
  add(checked: CheckedNode): void {
    const { id, definition } = checked;
    const kind = checked.type.kind;
    const join = definition.join ?? 'merge';
    let feed = (to: Draft) => this.#connectNeeds(checked.needs, to);
    if (checked.if !== undefined) {
      const gate = this.#append({ ...virtualNode(`${id}?`, 'gate'), join, condition: checked.if });
      feed(gate);
      this.#assignUnit(gate);
      feed = (to) => this.#connect(gate, to, { kind: 'gate' });
    }
    const node = this.#append({
      ...virtualNode(id, kind),
      ...policies(checked),
      join: checked.if === undefined ? join : 'merge',
    });
    feed(node);
    this.#assignUnit(node);
    this.#byId.set(id, node);
  }

  close(): number {
    const sinks = this.nodes.filter(({ out }) => out.length === 0);
    // Inside one unit all edges of a `first` settle together; only a real join can run before its stragglers.
    const drains = this.nodes.filter(({ join, isJoin }) => join === 'first' && isJoin);
    const end = this.#append({ ...virtualNode('$end', 'end'), join: 'always' });
    for (const sink of sinks) this.#connect(sink, end, { kind: 'plain' });
    for (const drain of drains) this.#connect(drain, end, { kind: 'drain' });
    end.isJoin = drains.length > 0 || new Set(sinks.map(({ unit }) => unit)).size > 1;
    return end.index;
  }

  #append(draft: Omit<Draft, 'index' | 'in' | 'out' | 'unit' | 'members'>): Draft {
    const index = this.nodes.length;
    const node: Draft = { ...draft, index, in: [], out: [], unit: index, members: [] };
    this.nodes.push(node);
    return node;
  }

  #connectNeeds(needs: readonly Need[], to: Draft): void {
    if (needs.length === 0) this.#connect(at(this.nodes, START), to, { kind: 'plain' });
    for (const { node, selector } of needs) {
      const from = valueOf(this.#byId, node);
      if (selector.kind === 'error') from.errorEdges = { ...from.errorEdges, error: true };
      if (selector.kind === 'catch')
        from.errorEdges = { ...from.errorEdges, names: [...from.errorEdges.names, selector.name] };
      this.#connect(from, to, selector);
    }
  }

  #connect(from: Draft, to: Draft, selector: PlanEdge['selector']): void {
    const index = this.edges.length;
    this.edges.push({ index, from: from.index, to: to.index, slot: to.in.length, selector });
    from.out.push(index);
    to.in.push(index);
  }

  #assignUnit(node: Draft): void {
    const units = new Set(node.in.map((edge) => at(this.nodes, at(this.edges, edge).from).unit));
    node.isJoin = units.size > 1;
    const unit = unitOf({ kind: node.kind, join: node.join, units });
    if (unit === undefined) return;
    node.unit = unit;
    at(this.nodes, unit).members.push(node.index);
  }
}

function virtualNode(id: string, kind: PlanNodeKind): Omit<Draft, 'index' | 'in' | 'out' | 'unit' | 'members'> {
  return {
    id,
    kind,
    type: `$${kind}`,
    join: 'merge',
    isJoin: false,
    catches: [],
    errorEdges: { error: false, names: [] },
    tolerant: false,
    atMostOnce: false,
    attemptTimeoutMs: 0,
    deadlineMs: undefined,
    retry: NO_RETRY,
    with: undefined,
    condition: undefined,
    failIf: undefined,
    retryIf: undefined,
  };
}

function policies({ definition, type, ...checked }: CheckedNode) {
  return {
    type: definition.type,
    catches: Object.entries(definition.catch ?? {}).map(([name, patterns]) => ({ name, patterns })),
    tolerant: definition.onError === 'continue',
    atMostOnce: definition.delivery === 'at-most-once',
    attemptTimeoutMs:
      (definition.timeout === undefined ? undefined : parseDurationMs(definition.timeout)) ??
      type.attemptTimeoutMsDefault,
    deadlineMs: definition.deadline === undefined ? undefined : parseDurationMs(definition.deadline),
    retry: retryPolicy(definition),
    with: checked.with,
    failIf: checked.failIf,
    retryIf: checked.retryIf,
  };
}
