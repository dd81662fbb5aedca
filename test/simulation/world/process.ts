import { epochMs } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/engine/ports.ts';
import type { Random } from '../random.ts';
import type { EventLog } from './event-log.ts';
import { InjectedFault, type FaultLedger, type FaultPlan, type IoFault } from './faults.ts';
import type { FunctionName } from './functions.ts';
import type { Scheduler } from './scheduler.ts';
import { sleep } from '../../../shared/engine/sleep.ts';

/** What all processes of a world share. */
export interface Surroundings {
  readonly scheduler: Scheduler;
  readonly log: EventLog;
  readonly faults: FaultPlan;
  readonly ledger: FaultLedger;
  /** Latencies. */
  readonly network: Random;
  /** How often the client repeats a call by itself, as the SDK does: the same write with the same `op`. */
  readonly clientAttempts: number;
  /** Counts the calls of all processes. */
  nextCall(name: string, by: FunctionName): number;
}

export interface Call {
  readonly name: string;
  readonly execution?: string;
  /** For the log. */
  readonly about?: string;
  /** Called each time that the request leaves. */
  readonly onSend?: () => void;
}

/**
 * One sandbox with one invocation in it: every call to the outside goes through it, and with it everything that happens
 * to calls. When it dies, all branches in it stop for ever; requests that have left are on their way nevertheless. When
 * it stands still, nothing in it goes on, answers and timers included, until it does.
 */
export class Process {
  readonly name: string;
  readonly by: FunctionName;
  readonly skewMs: number;
  readonly clock: Clock;
  /** Executions whose work is done here: what hits the process hits all of them. */
  readonly executions = new Set<string>();
  /** Whose leases it takes: ids of its messages, or of its request. */
  readonly holders: string[] = [];
  readonly startedAt: number;
  /** Called once, when it dies. */
  onDeath: () => void = () => undefined;
  /** Called when this process's messages are to be delivered once more. */
  onDuplicate: () => void = () => undefined;
  /** Called once, when nothing can happen in it any more. */
  onGone: () => void = () => undefined;
  readonly #world: Surroundings;
  #dead = false;
  #frozenUntil = 0;

  constructor(world: Surroundings, name: string, by: FunctionName) {
    this.#world = world;
    this.name = name;
    this.by = by;
    this.startedAt = world.scheduler.now;
    this.skewMs = world.faults.skewMs(world.scheduler.now);
    const now = () => epochMs(world.scheduler.now + this.skewMs);
    this.clock = {
      now,
      after: (ms) => epochMs(now() + ms),
      alarm: (ms, ring) => this.#alarm(ms, ring),
    };
  }

  get dead(): boolean {
    return this.#dead;
  }

  get frozen(): boolean {
    return this.#frozenUntil > this.#world.scheduler.now;
  }

  die(why: string): void {
    if (this.#dead) return;
    this.#dead = true;
    this.log(why);
    this.onDeath();
    this.onGone();
  }

  /** Nothing more is expected of it; what is left in it never goes on. */
  end(): void {
    if (this.#dead) return;
    this.#dead = true;
    this.onGone();
  }

  log(what: string): void {
    this.#world.log.add(this.#world.scheduler.now, this.name, what);
  }

  /** A call to store or queue; `apply` takes effect when the request arrives there, all at once. */
  async call<T>(call: Call, apply: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#once(call, apply);
      } catch (error) {
        if (!(error instanceof InjectedFault) || attempt >= this.#world.clientAttempts) throw error;
        await sleep(this.clock, this.#world.network.between(10, 200));
      }
    }
  }

  /**
   * A node's effect: it is there at once, and how long it takes is the script's business. A pause between the engine's
   * last look at its lease and the request's leaving is not made: no engine could know of it, only a target that knows
   * of leases could refuse what comes then.
   */
  effect(call: Call, apply: () => void): Promise<void> {
    return new Promise((resolve) => {
      if (this.#dead) return;
      const fault = this.#nextFault(call);
      if (fault?.kind === 'crash_before') return this.die('dies');
      if (fault?.kind === 'duplicate_delivery') this.onDuplicate();
      apply();
      if (fault?.kind === 'crash_after') return this.#crash();
      if (fault?.kind === 'zombie_before' || fault?.kind === 'zombie_after') this.#freeze(fault.ms);
      return this.deliver(resolve);
    });
  }

  /** Lets something happen in the process, now or when it goes on; never if it died. */
  deliver(happen: () => void): void {
    if (this.#dead) return;
    if (this.frozen) this.#world.scheduler.at(this.#frozenUntil, () => this.deliver(happen));
    else happen();
  }

  #once<T>(call: Call, apply: () => Promise<T>): Promise<T> {
    const { scheduler } = this.#world;
    return new Promise((resolve, reject) => {
      if (this.#dead) return;
      const fault = this.#nextFault(call);
      if (fault?.kind === 'crash_before') return this.die('dies');
      if (fault?.kind === 'zombie_before' || fault?.kind === 'zombie_after') this.#freeze(fault.ms);
      if (fault?.kind === 'duplicate_delivery') this.onDuplicate();
      const answer = (what: string, give: () => void) =>
        scheduler.after(this.#latencyMs(), () =>
          this.deliver(() => {
            this.log(`${call.name} ${what}`);
            give();
          }),
        );
      const arrive = () => {
        if (fault?.kind === 'refused' || fault?.kind === 'throttled')
          return answer(fault.kind, () => reject(new InjectedFault(fault.kind, call.name)));
        const applied = apply();
        // Whoever waited for it may be dead.
        applied.catch(() => undefined);
        if (fault?.kind === 'crash_after') return this.#crash();
        if (fault?.kind === 'answer_lost')
          return answer('lost', () => reject(new InjectedFault(fault.kind, call.name)));
        return answer('ok', () => resolve(applied));
      };
      const send = () => {
        call.onSend?.();
        scheduler.after(this.#latencyMs() + (fault?.kind === 'slow' ? fault.ms : 0), arrive);
      };
      if (fault?.kind === 'zombie_before') scheduler.at(this.#frozenUntil, () => this.deliver(send));
      else send();
    });
  }

  #nextFault(call: Call): IoFault | undefined {
    const { faults, scheduler, ledger } = this.#world;
    const number = this.#world.nextCall(call.name, this.by);
    if (call.execution !== undefined) this.executions.add(call.execution);
    const fault = faults.io({ number, name: call.name, by: this.by, at: scheduler.now });
    this.log(`${call.name} ${call.about ?? ''}${fault === undefined ? '' : ` ! ${fault.kind}`}`);
    if (fault === undefined) return undefined;
    ledger.lastHit = this;
    // A crash with the request under way is one when the request has arrived: see below.
    if (fault.kind !== 'crash_after') ledger.note(fault.kind, scheduler.now, this.executions);
    return fault;
  }

  #crash(): void {
    if (!this.#dead) this.#world.ledger.note('crash_after', this.#world.scheduler.now, this.executions);
    this.die('dies');
  }

  #freeze(ms: number): void {
    this.#frozenUntil = Math.max(this.#frozenUntil, this.#world.scheduler.now + ms);
    this.log(`stands still for ${ms} ms`);
  }

  #alarm(ms: number, ring: () => void): () => void {
    let isSet = true;
    const { scheduler } = this.#world;
    // What has come in by then is heard first (`Clock.alarm`).
    scheduler.after(ms, () => this.deliver(() => scheduler.after(1, () => this.deliver(() => isSet && ring()))));
    return () => (isSet = false);
  }

  /** Mostly a few milliseconds, now and then much longer. */
  #latencyMs(): number {
    const { network } = this.#world;
    return network.chance(0.01) ? network.between(20, 1_000) : network.between(1, 10);
  }
}
