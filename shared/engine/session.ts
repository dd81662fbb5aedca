import type { Given } from '../domain/execution/redrive.ts';
import type { EdgeState, Settled } from '../domain/execution/settled.ts';
import { computeFrontier, edgeStates, recordFinder, settledFrom } from '../domain/execution/frontier.ts';
import { inputOf, type Run } from '../domain/execution/generation.ts';
import { isSettledRecord, type ExecutionKey, type Header, type NodeRecord } from '../domain/execution/records.ts';
import type { Json } from '../domain/json.ts';
import { invariant } from '../domain/invariant.ts';
import { edgeAt, nodeAt, type Plan, type PlanNode } from '../domain/workflow/plan.ts';
import type { EngineDeps } from './engine-deps.ts';
import type { Delivery } from './messages.ts';
import type { NodeKey } from './ports.ts';
import { cachedRunOf } from './run-cache.ts';
import { HeldArrivals } from './held-arrivals.ts';
import type { Step } from './step.ts';
import { StopWatch } from './stop-watch.ts';
import type { TimeBudget } from './time-budget.ts';

/** About so many records of ordinary size lie in the 4 KB that a query reads for one unit. */
const RECORDS_PER_READ_UNIT = 8;
/** Fewer are not worth a thought. */
const MANY_UNITS = 4;

/**
 * One execution as one invocation sees it: the header, the plan and what is known to have settled. It only ever learns:
 * what is known comes from committed records (its own commits included) and is never taken back within a generation.
 *
 * S1. `known` holds settled facts only; a node that is running is simply not known.
 * S2. The header is the last one read; a `stop` once seen is never unseen, as headers only move forward.
 * S3. A session belongs to one generation. Should the execution end and be redriven meanwhile, the session is
 *     {@link superseded}: what it still writes goes to the old generation's keys, and it starts and ends nothing.
 */
export class Session {
  readonly deps: EngineDeps;
  readonly plan: Plan;
  readonly delivery: Delivery;
  readonly budget: TimeBudget;
  /** False for API calls: they commit, but start nothing themselves. */
  readonly mayRun: boolean;
  readonly held = new HeldArrivals();
  /** Aborted when the execution is seen to be stopped: running attempts end at once. */
  readonly stopped = new AbortController();
  readonly stopWatch = new StopWatch(this);
  /** Steps under way; with those planned they are this invocation's load. */
  active = 0;

  /** Nodes whose dead letters this invocation has filed. */
  readonly filed = new Set<number>();
  /** Operations by which this very invocation gave permissions: at its end, nobody acts under them any more. */
  readonly issued = new Set<string>();

  #header: Header;
  readonly #gen: number;
  readonly #run: Run;
  readonly #inputs = new Map<string, Promise<Json>>();
  #given: Given | undefined;
  readonly #steps: Step[] = [];
  readonly #known = new Map<number, Settled>();
  readonly #via = new Map<number, readonly number[]>();
  /** Units whose outputs, not only their statuses, are in `known`. */
  readonly #withOutputs = new Set<number>();

  constructor(
    deps: EngineDeps,
    init: { plan: Plan; header: Header; delivery: Delivery; budget: TimeBudget; mayRun: boolean },
  ) {
    const run = cachedRunOf(init.plan, init.header);
    this.deps = deps;
    this.plan = run.plan;
    this.#header = init.header;
    this.#gen = init.header.gen;
    this.#run = run;
    this.delivery = init.delivery;
    this.budget = init.budget;
    this.mayRun = init.mayRun;
  }

  get key(): ExecutionKey {
    return { workspace: this.#header.workspace, execution: this.#header.execution };
  }

  get header(): Header {
    return this.#header;
  }

  /** The effective generation of a node. */
  generation(node: PlanNode): number {
    return this.#run.generation(node.index);
  }

  nodeKey(node: PlanNode): NodeKey {
    return { node: node.id, gen: this.generation(node) };
  }

  get run(): Run {
    return this.#run;
  }

  /** The last part of the node's idempotency key. */
  keyNumber(node: PlanNode): number {
    return this.#run.keyNumber(node.index);
  }

  /** Whether the execution has been redriven since this session began. */
  get superseded(): boolean {
    return this.#header.gen !== this.#gen;
  }

  /** Whether anything may still be started: nobody stopped the execution, and it is the run that we know. */
  get mayStart(): boolean {
    return this.isRunning && this.#header.stop === undefined;
  }

  /** Whether the run that this session knows has not ended. */
  get isRunning(): boolean {
    return this.#header.status === 'running' && !this.superseded;
  }

  get load(): number {
    return this.active + this.#steps.length;
  }

  push(step: Step): void {
    this.#steps.push(step);
    if (step.kind !== 'finish') this.held.begin(this.plan, step.node);
  }

  takeStep(): Step | undefined {
    return this.#steps.shift();
  }

  /** To be called when a step has ended, with whatever it pushed or held back. */
  stepEnded(step: Step): void {
    if (step.kind !== 'finish') this.held.end(this.plan, step.node);
  }

  /** Whether what becomes ready may be started in this invocation: not for API calls, not next to an isolated node. */
  get continuesHere(): boolean {
    return this.mayRun && !this.delivery.isolated;
  }

  async refreshHeader(): Promise<Header> {
    const header = await this.deps.store.readHeader(this.key, this.#header);
    invariant(header !== undefined, `execution ${this.key.execution} has records but no header`);
    this.adoptHeader(header);
    return header;
  }

  adoptHeader(header: Header): void {
    if (header.rev < this.#header.rev) return;
    this.#header = header;
    if (header.stop !== undefined || this.superseded) this.stopped.abort();
  }

  /** The execution's input as nodes of this generation see it. */
  input(generation: number): Promise<Json> {
    const stored = inputOf(this.#header, generation);
    const name = stored.at === 'payload' ? stored.ref : String(generation);
    const known = this.#inputs.get(name);
    if (known !== undefined) return known;
    const loading = this.deps.store.load(stored);
    this.#inputs.set(name, loading);
    // A read that failed is not remembered.
    loading.catch(() => this.#inputs.delete(name));
    return loading;
  }

  /** What somebody gave nodes instead of their `with`; to be loaded before {@link given} is asked. */
  async loadGiven(): Promise<Given> {
    const stored = this.#header.repair?.given;
    // Written by a redrive, from such a map.
    if (stored !== undefined) this.#given ??= (await this.deps.store.load(stored)) as Given;
    return this.#given ?? {};
  }

  givenTo(node: PlanNode): Json | undefined {
    invariant(
      this.#given !== undefined || this.#header.repair?.given === undefined,
      'the given values were not loaded',
    );
    return this.#given !== undefined && Object.hasOwn(this.#given, node.id) ? this.#given[node.id] : undefined;
  }

  readonly settledAt = (index: number): Settled | undefined => this.#known.get(index);

  viaOf(index: number): readonly number[] | undefined {
    return this.#via.get(index);
  }

  learn(node: PlanNode, settled: Settled): void {
    this.#known.set(node.index, settled);
  }

  /** Takes over a settled record: the root's end and its members' results, with the skips that follow inside the unit. */
  learnRecord(record: NodeRecord, depth: 'statuses' | 'outputs' = 'outputs'): void {
    const index = this.plan.indexOf.get(record.node);
    if (index === undefined) return;
    const node = nodeAt(this.plan, index);
    if (record.gen !== this.generation(node)) return;
    if (record.via !== undefined) this.#via.set(index, record.via);
    // What is known with its outputs is not learnt again without.
    if (!isSettledRecord(record) || (depth === 'statuses' && this.#withOutputs.has(index))) return;
    this.learn(node, settledFrom(record, node));
    for (const [id, settled] of Object.entries(record.pure)) {
      const member = this.plan.indexOf.get(id);
      // A redrive may have taken it into a later generation: then this is not its result any more.
      if (member !== undefined && this.#run.generation(member) === record.gen) this.#known.set(member, settled);
    }
    if (depth === 'outputs') this.#withOutputs.add(index);
  }

  markOutputs(unit: number): void {
    this.#withOutputs.add(unit);
  }

  /**
   * Makes the ends of these nodes known as far as they have settled, outputs included. First their units' records
   * alone; only if one is missing — skipped, or not settled — the whole partition.
   */
  async ensureKnown(indices: Iterable<number>): Promise<void> {
    const wanted = [...indices].map((index) => nodeAt(this.plan, index)).filter((node) => !this.#isKnownInFull(node));
    await this.#learnUnits(wanted, 'outputs');
  }

  /** As {@link ensureKnown}, without outputs: all that a join's decision needs, whatever size they have. */
  async ensureSettled(indices: Iterable<number>): Promise<void> {
    const unknown = [...indices]
      .map((index) => nodeAt(this.plan, index))
      .filter(({ index }) => !this.#known.has(index));
    await this.#learnUnits(unknown, 'statuses');
  }

  async #learnUnits(wanted: readonly PlanNode[], depth: 'statuses' | 'outputs'): Promise<void> {
    if (wanted.length === 0) return;
    const units = [...new Set(wanted.map(({ unit }) => unit))].map((unit) => this.nodeKey(nodeAt(this.plan, unit)));
    for (const record of await this.#readUnits(units, depth)) this.learnRecord(record, depth);
    if (!wanted.some(({ index }) => !this.#known.has(index))) return;
    const recordOf = await this.learnAll();
    if (depth === 'outputs') await this.#learnHosts(wanted, recordOf);
  }

  /** One by one each costs a unit; in a query of the whole partition about ten of them share one. */
  async #readUnits(units: readonly NodeKey[], depth: 'statuses' | 'outputs'): Promise<readonly NodeRecord[]> {
    const { store } = this.deps;
    const areMost = units.length >= MANY_UNITS && units.length * RECORDS_PER_READ_UNIT >= this.plan.nodes.length;
    return areMost ? (await store.readAll(this.key, depth)).nodes : store.readNodes(this.key, units, depth);
  }

  /** Outputs of pure nodes that lie in other records than those of their units: a redrive has changed what rides where. */
  async #learnHosts(wanted: readonly PlanNode[], recordOf: (node: PlanNode) => NodeRecord | undefined): Promise<void> {
    const hosts = wanted.flatMap((node) => {
      const record = this.#isKnownInFull(node) ? undefined : recordOf(node);
      return record === undefined || record.node === node.id ? [] : [record];
    });
    if (hosts.length === 0) return;
    for (const host of await this.deps.store.readNodes(this.key, [...new Set(hosts)], 'outputs')) {
      if (!isSettledRecord(host)) continue;
      for (const [id, settled] of Object.entries(host.pure)) {
        const index = this.plan.indexOf.get(id);
        if (index !== undefined && this.#run.generation(index) === host.gen) this.#known.set(index, settled);
      }
    }
  }

  /** Derives everything from the whole partition (statuses only). */
  async learnAll(): Promise<(node: PlanNode) => NodeRecord | undefined> {
    const { nodes } = await this.deps.store.readAll(this.key, 'statuses');
    const recordOf = this.recordLookup(nodes);
    const frontier = computeFrontier(this.plan, recordOf);
    for (const record of nodes) {
      const index = this.plan.indexOf.get(record.node);
      if (index !== undefined && record.via !== undefined) this.#via.set(index, record.via);
    }
    frontier.standings.forEach((standing, index) => {
      if (standing.at === 'settled' && !this.#known.has(index)) this.#known.set(index, standing.settled);
    });
    return recordOf;
  }

  /** Finds the record of a node in its effective generation. */
  recordLookup(records: readonly NodeRecord[]): (node: PlanNode) => NodeRecord | undefined {
    return recordFinder(records, (node) => this.generation(node), this.#header.repair !== undefined);
  }

  statesOf(node: PlanNode): (EdgeState | undefined)[] {
    return edgeStates(this.plan, node, this.settledAt);
  }

  sourcesOf(node: PlanNode): number[] {
    return node.in.map((edge) => edgeAt(this.plan, edge).from);
  }

  #isKnownInFull(node: PlanNode): boolean {
    const settled = this.#known.get(node.index);
    if (settled === undefined) return false;
    return settled.status !== 'succeeded' || settled.output !== undefined || this.#withOutputs.has(node.unit);
  }
}
