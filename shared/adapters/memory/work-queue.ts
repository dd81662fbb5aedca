import { epochMs, type EpochMs } from '../../domain/time.ts';
import type { Delivery, WorkMessage } from '../../engine/messages.ts';
import type { Clock, OutgoingMessage, WorkQueue } from '../../engine/ports.ts';

export interface QueuedMessage {
  readonly id: string;
  readonly message: WorkMessage;
  /** Sent to the isolated queue. */
  readonly isolated: boolean;
  /** Delayed, or hidden while somebody works it, until then. */
  readonly visibleAt: EpochMs;
  readonly receiveCount: number;
}

/** Which delivery of which message. */
export type Receipt = Pick<Delivery, 'id' | 'receiveCount'>;

/**
 * An SQS standard queue in memory, seen from both ends. At least once and in no order: the test says which of the
 * visible messages is received, and a message that is not deleted becomes visible again.
 */
export class MemoryWorkQueue implements WorkQueue {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #messages = new Map<string, QueuedMessage>();
  readonly #parked: string[] = [];
  #sent = 0;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  send(messages: readonly OutgoingMessage[]): Promise<void> {
    const now = this.#clock.now();
    for (const { message, notBefore, isolated } of messages) {
      this.#sent += 1;
      const id = `m${this.#sent}`;
      const visibleAt = epochMs(Math.max(now, notBefore ?? now));
      this.#messages.set(id, {
        id,
        message: structuredClone(message),
        isolated: isolated === true,
        visibleAt,
        receiveCount: 0,
      });
    }
    return Promise.resolve();
  }

  park(body: string): Promise<void> {
    this.#parked.push(body);
    return Promise.resolve();
  }

  /** The bodies of parked messages. */
  get parked(): readonly string[] {
    return this.#parked;
  }

  /** Messages in the queue, delayed and hidden ones included, in the order in which they were sent. */
  get messages(): readonly QueuedMessage[] {
    return [...this.#messages.values()];
  }

  /** How many were ever sent. */
  get sent(): number {
    return this.#sent;
  }

  /** What could be received now. */
  get visible(): readonly QueuedMessage[] {
    const now = this.#clock.now();
    return this.messages.filter(({ visibleAt }) => visibleAt <= now);
  }

  /** When the next message that is not visible yet will be. */
  get nextVisibleAt(): EpochMs | undefined {
    const now = this.#clock.now();
    const times = this.messages.flatMap(({ visibleAt }) => (visibleAt > now ? [visibleAt] : []));
    return times.length === 0 ? undefined : epochMs(Math.min(...times));
  }

  /** Hands a message to a worker and hides it from others for `visibilityMs`. */
  receive(id: string, visibilityMs: number): { readonly message: WorkMessage; readonly delivery: Delivery } {
    const queued = this.#messages.get(id);
    if (queued === undefined) throw new Error(`there is no message ${id}`);
    const receiveCount = queued.receiveCount + 1;
    this.#messages.set(id, { ...queued, receiveCount, visibleAt: epochMs(this.#clock.now() + visibilityMs) });
    const { message } = queued;
    // Not by queue: the worker goes by what the message says (lambdas/worker).
    const isolated = message.kind === 'node' && message.isolated === true;
    return { message: structuredClone(message), delivery: { id, receiveCount, isolated } };
  }

  /** Gives a message back: visible again at once. Like {@link delete}, without effect when others have received it since. */
  release({ id, receiveCount }: Receipt): void {
    const queued = this.#messages.get(id);
    if (queued?.receiveCount === receiveCount) this.#messages.set(id, { ...queued, visibleAt: this.#clock.now() });
  }

  /** SQS, too, does as it is told only with the receipt of the latest delivery. */
  delete({ id, receiveCount }: Receipt): void {
    if (this.#messages.get(id)?.receiveCount === receiveCount) this.#messages.delete(id);
  }

  /** Takes a message away whoever has it, as retention or an operator would. */
  lose(id: string): void {
    this.#messages.delete(id);
  }
}
