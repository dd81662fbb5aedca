import type { BreakerStore } from '../../shared/engine/breakers.ts';
import type { Clock, ExecutionStore, LifecycleEvents, ReplayStore, WorkQueue } from '../../shared/engine/ports.ts';
import { sleep } from '../../shared/engine/sleep.ts';

/**
 * What happens to one call to store or queue: it fails without effect, takes effect and loses its answer, the worker
 * dies before or after it took effect, or the worker stands still for so long that others take over, and goes on then.
 */
export const FAULTS = [
  'refused',
  'answer_lost',
  'died_before',
  'died_after',
  'stalled_before',
  'stalled_after',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface Call {
  /** 1-based, over all workers. */
  readonly number: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

export class InjectedFault extends Error {
  override readonly name = 'InjectedFault';
}

/** Counts the calls of all workers and decides which of them fail. */
export class FaultPlan {
  #calls = 0;
  readonly names: string[] = [];
  readonly #decide: (call: Call) => Fault | undefined;

  constructor(decide: (call: Call) => Fault | undefined = () => undefined) {
    this.#decide = decide;
  }

  get calls(): number {
    return this.#calls;
  }

  next(name: string, args: readonly unknown[]): Fault | undefined {
    this.#calls += 1;
    this.names.push(name);
    return this.#decide({ number: this.#calls, name, args });
  }
}

/** One worker's view of the ports. A dead worker's calls never return and have no effect. */
export class Worker {
  #dead = false;
  readonly #plan: FaultPlan;
  readonly #clock: Clock;
  readonly #stallMs: number;
  readonly #gone = Promise.withResolvers<void>();

  constructor(plan: FaultPlan, clock: Clock, stallMs = 0) {
    this.#plan = plan;
    this.#clock = clock;
    this.#stallMs = stallMs;
  }

  /** Resolves when the worker has died or stands still: its message then belongs to others. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  /** False while it stands still. */
  get dead(): boolean {
    return this.#dead;
  }

  store(target: ExecutionStore): ExecutionStore {
    return this.#wrap(target);
  }

  queue(target: WorkQueue): WorkQueue {
    return this.#wrap(target);
  }

  replays(target: ReplayStore): ReplayStore {
    return this.#wrap(target);
  }

  breakers(target: BreakerStore): BreakerStore {
    return this.#wrap(target);
  }

  events(target: LifecycleEvents): LifecycleEvents {
    return this.#wrap(target);
  }

  get clock(): Clock {
    const clock = this.#clock;
    return {
      now: () => clock.now(),
      after: (ms) => clock.after(ms),
      // Whoever dies asleep does not wake up.
      alarm: (ms, ring) => clock.alarm(ms, () => this.#dead || ring()),
    };
  }

  #wrap<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (_, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return (...args: unknown[]) =>
          this.#call(String(name), () => Reflect.apply(method, target, args) as Promise<unknown>, args);
      },
    });
  }

  async #call(name: string, apply: () => Promise<unknown>, args: readonly unknown[]): Promise<unknown> {
    if (this.#dead) return never();
    const fault = this.#plan.next(name, args);
    if (fault === 'refused') throw new InjectedFault(`${name} was refused`);
    if (fault === 'died_before') this.#die();
    if (fault === 'stalled_before') await this.#stall();
    if (this.#dead) return never();
    const answer = await apply();
    if (fault === 'answer_lost') throw new InjectedFault(`the answer of ${name} was lost`);
    if (fault === 'died_after') this.#die();
    if (fault === 'stalled_after') await this.#stall();
    return this.#dead ? never() : answer;
  }

  #die(): void {
    this.#dead = true;
    this.#gone.resolve();
  }

  /** Only the call stands still, and with it whatever waits for it. */
  async #stall(): Promise<void> {
    this.#gone.resolve();
    await sleep(this.#clock, this.#stallMs);
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
