import {
  SendMessageBatchCommand,
  SendMessageCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { QUEUE } from '../../config/functions.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { WorkMessage } from '../../engine/messages.ts';
import type { OutgoingMessage, WorkQueue } from '../../engine/ports.ts';
import { charge, currentTally } from '../../metering/tally.ts';
import { NO_USAGE, usageText, type Usage } from '../../metering/usage.ts';
import { GatheredSends } from './gathered-sends.ts';

/** Brings a message to the queue at a time that is further away than the queue can delay it. */
export interface Timers {
  /** Made twice under one name it is one; the body's own unless another is given. */
  schedule(body: string, notBefore: EpochMs, name?: string): Promise<void>;
}

export interface QueueUrls {
  readonly work: string;
  /** Batch size 1: a message that may kill its worker is alone with it. */
  readonly isolated: string;
  /** Nothing receives from it. Undefined for a function that is handed no messages and parks none. */
  readonly parked: string | undefined;
}

/**
 * The work queue over SQS: delays up to 15 minutes are the queue's own (whole seconds, rounded up, so never early);
 * longer ones come near by a one-time schedule that sends the message, which is then delayed for the rest.
 */
export class SqsWorkQueue implements WorkQueue {
  readonly #client: SQSClient;
  readonly #parkedUrl: string | undefined;
  readonly #timers: Timers;
  readonly #now: () => EpochMs;
  readonly #work: GatheredSends;
  readonly #isolated: GatheredSends;

  constructor(client: SQSClient, urls: QueueUrls, timers: Timers, now: () => EpochMs) {
    this.#client = client;
    this.#parkedUrl = urls.parked;
    this.#timers = timers;
    this.#now = now;
    this.#work = new GatheredSends((entries) => this.#sendBatch(urls.work, entries));
    this.#isolated = new GatheredSends((entries) => this.#sendBatch(urls.isolated, entries));
  }

  async send(messages: readonly OutgoingMessage[]): Promise<void> {
    const cargo = new Cargo(messages[0]?.message);
    try {
      await Promise.all(messages.map((message) => this.#sendOne(message, cargo)));
    } catch (error) {
      // Perhaps it has arrived; a bill that is counted twice is better than one that is lost.
      cargo.giveBack();
      throw error;
    }
  }

  #sendOne({ message, notBefore, isolated = false }: OutgoingMessage, cargo: Cargo): Promise<void> {
    const now = this.#now();
    const delaySeconds = Math.max(0, Math.ceil(((notBefore ?? now) - now) / 1_000));
    if (notBefore !== undefined && delaySeconds > QUEUE.delaySecondsMax) {
      // It fires once, and sends its message by a request of its own.
      cargo.charge({ schedules: 1, queueRequests: 1 });
      return this.#timers.schedule(cargo.bodyOf(message), notBefore, JSON.stringify({ ...message, usage: undefined }));
    }
    return (isolated ? this.#isolated : this.#work).add({
      charge: (queueRequests) => cargo.charge({ queueRequests }),
      entry: () => ({
        MessageBody: cargo.bodyOf(message),
        // SQS's fair queues: a workspace with a backlog does not keep the others waiting.
        MessageGroupId: message.ws,
        ...(delaySeconds > 0 && { DelaySeconds: delaySeconds }),
      }),
    });
  }

  async park(body: string): Promise<void> {
    if (this.#parkedUrl === undefined) throw new Error('this function may park nothing');
    await this.#client.send(new SendMessageCommand({ QueueUrl: this.#parkedUrl, MessageBody: body }));
    charge({ queueRequests: 1 });
  }

  async #sendBatch(url: string, entries: readonly SendMessageBatchRequestEntry[]) {
    const { Failed = [] } = await this.#client.send(
      new SendMessageBatchCommand({ QueueUrl: url, Entries: [...entries] }),
    );
    return Failed;
  }
}

/** What one call of `send` takes along: what was used up to it, and by it, rides in its first message. */
class Cargo {
  readonly #tally = currentTally();
  readonly #first: WorkMessage | undefined;
  #taken = NO_USAGE;

  constructor(first: WorkMessage | undefined) {
    this.#first = first;
  }

  charge(usage: Partial<Usage>): void {
    this.#tally?.charge(usage);
  }

  /** Without what the message itself may have brought: who sends it on has told of that. */
  bodyOf(message: WorkMessage): string {
    const { usage: _brought, ...own } = message;
    if (message === this.#first) this.#taken = this.#tally?.take() ?? NO_USAGE;
    const usage = message === this.#first ? usageText(this.#taken) : '';
    return JSON.stringify(usage === '' ? own : { ...own, usage });
  }

  giveBack(): void {
    this.#tally?.add(this.#taken);
  }
}
