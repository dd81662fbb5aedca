import { MemoryBreakerStore } from '../../shared/adapters/memory/breaker-store.ts';
import { VirtualClock } from '../../shared/adapters/memory/clock.ts';
import { MemoryExecutionStore } from '../../shared/adapters/memory/execution-store.ts';
import { MemoryReplayStore } from '../../shared/adapters/memory/replay-store.ts';
import { NO_TELEMETRY } from '../../shared/adapters/memory/telemetry.ts';
import { ISOLATED, SWEEPER, WORKER } from '../../shared/config/functions.ts';
import { isTerminal, type ExecutionKey } from '../../shared/domain/execution/records.ts';
import { epochMs } from '../../shared/domain/time.ts';
import type { Plan } from '../../shared/domain/workflow/plan.ts';
import { Breakers } from '../../shared/engine/breakers.ts';
import type { EngineDeps } from '../../shared/engine/engine-deps.ts';
import type { ExecutionStore } from '../../shared/engine/ports.ts';
import { SetAside } from '../../shared/engine/set-aside.ts';
import { startExecution } from '../../shared/engine/start-execution.ts';
import { sweep, type SweepReport } from '../../shared/engine/sweep.ts';
import { work } from '../../shared/engine/work.ts';
import { FleetQueue } from './fleet-queue.ts';
import { seededRandom } from './orders.ts';
import { enterWorld, leaveWorld, registry, type Run, type Script } from './scripted-task.ts';
import { sleep } from '../../shared/engine/sleep.ts';

/** What a request to the store takes, and what a throttled one takes with all its repetitions by the SDK. */
const REQUEST_MS = 10;
const THROTTLED_MS = 500;
const THROTTLED_REQUESTS = 3;
const SECOND_MS = 1_000;

export class ThrottledError extends Error {
  override readonly name = 'ThrottlingException';
}

let fleets = 0;

/** Many executions on one store and one queue: as many workers as Lambda may run, a sweep a minute, and time that is virtual. */
export class Fleet {
  readonly clock = new VirtualClock();
  readonly queue = new FleetQueue(this.clock);
  readonly runs: Run[] = [];
  readonly sweeps: SweepReport[] = [];
  readonly keys: ExecutionKey[] = [];
  /** Requests to the store by virtual second, refused ones included. */
  readonly requests = new Map<number, number>();
  readonly byCaller = new Map<string, number>();
  readonly memory = new MemoryExecutionStore();
  throttled = false;
  readonly #random = seededRandom(1);
  readonly #setAside = new SetAside();
  readonly #open = new Set<ExecutionKey>();
  readonly #breakers = new MemoryBreakerStore();
  readonly #plans = new Map<string, Plan>();
  readonly #idle = { work: WORKER.maximumConcurrency as number, isolated: ISOLATED.maximumConcurrency as number };
  readonly #name = `fleet${(fleets += 1)}`;
  #operations = 0;
  #nextSweep = this.clock.now() + SWEEPER.rateMinutes * 60_000;

  async start(plan: Plan, script: Script): Promise<void> {
    const workflow = `w${this.#plans.size}`;
    const known = [...this.#plans].find(([, other]) => other === plan)?.[0];
    if (known === undefined) this.#plans.set(workflow, plan);
    const key = { workspace: 'ws', execution: `${this.#name}-${this.keys.length}` };
    this.keys.push(key);
    this.#open.add(key);
    enterWorld(key.execution, { script, clock: this.clock, runs: this.runs, hold: () => Promise.resolve() });
    const input = { at: 'record', value: null } as const;
    const deps = this.deps('api');
    const begun = startExecution(deps, {
      ...key,
      plan: { ...plan, workflow: known ?? workflow },
      input,
      hold: false,
      tags: {},
      trigger: 'api',
      request: 'r',
    });
    await this.#until(begun);
  }

  deps(caller: string): EngineDeps {
    const ids = { operation: () => `op${(this.#operations += 1)}`, random: this.#random };
    const log = { info: () => undefined, warn: () => undefined };
    return {
      store: this.#store(caller),
      replays: new MemoryReplayStore(this.memory),
      queue: this.queue,
      clock: this.clock,
      plans: { load: (_, workflow) => Promise.resolve(this.#plans.get(workflow)!) },
      nodes: registry,
      breakers: new Breakers({ store: this.#breakers, clock: this.clock, ids, log }),
      ids,
      log,
      leaseEpoch: epochMs(0),
      telemetry: NO_TELEMETRY,
    };
  }

  /** Lets time pass until `end` says so, which is asked every ten virtual seconds, or until `time`. */
  async run(time: number, end: () => Promise<boolean> = () => Promise.resolve(false)): Promise<void> {
    for (let asked = this.clock.now(); this.clock.now() < time;) {
      this.#deliver();
      await settled();
      const next = Math.min(time, this.#nextSweep, this.clock.nextWake ?? Infinity, this.#nextMessage());
      this.clock.advanceTo(epochMs(Math.max(next, this.clock.now())));
      if (this.clock.now() >= this.#nextSweep) this.#sweep();
      await settled();
      if (this.clock.now() - asked < 10 * SECOND_MS) continue;
      asked = this.clock.now();
      if (await end()) return;
    }
  }

  /** How many have not ended. */
  async unfinished(): Promise<number> {
    for (const key of this.#open) {
      const header = await this.memory.readHeader(key);
      if (header !== undefined && isTerminal(header.status)) this.#open.delete(key);
    }
    return this.#open.size;
  }

  rates(from: number, to: number): number[] {
    const first = Math.ceil(from / SECOND_MS);
    const last = Math.floor(to / SECOND_MS);
    return Array.from({ length: last - first }, (_, at) => this.requests.get(first + at) ?? 0);
  }

  dispose(): void {
    for (const { execution } of this.keys) leaveWorld(execution);
  }

  #nextMessage(): number {
    const next = this.queue.nextVisibleAt;
    // Visible, and no worker is free: only time that somebody waits for brings one.
    return next <= this.clock.now() ? Infinity : next;
  }

  #deliver(): void {
    for (const from of ['work', 'isolated'] as const) {
      while (this.#idle[from] > 0) {
        const received = this.queue.receive(from);
        if (received === undefined) break;
        this.#idle[from] -= 1;
        const { message, delivery } = received;
        const caller = `${message.kind}${delivery.receiveCount > 1 ? ' again' : ''}`;
        void work(this.deps(caller), message, delivery, WORKER.timeoutSeconds * SECOND_MS).then(
          () => {
            this.queue.delete(delivery);
            this.#idle[from] += 1;
          },
          () => (this.#idle[from] += 1),
        );
      }
    }
  }

  #sweep(): void {
    this.#nextSweep += SWEEPER.rateMinutes * 60_000;
    void sweep(this.deps('sweep'), 'due', SWEEPER.timeoutSeconds * SECOND_MS, this.#setAside).then(
      (report) => this.sweeps.push(report),
      () => undefined,
    );
  }

  async #until(done: Promise<unknown>): Promise<void> {
    let ended = false;
    void done.finally(() => (ended = true));
    for (await settled(); !ended; await settled()) this.clock.advanceTo(epochMs(this.clock.nextWake ?? 0));
  }

  #store(caller: string): ExecutionStore {
    return new Proxy(this.memory, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return async (...args: unknown[]) => {
          const { throttled } = this;
          this.#count(caller, throttled ? THROTTLED_REQUESTS : 1);
          await sleep(this.clock, throttled ? THROTTLED_MS : REQUEST_MS);
          if (throttled) throw new ThrottledError(`${String(name)} is throttled`);
          return Reflect.apply(method, target, args) as unknown;
        };
      },
    });
  }

  #count(caller: string, requests: number): void {
    const second = Math.floor(this.clock.now() / SECOND_MS);
    this.requests.set(second, (this.requests.get(second) ?? 0) + requests);
    this.byCaller.set(caller, (this.byCaller.get(caller) ?? 0) + requests);
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
