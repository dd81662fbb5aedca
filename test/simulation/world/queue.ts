import { DEAD_LETTERS, QUEUE, WORKER } from '../../../shared/config/functions.ts';
import type { OutgoingMessage } from '../../../shared/engine/ports.ts';
import type { Random } from '../random.ts';
import type { FaultLedger, FaultPlan } from './faults.ts';
import type { Scheduler } from './scheduler.ts';

/** Bulk replays are of no execution in particular. */
export function executionOf({ message }: OutgoingMessage): string {
  return 'ex' in message ? message.ex : message.job;
}

export type QueueName = 'work' | 'isolated' | 'dead';

/** How long each queue hides what was received. */
const VISIBILITY_SECONDS: Readonly<Record<QueueName, number>> = {
  work: WORKER.visibilityTimeoutSeconds,
  isolated: WORKER.visibilityTimeoutSeconds,
  dead: DEAD_LETTERS.visibilityTimeoutSeconds,
};

/** A message in a queue; `visibleAt` lies ahead while it is delayed or hidden. */
export interface Queued {
  readonly id: string;
  queue: QueueName;
  readonly body: string;
  readonly execution: string;
  /** Invocations that its chain of messages has behind it. */
  readonly hops: number;
  visibleAt: number;
  /** As SQS counts it. */
  receiveCount: number;
  /** Receives that its dead-letter rule counts: without the copies that only a fault made. */
  failures: number;
  /** Number of the latest receipt. */
  receipt: number;
}

/** One delivery. */
export interface Received {
  readonly message: Queued;
  readonly receiveCount: number;
  readonly receipt: number;
}

/** A one-time schedule that will send a message. */
interface Schedule {
  readonly name: string;
  left: number;
}

const SECOND_MS = 1_000;
/** As the adapter has it: a schedule comes this much early, and the message says itself when it is due. */
const SCHEDULE_EARLY_MS = 90_000;

/**
 * Two SQS standard queues, their dead-letter queue and the schedules for what is further away than SQS can delay: at
 * least once, in no order, hidden while it is worked.
 */
export class SimulatedQueue {
  /** Called when a message will be visible in a queue at some time. */
  onVisible: (queue: QueueName, at: number) => void = () => undefined;
  /** Bodies of messages that nobody could read. */
  readonly parked: string[] = [];
  /** Bodies that somebody sent who is none of us. */
  readonly injected: string[] = [];
  /** All that was ever sent, for {@link echo}. */
  readonly #sentBefore = new Map<string, { readonly body: string; readonly isolated: boolean }[]>();
  readonly #messages = new Map<string, Queued>();
  readonly #schedules = new Map<string, Schedule>();
  readonly #scheduler: Scheduler;
  readonly #faults: FaultPlan;
  readonly #ledger: FaultLedger;
  #sent = 0;

  constructor(scheduler: Scheduler, faults: FaultPlan, ledger: FaultLedger) {
    this.#scheduler = scheduler;
    this.#faults = faults;
    this.#ledger = ledger;
  }

  /** Messages that are anywhere, delayed, hidden or dead, and schedules. */
  get size(): number {
    return this.#messages.size + this.#schedules.size;
  }

  /** `senderNow`: by the sender's clock, which decides how long a delay is. */
  accept(messages: readonly OutgoingMessage[], senderNow: number, hops: number): void {
    for (const outgoing of messages) {
      const { message, notBefore, isolated } = outgoing;
      const body = JSON.stringify(message);
      const execution = executionOf(outgoing);
      this.#remember(execution, body, isolated === true);
      const delaySeconds = Math.max(0, Math.ceil(((notBefore ?? senderNow) - senderNow) / SECOND_MS));
      if (notBefore !== undefined && delaySeconds > QUEUE.delaySecondsMax) this.#schedule(body, execution, notBefore);
      else this.#put(isolated === true ? 'isolated' : 'work', body, execution, delaySeconds * SECOND_MS, hops);
    }
  }

  /** Up to `max` visible messages, whichever; those received too often go to the dead-letter queue instead. */
  receive(queue: QueueName, max: number, random: Random): Received[] {
    const { now } = this.#scheduler;
    const visible = [...this.#messages.values()].filter(
      (message) => message.queue === queue && message.visibleAt <= now,
    );
    const received: Received[] = [];
    while (visible.length > 0 && received.length < max) {
      const [oldest] = visible;
      const message = random.take(visible);
      if (message !== oldest) this.#ledger.note('reordered', now, []);
      if (queue !== 'dead' && message.failures >= WORKER.maxReceiveCount) this.#bury(message);
      else received.push(this.#deliver(message));
    }
    return received;
  }

  hasVisible(queue: QueueName): boolean {
    const { now } = this.#scheduler;
    return [...this.#messages.values()].some((message) => message.queue === queue && message.visibleAt <= now);
  }

  /** Whether it has not been deleted yet. */
  holds({ id }: Queued): boolean {
    return this.#messages.has(id);
  }

  /** Shows a message again although somebody has it. */
  expose({ message }: Received, afterMs: number): void {
    if (!this.holds(message)) return;
    message.visibleAt = this.#scheduler.now + afterMs;
    this.onVisible(message.queue, message.visibleAt);
  }

  /** One more delivery. `unseen`: the copy does not know of the others. */
  copy(message: Queued, unseen: boolean): Received {
    if (unseen) return { message, receiveCount: 1, receipt: message.receipt };
    message.receiveCount += 1;
    message.receipt += 1;
    return { message, receiveCount: message.receiveCount, receipt: message.receipt };
  }

  /** Only the latest receipt deletes, and only it gives back. */
  delete({ message: { id }, receipt }: Received): void {
    if (this.#messages.get(id)?.receipt === receipt) this.#messages.delete(id);
  }

  release(received: Received, afterMs: number): void {
    if (this.#messages.get(received.message.id)?.receipt === received.receipt) this.expose(received, afterMs);
  }

  /** Takes a message away whoever has it. */
  lose({ message: { id } }: Received): void {
    this.#messages.delete(id);
  }

  /** Sends once more what was sent before, as whoever puts messages back by hand does. */
  echo(execution: string, which: number): void {
    const sent = this.#sentBefore.get(execution) ?? [];
    const again = sent[Math.floor(which * sent.length)];
    if (again === undefined) return;
    this.#ledger.note('duplicate_by_hand', this.#scheduler.now, [execution]);
    this.#put(again.isolated ? 'isolated' : 'work', again.body, execution, 0, 0);
  }

  /** Puts in what is no message of ours. */
  inject(queue: QueueName, body: string): void {
    this.injected.push(body);
    this.#ledger.count('unreadable_message');
    this.#put(queue, body, 'nobody', 0, 0);
  }

  #remember(execution: string, body: string, isolated: boolean): void {
    const sent = this.#sentBefore.get(execution);
    if (sent === undefined) this.#sentBefore.set(execution, [{ body, isolated }]);
    else sent.push({ body, isolated });
  }

  #put(queue: QueueName, body: string, execution: string, delayMs: number, hops: number): void {
    this.#sent += 1;
    const { now } = this.#scheduler;
    const late = this.#faults.messageDelayMs(now);
    if (late > 0) this.#ledger.note('delayed_message', now, [execution]);
    const id = `m${this.#sent}`;
    const visibleAt = now + delayMs + late;
    this.#messages.set(id, { id, queue, body, execution, hops, visibleAt, receiveCount: 0, failures: 0, receipt: 0 });
    this.onVisible(queue, visibleAt);
  }

  #deliver(message: Queued): Received {
    message.receiveCount += 1;
    message.failures += 1;
    message.receipt += 1;
    message.visibleAt = this.#scheduler.now + VISIBILITY_SECONDS[message.queue] * SECOND_MS;
    this.onVisible(message.queue, message.visibleAt);
    return { message, receiveCount: message.receiveCount, receipt: message.receipt };
  }

  /** The same message, in another queue: it keeps its id, and its deliveries are counted anew. */
  #bury(message: Queued): void {
    message.queue = 'dead';
    message.receiveCount = 0;
    message.failures = 0;
    this.#ledger.note('dead_lettered', this.#scheduler.now, [message.execution]);
    this.onVisible('dead', message.visibleAt);
  }

  /** The name says what is sent and when: the same again is the same schedule. Lineage ends here. */
  #schedule(body: string, execution: string, notBefore: number): void {
    const { now } = this.#scheduler;
    const name = `${notBefore}\n${body}`;
    if (this.#schedules.has(name)) return;
    const delays = this.#faults.timerDelaysMs(now);
    const schedule: Schedule = { name, left: delays.length };
    this.#schedules.set(name, schedule);
    if (delays.length > 1) this.#ledger.note('duplicate_timer', now, [execution]);
    for (const delay of delays) {
      if (delay > 60_000) this.#ledger.note('late_timer', now, [execution]);
      const at = Math.floor((notBefore - SCHEDULE_EARLY_MS) / SECOND_MS) * SECOND_MS + delay;
      this.#scheduler.at(at, () => {
        schedule.left -= 1;
        if (schedule.left === 0) this.#schedules.delete(name);
        this.#put('work', body, execution, 0, 0);
      });
    }
  }
}
