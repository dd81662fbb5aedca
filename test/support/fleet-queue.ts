import { epochMs, type EpochMs } from '../../shared/domain/time.ts';
import type { Delivery, WorkMessage } from '../../shared/engine/messages.ts';
import type { Clock, OutgoingMessage, WorkQueue } from '../../shared/engine/ports.ts';
import { WORKER } from '../../shared/config/functions.ts';

interface Queued {
  readonly id: string;
  readonly message: WorkMessage;
  readonly isolated: boolean;
  visibleAt: EpochMs;
  receiveCount: number;
}

/**
 * The work queue and the isolated one as SQS has them, for thousands of messages: hidden for 90 minutes while they are
 * worked, and moved to the dead letters when they have been received too often.
 */
export class FleetQueue implements WorkQueue {
  readonly deadLetters: WorkMessage[] = [];
  readonly parked: string[] = [];
  readonly #clock: Pick<Clock, 'now'>;
  readonly #messages = new Map<string, Queued>();
  /** Ids by the instant at which they become visible. */
  readonly #hidden = new Map<number, string[]>();
  #next = Infinity;
  readonly #visible = { work: new Set<string>(), isolated: new Set<string>() };
  sent = 0;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#messages.size;
  }

  send(messages: readonly OutgoingMessage[]): Promise<void> {
    const now = this.#clock.now();
    for (const { message, notBefore, isolated } of messages) {
      this.sent += 1;
      const id = `m${this.sent}`;
      const queued = { id, message: structuredClone(message), isolated: isolated === true, receiveCount: 0 };
      this.#hide({ ...queued, visibleAt: epochMs(Math.max(now, notBefore ?? now)) });
    }
    return Promise.resolve();
  }

  park(body: string): Promise<void> {
    this.parked.push(body);
    return Promise.resolve();
  }

  /** The longest visible message, if there is one; a message that was received too often leaves for good. */
  receive(from: 'work' | 'isolated'): { readonly message: WorkMessage; readonly delivery: Delivery } | undefined {
    this.#reveal();
    for (const id of this.#visible[from]) {
      this.#visible[from].delete(id);
      const queued = this.#messages.get(id);
      if (queued === undefined) continue;
      queued.receiveCount += 1;
      if (queued.receiveCount > WORKER.maxReceiveCount) {
        this.deadLetters.push(queued.message);
        this.#messages.delete(id);
        continue;
      }
      this.#hide({ ...queued, visibleAt: epochMs(this.#clock.now() + WORKER.visibilityTimeoutSeconds * 1_000) });
      const { message, receiveCount } = queued;
      const isolated = message.kind === 'node' && message.isolated === true;
      return { message: structuredClone(message), delivery: { id, receiveCount, isolated } };
    }
    return undefined;
  }

  delete({ id }: Pick<Delivery, 'id'>): void {
    this.#messages.delete(id);
  }

  /** When the next hidden message becomes visible; infinity without one. */
  get nextVisibleAt(): number {
    return this.#next;
  }

  #hide(queued: Queued): void {
    this.#messages.set(queued.id, queued);
    const ids = this.#hidden.get(queued.visibleAt);
    if (ids === undefined) this.#hidden.set(queued.visibleAt, [queued.id]);
    else ids.push(queued.id);
    this.#next = Math.min(this.#next, queued.visibleAt);
  }

  #reveal(): void {
    const now = this.#clock.now();
    if (this.#next > now) return;
    this.#next = Infinity;
    for (const [at, ids] of this.#hidden) {
      if (at > now) {
        this.#next = Math.min(this.#next, at);
        continue;
      }
      this.#hidden.delete(at);
      for (const id of ids) {
        const queued = this.#messages.get(id);
        if (queued?.visibleAt === at) this.#visible[queued.isolated ? 'isolated' : 'work'].add(id);
      }
    }
  }
}
