import { at, valueOf } from '../at.ts';
import { compileBool, compileValue, type CompiledValue, type Reference } from '../expression/template.ts';
import { isJsonObject, pointer, type Json } from '../json.ts';
import type { Problem } from '../problem.ts';
import { err, ok, type Result } from '../result.ts';
import { unguardedReferences } from './certainty.ts';
import type { NodeDefinition, WorkflowDefinition } from './definition.ts';
import { ancestorsOf, findCycles, topologicalOrder, type Graph, type NodeSets } from './graph.ts';
import { selectorOf, splitNeed, type Need, type Offers } from './needs.ts';
import type { CatalogEntry, NodeCatalog, SchemaLint } from './node-catalog.ts';
import type { Salvaged } from './salvage.ts';
import { checkShape, sizeProblems } from './shape.ts';

/** A definition that holds: every need resolved, every template parsed, nodes in dependency order. */
export interface CheckedWorkflow {
  readonly definition: WorkflowDefinition;
  /** In topological order. */
  readonly nodes: readonly CheckedNode[];
  readonly output: CompiledValue | undefined;
}

export interface CheckedNode {
  readonly id: string;
  readonly definition: NodeDefinition;
  readonly type: CatalogEntry;
  readonly needs: readonly Need[];
  readonly with: CompiledValue;
  readonly if: CompiledValue | undefined;
  readonly failIf: CompiledValue | undefined;
  readonly retryIf: CompiledValue | undefined;
}

export interface Checked {
  readonly workflow: CheckedWorkflow;
  readonly warnings: readonly Problem[];
}

/** Everything that is wrong with a definition, at once, or the checked workflow with its warnings. */
export function validateDefinition(
  raw: Json,
  catalog: NodeCatalog,
  lintSchema: SchemaLint,
): Result<Checked, readonly Problem[]> {
  const oversized = sizeProblems(raw);
  if (oversized.length > 0) return err(oversized);
  const shape = checkShape(raw);
  if (shape.definition === undefined) {
    const rest =
      shape.salvaged === undefined
        ? graphProblemsOfBrokenShape(raw)
        : problemsOfRest(shape.salvaged, catalog, lintSchema);
    return err([...shape.problems, ...rest]);
  }
  return checkDefinition(shape.definition, catalog, lintSchema);
}

/**
 * Reads back what was accepted once: rules that were added since must not strand executions that are under way. Undefined
 * where it cannot run at all, because a node type is gone, say.
 */
export function acceptStored(raw: Json, catalog: NodeCatalog): CheckedWorkflow | undefined {
  const { definition } = checkShape(raw);
  return definition === undefined ? undefined : new DefinitionCheck(definition, catalog).workflow();
}

function checkDefinition(definition: WorkflowDefinition, catalog: NodeCatalog, lintSchema: SchemaLint) {
  const { input } = definition;
  return new DefinitionCheck(definition, catalog).run(input === undefined ? [] : lintSchema(input, '/input'));
}

/** A mistake in one field must not hide those in others: "all problems at once". */
function problemsOfRest({ definition, isReal }: Salvaged, catalog: NodeCatalog, lintSchema: SchemaLint): Problem[] {
  const checked = checkDefinition(definition, catalog, lintSchema);
  return checked.ok ? [] : checked.error.filter(isReal);
}

function graphProblemsOfBrokenShape(raw: Json): Problem[] {
  const nodes = isJsonObject(raw) ? raw['nodes'] : undefined;
  if (!isJsonObject(nodes)) return [];
  const needs = new Map<string, readonly string[]>();
  for (const [id, node] of Object.entries(nodes)) {
    const list = isJsonObject(node) && Array.isArray(node['needs']) ? node['needs'] : [];
    needs.set(
      id,
      list.filter((need): need is string => typeof need === 'string'),
    );
  }
  return needProblems(needs).problems;
}

/** What can be said of needs by names alone: unknown, self, duplicate, cycles; and the graph they make. */
function needProblems(needs: ReadonlyMap<string, readonly string[]>): {
  problems: Problem[];
  graph: Graph;
  order: readonly number[];
} {
  const ids = [...needs.keys()];
  const indexOf = new Map(ids.map((id, index) => [id, index]));
  const problems: Problem[] = [];
  const parents = ids.map((id) => {
    const path = `${pointer('/nodes', id)}/needs`;
    const seen = new Set<string>();
    const sources = new Set<number>();
    for (const [position, text] of valueOf(needs, id).entries()) {
      const { node } = splitNeed(text);
      const source = indexOf.get(node);
      const where = pointer(path, position);
      if (seen.has(text)) problems.push({ code: 'duplicate_need', path: where, message: `'${text}' is listed twice` });
      else if (source === undefined)
        problems.push({ code: 'unknown_need', path: where, message: `there is no node '${node}'` });
      else if (node === id)
        problems.push({ code: 'self_need', path: where, message: `node '${id}' cannot need itself` });
      else sources.add(source);
      seen.add(text);
    }
    return [...sources];
  });
  const graph = { size: ids.length, parents };
  const { order, stuck } = topologicalOrder(graph);
  for (const cycle of findCycles(graph, stuck)) {
    const names = cycle.map((index) => at(ids, index));
    const path = `${pointer('/nodes', at(names, 0))}/needs`;
    problems.push({
      code: 'cycle',
      path,
      message: `nodes wait for each other in a circle: ${[...names, names[0]].join(' → ')}`,
    });
  }
  return { problems, graph, order };
}

class DefinitionCheck {
  readonly #definition: WorkflowDefinition;
  readonly #catalog: NodeCatalog;
  readonly #problems: Problem[] = [];
  readonly #warnings: Problem[] = [];
  readonly #references: { readonly from: string | undefined; readonly reference: Reference }[] = [];
  readonly #offers = new Map<string, Offers>();

  constructor(definition: WorkflowDefinition, catalog: NodeCatalog) {
    this.#definition = definition;
    this.#catalog = catalog;
  }

  run(schemaProblems: readonly Problem[]): Result<Checked, readonly Problem[]> {
    this.#problems.push(...schemaProblems);
    const workflow = this.workflow();
    if (this.#problems.length > 0 || workflow === undefined) return err(this.#problems);
    this.#warnings.push(...unguardedReferences(workflow.nodes, this.#references));
    return ok({ workflow, warnings: this.#warnings });
  }

  /** Collects the problems on the way; undefined where nodes are missing or wait for each other. */
  workflow(): CheckedWorkflow | undefined {
    const entries = Object.entries(this.#definition.nodes);
    for (const [id, node] of entries) this.#offers.set(id, this.#offersOf(node));
    const { problems, graph, order } = needProblems(new Map(entries.map(([id, node]) => [id, node.needs ?? []])));
    this.#problems.push(...problems);
    const nodes = entries.map(([id, node]) => this.#checkNode(id, node));
    const output = this.#compile(this.#definition.output, '/output', undefined);
    this.#checkReferences(
      entries.map(([id]) => id),
      graph,
      order,
    );
    const sorted = order.flatMap((index) => nodes[index] ?? []);
    // A need that means nothing must not be taken for one that is not there: the node would run too early.
    const isWhole = sorted.every(({ needs, definition }) => needs.length === (definition.needs ?? []).length);
    return sorted.length < entries.length || !isWhole
      ? undefined
      : { definition: this.#definition, nodes: sorted, output };
  }

  #offersOf(node: NodeDefinition): Offers {
    const branches = this.#catalog.get(node.type)?.branches(node.with ?? {}) ?? [];
    return { branches: new Set(branches), catches: new Set(Object.keys(node.catch ?? {})) };
  }

  #checkNode(id: string, definition: NodeDefinition): CheckedNode | undefined {
    const path = pointer('/nodes', id);
    const type = this.#catalog.get(definition.type);
    if (type === undefined) {
      const known = this.#catalog.types.join(', ');
      this.#problem('unknown_type', `${path}/type`, `there is no node type '${definition.type}'; known are ${known}`);
    } else {
      for (const issue of type.checkWith(definition.with ?? {}))
        this.#problem('invalid_with', `${path}/with${issue.path}`, issue.message);
    }
    const needs = this.#resolveNeeds(definition, `${path}/needs`);
    this.#checkJoin(definition, needs, path);
    this.#checkRetry(definition, path);
    const compiled = {
      with: this.#compile(definition.with ?? {}, `${path}/with`, id),
      if: this.#compileBool(definition.if, `${path}/if`, id),
      failIf: this.#compileBool(definition.failIf, `${path}/failIf`, id, { output: true }),
      retryIf: this.#compileBool(definition.retryIf, `${path}/retryIf`, id, { output: true }),
    };
    if (type === undefined || compiled.with === undefined) return undefined;
    return { id, definition, type, needs, ...compiled, with: compiled.with };
  }

  #resolveNeeds(definition: NodeDefinition, path: string): Need[] {
    return (definition.needs ?? []).flatMap((text, position) => {
      const { node, name } = splitNeed(text);
      const offers = this.#offers.get(node);
      if (offers === undefined) return [];
      const selector = selectorOf(name, offers);
      if (selector !== undefined) return [{ node, selector }];
      const known = ['error', ...offers.catches, ...offers.branches].join(', ');
      this.#problem(
        'unknown_branch',
        pointer(path, position),
        `node '${node}' has no branch '${name}'; it has ${known}`,
      );
      return [];
    });
  }

  #checkJoin(definition: NodeDefinition, needs: readonly Need[], path: string): void {
    const plain = needs.filter(({ selector }) => selector.kind === 'plain').length;
    if (definition.join === undefined && plain > 0 && plain < needs.length) {
      this.#problem(
        'join_required',
        `${path}/needs`,
        "mixes plain needs with branches or errors; say 'join: merge' (any live one), 'all', 'first' or 'always'",
      );
    }
  }

  #checkRetry(definition: NodeDefinition, path: string): void {
    const delays = definition.retry?.delays?.length;
    const attempts = definition.retry?.attempts;
    if (delays !== undefined && attempts !== undefined && attempts - 1 < delays) {
      const message = `${attempts} attempts use ${attempts - 1} of ${delays} delays`;
      this.#warnings.push({ code: 'retry_delays_unused', path: `${path}/retry/delays`, message });
    }
  }

  #compile(value: Json | undefined, path: string, from: string | undefined): CompiledValue | undefined {
    if (value === undefined) return undefined;
    return this.#take(compileValue(value, path), from);
  }

  #compileBool(
    value: string | boolean | undefined,
    path: string,
    from: string,
    options?: { output: boolean },
  ): CompiledValue | undefined {
    if (value === undefined) return undefined;
    // `if: true` is what YAML makes of an innocent constant; it means what it says.
    return this.#take(typeof value === 'boolean' ? compileValue(value, path) : compileBool(value, path, options), from);
  }

  #take(result: { compiled: CompiledValue; problems: readonly Problem[] }, from: string | undefined): CompiledValue {
    this.#problems.push(...result.problems);
    for (const reference of result.compiled.references) this.#references.push({ from, reference });
    return result.compiled;
  }

  #checkReferences(ids: readonly string[], graph: Graph, order: readonly number[]): void {
    const indexOf = new Map(ids.map((id, index) => [id, index]));
    // Nearly every reference is to a node that is needed directly; only others are worth the sets. With a cycle there is
    // no upstream to speak of, and the cycle is a problem enough.
    let ancestors: NodeSets | undefined;
    const isUpstream = (from: number, target: number) => {
      if (order.length < graph.size || at(graph.parents, from).includes(target)) return true;
      ancestors ??= ancestorsOf(graph, order);
      return ancestors.has(from, target);
    };
    for (const { from, reference } of this.#references) {
      const target = indexOf.get(reference.node);
      if (target === undefined) {
        this.#problem('unknown_reference', reference.path, `there is no node '${reference.node}'`);
      } else if (from !== undefined && !isUpstream(valueOf(indexOf, from), target)) {
        const message = `node '${reference.node}' is not upstream of '${from}'; add it to needs, directly or through others`;
        this.#problem('not_upstream', reference.path, message);
      }
    }
    this.#checkErrorHandling();
  }

  #checkErrorHandling(): void {
    for (const [id, node] of Object.entries(this.#definition.nodes)) {
      for (const [position, text] of (node.needs ?? []).entries()) {
        const need = splitNeed(text);
        const source = this.#definition.nodes[need.node];
        const selector = selectorOf(
          need.name,
          this.#offers.get(need.node) ?? { branches: new Set(), catches: new Set() },
        );
        if (source?.onError === 'continue' && (selector?.kind === 'error' || selector?.kind === 'catch')) {
          const path = pointer(`${pointer('/nodes', id)}/needs`, position);
          const message = `node '${need.node}' has 'onError: continue' and an error branch; choose one of the two`;
          this.#problem('error_handled_twice', path, message);
        }
      }
    }
  }

  #problem(code: Problem['code'], path: string, message: string): void {
    this.#problems.push({ code, path, message });
  }
}
