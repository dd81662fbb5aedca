import { MemoryBreakerStore } from '../../shared/adapters/memory/breaker-store.ts';
import { VirtualClock } from '../../shared/adapters/memory/clock.ts';
import { MemoryExecutionStore } from '../../shared/adapters/memory/execution-store.ts';
import { MemoryReplayStore } from '../../shared/adapters/memory/replay-store.ts';
import { NO_TELEMETRY } from '../../shared/adapters/memory/telemetry.ts';
import { MemoryWorkQueue } from '../../shared/adapters/memory/work-queue.ts';
import { WORKER } from '../../shared/config/functions.ts';
import { isTerminal } from '../../shared/domain/execution/records.ts';
import type { Json } from '../../shared/domain/json.ts';
import { epochMs } from '../../shared/domain/time.ts';
import { compilePlan } from '../../shared/domain/workflow/compile-plan.ts';
import type { Plan } from '../../shared/domain/workflow/plan.ts';
import { validateDefinition } from '../../shared/domain/workflow/validate.ts';
import { Breakers } from '../../shared/engine/breakers.ts';
import type { EngineDeps } from '../../shared/engine/engine-deps.ts';
import { startExecution } from '../../shared/engine/start-execution.ts';
import { work } from '../../shared/engine/work.ts';
import type { Definition } from '../harness/definitions.ts';
import { virtualNodes, type Effect } from './virtual-nodes.ts';
import { VirtualPorts, type Call, type Latency } from './virtual-ports.ts';

export interface VirtualOptions {
  readonly latency: Latency;
  /** From the end of a send to the worker's first step. */
  readonly hopMs: number;
  readonly input?: Json;
  /** How many first attempts of a node fail. */
  readonly failures?: Readonly<Record<string, number>>;
}

/** What one execution did, on a clock on which only calls, queues and timers take time. */
export interface VirtualRun {
  readonly effects: readonly Effect[];
  readonly calls: readonly Call[];
  /** How long the function that took the start was at it, without reading key and definition. */
  readonly startMs: number;
  /** How long the worker was at each message. */
  readonly messageMs: readonly number[];
}

/**
 * The engine knows whole milliseconds alone, and published latencies have tenths: each of its milliseconds is one of ours.
 * Its leases are a tenth as long, which nothing here comes near.
 */
const TICKS_PER_MS = 10;
const inTicks = (ms: number): number => Math.round(ms * TICKS_PER_MS);
const inMs = (ticks: number): number => ticks / TICKS_PER_MS;

const KEY = { workspace: 'ws', execution: 'ex' };
const INVOCATION_MS = WORKER.timeoutSeconds * 1_000;
const VISIBILITY_MS = WORKER.visibilityTimeoutSeconds * 1_000;

/** Runs one execution to its end: the real engine on memory ports, as many workers as there are messages. */
export async function runVirtually(definition: Definition, options: VirtualOptions): Promise<VirtualRun> {
  return new VirtualStack(definition, options).run();
}

class VirtualStack {
  readonly #clock = new VirtualClock(0);
  readonly #queue = new MemoryWorkQueue(this.#clock);
  readonly #store = new MemoryExecutionStore();
  readonly #effects: Effect[] = [];
  readonly #ports: VirtualPorts;
  readonly #plan: Plan;
  readonly #depsOf: (caller: string) => EngineDeps;
  readonly #input: Json;
  readonly #hopTicks: number;
  readonly #messageMs: number[] = [];
  readonly #taken = new Set<string>();
  readonly #errors: unknown[] = [];
  #busy = 0;
  #operations = 0;

  constructor(definition: Definition, options: VirtualOptions) {
    const nodes = virtualNodes(this.#clock, this.#effects, options.failures ?? {});
    const checked = validateDefinition(definition, nodes, () => []);
    if (!checked.ok) throw new Error(`${definition.name} does not hold: ${JSON.stringify(checked.error)}`);
    this.#plan = compilePlan(checked.value.workflow, 1);
    this.#input = options.input ?? null;
    this.#hopTicks = inTicks(options.hopMs);
    this.#ports = new VirtualPorts(this.#clock, {
      readMs: inTicks(options.latency.readMs),
      writeMs: inTicks(options.latency.writeMs),
      sendMs: inTicks(options.latency.sendMs),
    });
    const ids = { operation: () => `op${(this.#operations += 1)}`, random: () => 0.5 };
    const log = { info: () => undefined, warn: () => undefined };
    const breakers = new Breakers({ store: new MemoryBreakerStore(), clock: this.#clock, ids, log });
    this.#depsOf = (caller) => ({
      store: this.#ports.store(this.#store, caller),
      replays: new MemoryReplayStore(this.#store),
      queue: this.#ports.queue(this.#queue, caller),
      plans: { load: () => Promise.resolve(this.#plan) },
      nodes,
      breakers,
      clock: this.#clock,
      ids,
      log,
      leaseEpoch: epochMs(0),
      telemetry: NO_TELEMETRY,
    });
  }

  async run(): Promise<VirtualRun> {
    const startMs = await this.#start();
    while (await this.#step());
    const header = await this.#store.readHeader(KEY);
    const [error] = this.#errors;
    if (error !== undefined) throw error;
    if (header === undefined || !isTerminal(header.status)) throw new Error('the execution did not come to its end');
    if (header.status !== 'succeeded') throw new Error(`the execution ended as ${header.status}`);
    return {
      effects: this.#effects.map(({ node, at }) => ({ node, at: inMs(at) })),
      calls: this.#ports.calls.map(({ startedAt, endedAt, ...call }) => ({
        ...call,
        startedAt: inMs(startedAt),
        endedAt: inMs(endedAt),
      })),
      startMs,
      messageMs: this.#messageMs,
    };
  }

  async #start(): Promise<number> {
    const startedAt = this.#clock.now();
    const input = { at: 'record', value: this.#input } as const;
    const request = { ...KEY, plan: this.#plan, input, hold: false, tags: {}, trigger: 'api', request: 'r' };
    let answeredAt: number | undefined;
    const begun = startExecution(this.#depsOf('api'), request).then(() => (answeredAt = this.#clock.now()));
    for (await settled(); answeredAt === undefined; await settled()) this.#passTime();
    await begun;
    return inMs(answeredAt - startedAt);
  }

  /** Hands out what there is; time passes only when nothing else can happen. False: nothing is left to happen. */
  async #step(): Promise<boolean> {
    await settled();
    for (const { id, visibleAt } of this.#queue.messages) {
      if (this.#taken.has(id) || visibleAt + this.#hopTicks > this.#clock.now()) continue;
      this.#taken.add(id);
      this.#deliver(id);
    }
    await settled();
    return this.#busy > 0 || this.#waiting.length > 0 ? this.#passTime() : false;
  }

  get #waiting(): readonly number[] {
    return this.#queue.messages
      .filter(({ id }) => !this.#taken.has(id))
      .map(({ visibleAt }) => visibleAt + this.#hopTicks);
  }

  #passTime(): boolean {
    const next = Math.min(this.#clock.nextWake ?? Infinity, ...this.#waiting);
    if (next === Infinity) return false;
    this.#clock.advanceTo(epochMs(next));
    return true;
  }

  #deliver(id: string): void {
    const { message, delivery } = this.#queue.receive(id, VISIBILITY_MS);
    const startedAt = this.#clock.now();
    this.#busy += 1;
    void work(this.#depsOf(id), message, delivery, INVOCATION_MS)
      .catch((error: unknown) => this.#errors.push(error))
      .then(() => {
        this.#messageMs.push(inMs(this.#clock.now() - startedAt));
        this.#queue.delete(delivery);
        this.#busy -= 1;
      });
  }
}

/** All ports answer in microtasks, and those are over then. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
