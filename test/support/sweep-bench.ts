import { MemoryBreakerStore } from '../../shared/adapters/memory/breaker-store.ts';
import { VirtualClock } from '../../shared/adapters/memory/clock.ts';
import { MemoryExecutionStore } from '../../shared/adapters/memory/execution-store.ts';
import { MemoryReplayStore } from '../../shared/adapters/memory/replay-store.ts';
import { MemoryWorkQueue } from '../../shared/adapters/memory/work-queue.ts';
import { NO_TELEMETRY } from '../../shared/adapters/memory/telemetry.ts';
import { SWEEPER } from '../../shared/config/functions.ts';
import type { Header } from '../../shared/domain/execution/records.ts';
import { epochMs, type EpochMs } from '../../shared/domain/time.ts';
import { CHECK_SHARDS } from '../../shared/engine/due.ts';
import { Breakers } from '../../shared/engine/breakers.ts';
import type { EngineDeps } from '../../shared/engine/engine-deps.ts';
import type { EngineLog, ExecutionStore } from '../../shared/engine/ports.ts';
import { SetAside } from '../../shared/engine/set-aside.ts';
import { sweep, type SweepReport } from '../../shared/engine/sweep.ts';
import { compile } from './engine-harness.ts';
import { seededRandom } from './orders.ts';
import { registry } from './scripted-task.ts';

const WORKSPACE = 'ws';
const PLAN = compile({ a: { type: 'task' } });

export interface Warning {
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Executions whose first message was lost, and a sweeper: what it looks at, when, and what it sends. */
export class SweepBench {
  readonly clock = new VirtualClock();
  readonly queue = new MemoryWorkQueue(this.clock);
  readonly memory = new MemoryExecutionStore();
  readonly warnings: Warning[] = [];
  /** The executions whose headers were read, in order, with the instant. */
  readonly looks: { readonly execution: string; readonly at: EpochMs }[] = [];
  calls = 0;
  /** Replaces calls of the store; those that it leaves undefined go on to the memory. */
  intercept: Partial<ExecutionStore> = {};
  plans: EngineDeps['plans'] = { load: () => Promise.resolve(PLAN) };
  readonly #setAside = new SetAside();
  readonly #random = seededRandom(7);
  #operations = 0;

  /** Puts an execution that nobody works at, due for so long. */
  async put(execution: string, overdueMs: number): Promise<void> {
    const now = this.clock.now();
    await this.memory.createHeader({
      workspace: WORKSPACE,
      execution,
      workflow: 'w',
      version: 1,
      status: 'running',
      gen: 1,
      redrives: [],
      rev: 1,
      input: { at: 'record', value: null },
      tags: {},
      trigger: 'api',
      request: 'r',
      createdAt: epochMs(now - overdueMs - 60_000),
      startedAt: epochMs(now - overdueMs - 60_000),
      deadline: epochMs(now + 86_400_000),
      check: epochMs(now - overdueMs),
      op: execution,
    });
  }

  async header(execution: string): Promise<Header> {
    const header = await this.memory.readHeader({ workspace: WORKSPACE, execution });
    if (header === undefined) throw new Error(`there is no ${execution}`);
    return header;
  }

  /** Which shard the store keeps these in. */
  async shardsOf(): Promise<ReadonlyMap<string, number>> {
    const shards = new Map<string, number>();
    for (let shard = 0; shard < CHECK_SHARDS; shard += 1) {
      const { due } = await this.memory.dueForCheck({ shard, horizon: epochMs(9e15), limit: 100_000 });
      for (const { key } of due) shards.set(key.execution, shard);
    }
    return shards;
  }

  /** Ids that all lie in the shard of the first. */
  static inOneShard(count: number, prefix: string): string[] {
    // The memory store spreads by the sum of the letters, and the digits of at and 99999 - at add up to 45 whatever at is.
    return Array.from({ length: count }, (_, at) => {
      const digits = String(at).padStart(5, '0');
      return `${prefix}${digits}${99_999 - at}`.padEnd(prefix.length + 10, '0');
    });
  }

  /** A sweep as Lambda runs it once a minute; time passes as far as it waits. */
  async sweep(setAside = this.#setAside): Promise<SweepReport> {
    const swept = sweep(this.deps(), 'due', SWEEPER.timeoutSeconds * 1_000, setAside);
    let ended = false;
    const end = () => (ended = true);
    swept.then(end, end);
    for (await settled(); !ended; await settled()) this.clock.advanceTo(this.clock.nextWake ?? this.clock.now());
    return swept;
  }

  deps(): EngineDeps {
    const ids = { operation: () => `op${(this.#operations += 1)}`, random: this.#random };
    const log: EngineLog = {
      info: () => undefined,
      warn: (message, details) => void this.warnings.push({ message, details }),
    };
    return {
      store: this.#store(),
      replays: new MemoryReplayStore(this.memory),
      queue: this.queue,
      clock: this.clock,
      plans: this.plans,
      nodes: registry,
      breakers: new Breakers({ store: new MemoryBreakerStore(), clock: this.clock, ids, log }),
      ids,
      log,
      leaseEpoch: epochMs(0),
      telemetry: NO_TELEMETRY,
    };
  }

  get helped(): readonly string[] {
    return this.queue.messages.flatMap(({ message }) => ('ex' in message ? message.ex : []));
  }

  #store(): ExecutionStore {
    return new Proxy(this.memory, {
      get: (target, name) => {
        const method: unknown = Reflect.get(this.intercept, name) ?? Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return (...args: unknown[]) => {
          this.calls += 1;
          if (name === 'readHeader') this.#noteLook(args[0]);
          return Reflect.apply(method, target, args) as unknown;
        };
      },
    });
  }

  #noteLook(key: unknown): void {
    if (typeof key !== 'object' || key === null || !('execution' in key)) return;
    this.looks.push({ execution: String(key.execution), at: this.clock.now() });
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
