import { buryBatch } from '../../../lambdas/dead-letters/bury-batch.ts';
import { workBatch } from '../../../lambdas/worker/work-batch.ts';
import { MemoryBreakerStore } from '../../../shared/adapters/memory/breaker-store.ts';
import { MemoryReplayStore } from '../../../shared/adapters/memory/replay-store.ts';
import { NO_TELEMETRY } from '../../../shared/adapters/memory/telemetry.ts';
import type { LifecycleEvent } from '../../../shared/domain/execution/lifecycle-event.ts';
import { epochMs } from '../../../shared/domain/time.ts';
import type { Plan } from '../../../shared/domain/workflow/plan.ts';
import { Breakers } from '../../../shared/engine/breakers.ts';
import type { EngineDeps } from '../../../shared/engine/engine-deps.ts';
import { SetAside } from '../../../shared/engine/set-aside.ts';
import type { EngineLog } from '../../../shared/engine/ports.ts';
import { sweep } from '../../../shared/engine/sweep.ts';
import type { Random } from '../random.ts';
import { breakerClient, busClient, loadThrough, queueClient, replayClient, storeClient } from './clients.ts';
import { EventLog } from './event-log.ts';
import { FaultLedger, InjectedFault, type FaultPlan } from './faults.ts';
import { FUNCTIONS, type FunctionConfig, type FunctionName, type QueueFunction } from './functions.ts';
import { Mapping, type AfterFailure, type MappingParts } from './mapping.ts';
import { Process, type Surroundings } from './process.ts';
import { SimulatedQueue, type QueueName } from './queue.ts';
import { RecordingStore } from './recording-store.ts';
import { Scheduler } from './scheduler.ts';
import { Target } from './target.ts';

export interface WorldOptions {
  readonly random: Random;
  readonly faults: (now: number) => FaultPlan;
  readonly afterFailure: AfterFailure;
  readonly sweeper: boolean;
  readonly clientAttempts: number;
  /** How often a new process has to load a plan. */
  readonly coldStarts: number;
  readonly announces?: boolean;
  readonly keepLog: boolean;
  readonly functions?: Partial<Readonly<Record<FunctionName, FunctionConfig>>>;
}

const SWEEP_EVERY_MS = 60_000;
/** Clocks of sweepers may be ahead by this much. */
const SWEEP_AHEAD_MS = 400_000;
const REPEAT_MS_MAX = 5_000;

const FED_BY: Readonly<Record<QueueName, QueueFunction>> = {
  work: 'worker',
  isolated: 'isolated',
  dead: 'deadLetters',
};

/** All parts of one simulated deployment. Everything that the engine can reach is in here, and nothing else is. */
export class World {
  readonly scheduler: Scheduler;
  readonly log: EventLog;
  readonly ledger = new FaultLedger();
  readonly faults: FaultPlan;
  readonly store: RecordingStore;
  readonly queue: SimulatedQueue;
  readonly breakers = new MemoryBreakerStore();
  readonly replays: MemoryReplayStore;
  readonly target: Target;
  /** What the bus accepted. */
  readonly announced: LifecycleEvent[] = [];
  /** What processes threw that no fault explains. */
  readonly bugs: string[] = [];
  /** Calls made, in order. */
  readonly calls: { readonly name: string; readonly at: number; readonly by: FunctionName }[] = [];
  readonly #options: WorldOptions;
  readonly #functions: Readonly<Record<FunctionName, FunctionConfig>>;
  readonly #surroundings: Surroundings;
  readonly #plans = new Map<string, Plan>();
  readonly #mappings: Readonly<Record<QueueFunction, Mapping>>;
  readonly #chance: Random;
  /** Processes in which something may still happen, given up or not. */
  #live = 0;
  #processes = 0;
  #setAside = new SetAside();
  #operations = 0;
  #requests = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#functions = { ...FUNCTIONS, ...options.functions };
    this.#chance = options.random.stream('world');
    this.scheduler = new Scheduler(options.random.stream('order'));
    this.log = new EventLog(options.keepLog);
    this.faults = options.faults(this.scheduler.now);
    this.store = new RecordingStore(() => this.scheduler.now);
    this.replays = new MemoryReplayStore(this.store.memory);
    this.store.lagMs = () => this.faults.indexLagMs(this.scheduler.now);
    this.store.onStale = () => this.ledger.note('stale_index', this.scheduler.now);
    this.queue = new SimulatedQueue(this.scheduler, this.faults, this.ledger);
    const changesOf = (execution: string) => this.#changeCount(execution);
    this.target = new Target(() => this.scheduler.now, changesOf, this.ledger);
    this.#surroundings = {
      scheduler: this.scheduler,
      log: this.log,
      faults: this.faults,
      ledger: this.ledger,
      network: options.random.stream('network'),
      clientAttempts: options.clientAttempts,
      nextCall: (name, by) => this.calls.push({ name, at: this.scheduler.now, by }),
    };
    const parts = this.#mappingParts();
    this.#mappings = {
      worker: new Mapping(parts, 'work', 'worker', this.#functions.worker),
      isolated: new Mapping(parts, 'isolated', 'isolated', this.#functions.isolated),
      deadLetters: new Mapping(parts, 'dead', 'deadLetters', this.#functions.deadLetters),
    };
    this.queue.onVisible = (queue, at) => this.#mappings[FED_BY[queue]].wake(at);
    if (options.sweeper) this.#sweepAt(this.scheduler.now + this.#chance.between(1, SWEEP_EVERY_MS));
  }

  /** Nothing is under way and nothing will come by itself, but the sweeper's next look. */
  get quiet(): boolean {
    return this.idle && this.store.open === 0;
  }

  /** Nobody works, nobody stands still, and no message or client will come. */
  get idle(): boolean {
    return this.#live === 0 && this.#requests === 0 && this.queue.size === 0;
  }

  addPlan(workspace: string, plan: Plan): void {
    this.#plans.set(`${workspace}/${plan.workflow}/${plan.version}`, plan);
  }

  /** Something that a client does at some time from now; the world is not quiet before it is done. */
  later(ms: number, happen: () => void): void {
    this.#requests += 1;
    this.scheduler.after(ms, () => {
      this.#requests -= 1;
      happen();
    });
  }

  /**
   * What a client does who repeats a request until it is answered, or gives up after a while. Each attempt is an
   * invocation of its own; `answered` is told what the client was told.
   */
  request<T>(
    name: string,
    call: (deps: EngineDeps, requestId: string) => Promise<T>,
    answered: (result: T) => void,
    attemptsMax = Number.POSITIVE_INFINITY,
  ): void {
    this.#requests += 1;
    this.#attempt(name, call, answered, attemptsMax);
  }

  #attempt<T>(
    name: string,
    call: (deps: EngineDeps, requestId: string) => Promise<T>,
    answered: (result: T) => void,
    attemptsLeft: number,
  ): void {
    const process = this.#spawn('api');
    process.log(name);
    let open = true;
    const again = () => {
      if (!open) return;
      open = false;
      if (attemptsLeft <= 1) this.#requests -= 1;
      else
        this.scheduler.after(this.#chance.between(100, REPEAT_MS_MAX), () =>
          this.#attempt(name, call, answered, attemptsLeft - 1),
        );
    };
    const done = (result: T) => {
      process.end();
      if (!open) return;
      open = false;
      this.#requests -= 1;
      process.log(`${name} answered`);
      answered(result);
    };
    process.onDeath = again;
    this.#limit(process, this.#functions.api.timeoutMs, again);
    const requestId = `req-${process.name}`;
    process.holders.push(requestId);
    void call(this.deps(process, 0), requestId).then(done, (error: unknown) => {
      process.end();
      this.#judge(error);
      again();
    });
  }

  /** The engine's dependencies as one process has them. `hops` is the lineage of what it sends. */
  deps(process: Process, hops: number): EngineDeps {
    let warm = !this.#chance.chance(this.#options.coldStarts);
    const ids = { operation: () => `op${(this.#operations += 1)}`, random: () => this.#chance.next() };
    const log: EngineLog = {
      info: () => undefined,
      warn: (message, details) => process.log(`warns: ${message} ${JSON.stringify(details)}`),
    };
    const { clock } = process;
    return {
      store: storeClient(process, this.store),
      queue: queueClient(process, this.queue, hops),
      clock,
      plans: {
        load: async (workspace, workflow, version) => {
          const plan = this.#plans.get(`${workspace}/${workflow}/${version}`);
          if (plan === undefined) throw new Error(`there is no plan ${workflow} ${version} in ${workspace}`);
          if (!warm) await loadThrough(process, { workspace }, plan);
          warm = true;
          return plan;
        },
      },
      nodes: this.target.registry(process),
      replays: replayClient(process, this.replays),
      breakers: new Breakers({ store: breakerClient(process, this.breakers), clock, ids, log }),
      ids,
      log,
      leaseEpoch: epochMs(0),
      telemetry: NO_TELEMETRY,
      ...(this.#options.announces === true && { events: busClient(process, this.announced) }),
    };
  }

  #spawn(by: FunctionName): Process {
    this.#processes += 1;
    const process = new Process(this.#surroundings, `${by}-${this.#processes}`, by);
    this.#live += 1;
    if (process.skewMs !== 0) this.ledger.note('clock_skew', this.scheduler.now);
    process.onGone = () => void (this.#live -= 1);
    return process;
  }

  #mappingParts(): MappingParts {
    const { scheduler, queue, faults, ledger } = this;
    return {
      scheduler,
      queue,
      faults,
      ledger,
      random: this.#options.random.stream('mapping'),
      afterFailure: this.#options.afterFailure,
      spawn: (by) => this.#spawn(by),
      invoke: (process, event, hops, getRemainingTimeInMillis) =>
        (process.by === 'deadLetters' ? buryBatch : workBatch)(
          { engine: this.deps(process, hops + 1), reportFailure: (_, error) => this.#judge(error) },
          event,
          { getRemainingTimeInMillis, memoryLimitInMB: '512' },
        ),
    };
  }

  #sweepAt(at: number): void {
    this.scheduler.at(at, () => {
      this.#sweepAt(at + SWEEP_EVERY_MS);
      // An empty look changes nothing, and there are many of them.
      if (this.store.hasDue(this.scheduler.now + SWEEP_AHEAD_MS)) this.#sweep();
    });
  }

  #sweep(): void {
    const { timeoutMs } = this.#functions.sweeper;
    const process = this.#spawn('sweeper');
    process.log('sweeps');
    this.#limit(process, timeoutMs, () => undefined);
    const ended = (error?: unknown) => {
      process.end();
      if (error !== undefined) this.#judge(error);
    };
    // A warm sandbox remembers what it set aside.
    if (this.#chance.chance(0.2)) this.#setAside = new SetAside();
    void sweep(this.deps(process, 0), 'due', timeoutMs, this.#setAside).then(({ failed }) => {
      process.log(`swept, ${failed} failed`);
      ended();
    }, ended);
  }

  /** Lambda ends an invocation that takes too long; one that stands still is given up and may go on later. */
  #limit(process: Process, timeoutMs: number, onGivenUp: () => void): void {
    this.scheduler.after(timeoutMs, () => {
      if (process.dead) return;
      this.ledger.note('invocation_timeout', this.scheduler.now, process.executions);
      if (process.frozen) onGivenUp();
      else process.die('is out of time');
    });
  }

  /** What is thrown because a call failed is expected; everything else is a bug. */
  #judge(error: unknown): void {
    if (error instanceof InjectedFault) return;
    this.bugs.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }

  #changeCount(execution: string): number {
    for (const workspace of this.store.workspaces) {
      const { length } = this.store.changesOf({ workspace, execution });
      if (length > 0) return length;
    }
    return 0;
  }
}
