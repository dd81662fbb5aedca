import { MemoryBreakerStore } from '../../shared/adapters/memory/breaker-store.ts';
import { VirtualClock } from '../../shared/adapters/memory/clock.ts';
import { MemoryExecutionStore } from '../../shared/adapters/memory/execution-store.ts';
import { MemoryReplayStore } from '../../shared/adapters/memory/replay-store.ts';
import { MemoryWorkQueue } from '../../shared/adapters/memory/work-queue.ts';
import { NO_TELEMETRY } from '../../shared/adapters/memory/telemetry.ts';
import { computeFrontier, recordFinder, type Standing } from '../../shared/domain/execution/frontier.ts';
import { runOf } from '../../shared/domain/execution/generation.ts';
import { isTerminal, type ExecutionKey, type Header } from '../../shared/domain/execution/records.ts';
import { handlingOf } from '../../shared/domain/execution/settled.ts';
import type { Json } from '../../shared/domain/json.ts';
import { epochMs, type EpochMs } from '../../shared/domain/time.ts';
import { compilePlan } from '../../shared/domain/workflow/compile-plan.ts';
import { isVirtual, nodeAt, type Plan } from '../../shared/domain/workflow/plan.ts';
import { validateDefinition } from '../../shared/domain/workflow/validate.ts';
import { Breakers } from '../../shared/engine/breakers.ts';
import type { EngineDeps } from '../../shared/engine/engine-deps.ts';
import type { ExecutionStore, LifecycleEvents } from '../../shared/engine/ports.ts';
import { startExecution } from '../../shared/engine/start-execution.ts';
import { sweep } from '../../shared/engine/sweep.ts';
import { work } from '../../shared/engine/work.ts';
import { FaultPlan, Worker } from './faulty-ports.ts';
import { enterWorld, leaveWorld, registry, type Run, type Script, type World } from './scripted-task.ts';

/** Lambda's time limit, and a visibility timeout beyond it (protocol M1). */
export const INVOCATION_MS = 900_000;
export const VISIBILITY_MS = 960_000;
const SWEEP_EVERY_MS = 60_000;
const STEPS_MAX = 5_000;

export type NodeSpec = Readonly<Record<string, Json>>;
export type Nodes = Readonly<Record<string, NodeSpec>>;

/** Compiles a definition made of these nodes; whoever gets it wrong sees all problems. */
export function compile(nodes: Nodes, more: Readonly<Record<string, Json>> = {}): Plan {
  const checked = validateDefinition({ name: 'test', nodes, ...more }, registry, () => []);
  if (!checked.ok) throw new Error(`the definition does not hold: ${JSON.stringify(checked.error, null, 1)}`);
  return compilePlan(checked.value.workflow, 1);
}

/** Takes the index of one of `count` possible next events. */
export type Chooser = (count: number) => number;
export const inOrder: Chooser = () => 0;

export interface HarnessOptions {
  readonly script?: Script;
  /** Runs of these nodes end only when the scheduler chooses so. */
  readonly holds?: (node: string) => boolean;
  readonly faults?: FaultPlan;
  readonly input?: Json;
  /** What becomes of a message whose worker failed: it comes again at once, when it is visible again, or never. */
  readonly afterFault?: 'at_once' | 'when_visible' | 'lost';
  /** Messages may be delivered again while they are worked, as SQS may. */
  readonly duplicates?: boolean;
  /** How long a worker stands still where `faults` say so. */
  readonly stallMs?: number;
  /** What several executions share: their targets' breakers, and the time. */
  readonly shared?: { readonly breakers: MemoryBreakerStore; readonly clock: VirtualClock };
  readonly workspace?: string;
  /** Where ends are announced; absent: nowhere. */
  readonly announce?: LifecycleEvents;
  /** Lets a test watch what is written. */
  readonly watch?: (store: ExecutionStore) => ExecutionStore;
}

export interface NodeResult {
  readonly status: string;
  readonly reason?: string;
  readonly tolerated?: true;
  readonly output?: Json;
  readonly error?: string;
}

export interface Result {
  readonly status: string;
  readonly reason: string | undefined;
  readonly error: string | undefined;
  readonly output: Json | undefined;
  readonly nodes: Readonly<Record<string, NodeResult>>;
}

let executions = 0;

/** One execution on memory ports: the test decides what happens next, and when time passes. */
export class EngineHarness {
  readonly clock: VirtualClock;
  readonly queue: MemoryWorkQueue;
  readonly breakers: MemoryBreakerStore;
  readonly store: ExecutionStore;
  readonly replays: MemoryReplayStore;
  readonly runs: Run[] = [];
  readonly key: ExecutionKey;
  readonly plan: Plan;
  /** Other versions of the workflow, by number. */
  readonly plans = new Map<number, Plan>();
  readonly faults: FaultPlan;
  /** What workers threw. */
  readonly errors: unknown[] = [];
  readonly #input: Json;
  readonly #world: World;
  readonly #afterFault: NonNullable<HarnessOptions['afterFault']>;
  readonly #stallMs: number;
  readonly #duplicates: boolean;
  readonly #announce: LifecycleEvents | undefined;
  readonly #held: { readonly node: string; readonly release: () => void }[] = [];
  readonly #busy = new Set<string>();
  #operations = 0;

  constructor(
    plan: Plan,
    {
      script = {},
      holds,
      faults = new FaultPlan(),
      input = null,
      afterFault = 'at_once',
      stallMs = 0,
      duplicates = false,
      shared = { breakers: new MemoryBreakerStore(), clock: new VirtualClock() },
      workspace = 'ws',
      announce,
      watch,
    }: HarnessOptions = {},
  ) {
    this.clock = shared.clock;
    this.breakers = shared.breakers;
    this.queue = new MemoryWorkQueue(this.clock);
    this.plan = plan;
    this.faults = faults;
    this.#input = input;
    this.#afterFault = afterFault;
    this.#stallMs = stallMs;
    this.#duplicates = duplicates;
    this.#announce = announce;
    const store = new MemoryExecutionStore();
    this.store = watch === undefined ? store : watch(store);
    this.replays = new MemoryReplayStore(store);
    executions += 1;
    this.key = { workspace, execution: `ex${executions}` };
    const hold = (node: string) =>
      holds?.(node) === true ? new Promise<void>((release) => this.#held.push({ node, release })) : Promise.resolve();
    this.#world = { script, clock: this.clock, runs: this.runs, hold };
    enterWorld(this.key.execution, this.#world);
  }

  /** The engine's dependencies as one worker has them. */
  deps(worker = this.#worker()): EngineDeps {
    const ids = { operation: () => `${this.key.execution}op${(this.#operations += 1)}`, random: () => 0.5 };
    const log = { info: () => undefined, warn: () => undefined };
    return {
      store: worker.store(this.store),
      replays: worker.replays(this.replays),
      queue: worker.queue(this.queue),
      clock: worker.clock,
      plans: { load: (_, __, version) => Promise.resolve(this.plans.get(version) ?? this.plan) },
      nodes: registry,
      breakers: new Breakers({ store: worker.breakers(this.breakers), clock: worker.clock, ids, log }),
      ids,
      log,
      leaseEpoch: epochMs(0),
      telemetry: NO_TELEMETRY,
      ...(this.#announce !== undefined && { events: worker.events(this.#announce) }),
    };
  }

  /** From now on attempts come to something else. */
  retell(script: Script): void {
    enterWorld(this.key.execution, { ...this.#world, script });
  }

  async start({ hold = false }: { readonly hold?: boolean } = {}): Promise<void> {
    const input = { at: 'record', value: this.#input } as const;
    await this.request((deps) =>
      startExecution(deps, {
        ...this.key,
        plan: this.plan,
        input,
        hold,
        tags: {},
        trigger: 'api',
        request: 'r',
      }),
    );
  }

  /** What a client does who repeats a request until it is answered, unless messages may get lost: then once. */
  async request(call: (deps: EngineDeps) => Promise<unknown>): Promise<void> {
    for (let answered = false; !answered;) {
      const worker = this.#worker();
      const handled = call(this.deps(worker)).then(
        () => true,
        (error: unknown) => {
          this.errors.push(error);
          return false;
        },
      );
      answered = (await Promise.race([handled, worker.gone.then(() => false)])) || this.#afterFault === 'lost';
    }
  }

  /** Everything that could happen next without time passing: a message arrives, or a held run ends. */
  events(): (() => void)[] {
    const messages = this.queue.visible
      .filter(({ id }) => !this.#busy.has(id))
      .map(
        ({ id }) =>
          () =>
            this.deliver(id),
      );
    const releases = this.#held.map((held) => () => {
      this.#held.splice(this.#held.indexOf(held), 1);
      held.release();
    });
    const again = this.#duplicates
      ? this.queue.messages.filter(({ id, receiveCount }) => this.#busy.has(id) && receiveCount === 1)
      : [];
    return [
      ...messages,
      ...releases,
      ...again.map(
        ({ id }) =>
          () =>
            this.deliver(id),
      ),
    ];
  }

  /** Hands the message to a new worker. Undelivered again: done; given back: it threw; hidden: the worker died. */
  deliver(id: string): void {
    const worker = this.#worker();
    const { message, delivery } = this.queue.receive(id, VISIBILITY_MS);
    this.#busy.add(id);
    void Promise.race([
      work(this.deps(worker), message, delivery, INVOCATION_MS).then(
        () => this.queue.delete(delivery),
        (error: unknown) => {
          this.errors.push(error);
          if (this.#afterFault === 'at_once') this.queue.release(delivery);
          if (this.#afterFault === 'lost') this.queue.lose(id);
        },
      ),
      worker.gone.then(() => {
        if (this.#afterFault === 'lost') this.queue.lose(id);
      }),
    ]).then(() => this.#busy.delete(id));
  }

  #worker(): Worker {
    return new Worker(this.faults, this.clock, this.#stallMs);
  }

  /** Until nothing happens any more without another event: all ports answer in microtasks, and those are over then. */
  async settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Until the queue is empty and nobody works, or `until` says so; time passes only when nothing else can happen. */
  async runToEnd(
    choose: Chooser = inOrder,
    until: () => Promise<boolean> = () => Promise.resolve(false),
    timeMax?: EpochMs,
  ): Promise<void> {
    for (let step = 0; step < STEPS_MAX; step += 1) {
      await this.settle();
      if (await until()) return;
      const events = this.events();
      const event = events[events.length < 2 ? 0 : choose(events.length)];
      if (event !== undefined) event();
      else if (!this.#passTime(timeMax)) return;
    }
    throw new Error(`still not at an end after ${STEPS_MAX} steps: ${JSON.stringify(this.queue.messages.slice(0, 3))}`);
  }

  /** As `runToEnd`, with a sweep once a minute: the way back when messages are lost. */
  async sweepToEnd(
    choose: Chooser = inOrder,
    until: () => Promise<boolean> = () => this.hasEnded(),
    sweepsMax = 2_000,
  ): Promise<void> {
    for (let round = 0; round < sweepsMax; round += 1) {
      const sweepAt = this.clock.after(SWEEP_EVERY_MS);
      await this.runToEnd(choose, until, sweepAt);
      if (await until()) return;
      this.clock.advanceTo(sweepAt);
      const worker = this.#worker();
      const swept = sweep(this.deps(worker), 'due', INVOCATION_MS).then(
        () => undefined,
        (error: unknown) => void this.errors.push(error),
      );
      await this.#whileTimePasses(Promise.race([swept, worker.gone]));
    }
    throw new Error('the sweeper does not bring this execution to an end');
  }

  /** A sweep waits for what comes due while it is under way. */
  async #whileTimePasses(swept: Promise<void>): Promise<void> {
    let over = false;
    void swept.then(() => (over = true));
    for (await this.settle(); !over; await this.settle()) {
      const wake = this.clock.nextWake;
      if (wake !== undefined) this.clock.advanceTo(wake);
    }
  }

  async hasEnded(): Promise<boolean> {
    return isTerminal((await this.header()).status);
  }

  async header(): Promise<Header> {
    const header = await this.store.readHeader(this.key);
    if (header === undefined) throw new Error('the execution was never started');
    return header;
  }

  async standings(): Promise<readonly Standing[]> {
    const { nodes } = await this.store.readAll(this.key, 'outputs');
    const header = await this.header();
    const { plan, generation } = runOf(this.plans.get(header.version) ?? this.plan, header);
    const recordOf = recordFinder(nodes, ({ index }) => generation(index), header.repair !== undefined);
    return computeFrontier(plan, recordOf).standings;
  }

  async result(): Promise<Result> {
    const header = await this.header();
    const standings = await this.standings();
    const nodes = this.plan.nodes
      .filter((node) => !isVirtual(node))
      .map(({ id, index }) => [id, this.#nodeResult(standings[index], index)] as const);
    const { status, reason, error, output } = header;
    return {
      status,
      reason,
      error: error?.node ?? error?.code,
      output: output?.at === 'record' ? output.value : undefined,
      nodes: Object.fromEntries(nodes),
    };
  }

  runsOf(node: string): Run[] {
    return this.runs.filter((run) => run.node === node);
  }

  dispose(): void {
    leaveWorld(this.key.execution);
  }

  #nodeResult(standing: Standing | undefined, index: number): NodeResult {
    if (standing?.at !== 'settled')
      return { status: standing?.at === 'open' ? standing.record.status : (standing?.at ?? 'undecided') };
    const { settled } = standing;
    if (settled.status === 'succeeded')
      return { status: 'succeeded', ...(settled.output !== undefined && { output: settled.output }) };
    if (settled.status === 'skipped') return { status: 'skipped', reason: settled.reason };
    if (settled.status === 'cancelled') return { status: 'cancelled' };
    const tolerated = handlingOf(nodeAt(this.plan, index), settled.error).kind === 'tolerated';
    return { status: 'failed', error: settled.error.code, ...(tolerated && { tolerated }) };
  }

  #passTime(max = Infinity): boolean {
    const hidden = this.queue.messages.filter(
      ({ id, visibleAt }) => !this.#busy.has(id) && visibleAt > this.clock.now(),
    );
    const times = [this.clock.nextWake, ...hidden.map(({ visibleAt }) => visibleAt)].flatMap((time) => time ?? []);
    if (times.length === 0 || Math.min(...times) > max) return false;
    this.clock.advanceTo(epochMs(Math.min(...times)));
    return true;
  }
}
