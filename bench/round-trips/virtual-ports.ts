import type { VirtualClock } from '../../shared/adapters/memory/clock.ts';
import type { Stored } from '../../shared/domain/execution/records.ts';
import type { ExecutionStore, WorkQueue } from '../../shared/engine/ports.ts';
import { sleep } from '../../shared/engine/sleep.ts';

/** What a call takes on the virtual clock. */
export interface Latency {
  readonly readMs: number;
  readonly writeMs: number;
  /** A send; what it then takes a worker to have the message is the queue's delay, not a call. */
  readonly sendMs: number;
}

/** One call to store or queue, on the virtual clock. */
export interface Call {
  readonly name: string;
  /** Who made it: a message's id, or `api`. */
  readonly by: string;
  readonly startedAt: number;
  readonly endedAt: number;
}

const READS: ReadonlySet<string> = new Set<keyof ExecutionStore>([
  'readHeader',
  'load',
  'readNode',
  'readNodes',
  'readAll',
  'readDeadLetter',
  'deadLettersOf',
  'dueForCheck',
]);

/** Ports whose calls take time: those that are issued together overlap, those that wait for one another add up. */
export class VirtualPorts {
  readonly calls: Call[] = [];
  readonly #clock: VirtualClock;
  readonly #latency: Latency;

  constructor(clock: VirtualClock, latency: Latency) {
    this.#clock = clock;
    this.#latency = latency;
  }

  /** What a write has read alongside leaves with it, so the two take as long as the longer one. */
  store(target: ExecutionStore, by: string): ExecutionStore {
    return new Proxy(target, {
      get: (_, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return (...args: unknown[]) => {
          const apply = () => Reflect.apply(method, target, args) as Promise<unknown>;
          const called = String(name);
          if (called === 'load' && isAtHand(args[0] as Stored)) return apply();
          const ms = READS.has(called) ? this.#latency.readMs : this.#latency.writeMs;
          return this.#during({ name: called, by }, ms, apply);
        };
      },
    });
  }

  /** A message is there only when the send is over. */
  queue(target: WorkQueue, by: string): WorkQueue {
    const { sendMs } = this.#latency;
    return {
      send: async (messages) => {
        await this.#during({ name: 'send', by }, sendMs, () => Promise.resolve());
        await target.send(messages);
      },
      park: (body) => target.park(body),
    };
  }

  async #during<T>(call: Pick<Call, 'name' | 'by'>, ms: number, apply: () => Promise<T>): Promise<T> {
    const startedAt = this.#clock.now();
    // The clock stands still while memory is looked at.
    const [answer] = await Promise.all([apply(), sleep(this.#clock, ms)]);
    this.calls.push({ ...call, startedAt, endedAt: this.#clock.now() });
    return answer;
  }
}

/** A value that came with its record is unpacked, not fetched. */
const isAtHand = ({ at }: Stored): boolean => at === 'record';
