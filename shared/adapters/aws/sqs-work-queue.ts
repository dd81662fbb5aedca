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
import { NO_USAGE, usageText } from '../../metering/usage.ts';

const BATCH_MAX = 10;

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
  readonly #urls: QueueUrls;
  readonly #timers: Timers;
  readonly #now: () => EpochMs;

  constructor(client: SQSClient, urls: QueueUrls, timers: Timers, now: () => EpochMs) {
    this.#client = client;
    this.#urls = urls;
    this.#timers = timers;
    this.#now = now;
  }

  async send(messages: readonly OutgoingMessage[]): Promise<void> {
    const now = this.#now();
    const far: FarMessage[] = [];
    const near = new Map<string, NearMessage[]>();
    for (const { message, notBefore, isolated } of messages) {
      const delaySeconds = Math.max(0, Math.ceil(((notBefore ?? now) - now) / 1_000));
      if (notBefore !== undefined && delaySeconds > QUEUE.delaySecondsMax) {
        far.push({ message, notBefore });
        continue;
      }
      const url = isolated === true ? this.#urls.isolated : this.#urls.work;
      near.set(url, [...(near.get(url) ?? []), { message, delaySeconds }]);
    }
    const batches = [...near].flatMap(([url, all]) => inBatches(all).map((batch) => ({ url, batch })));
    // A schedule fires once, and sends its message by a request of its own.
    charge({ schedules: far.length, queueRequests: batches.length + far.length });
    await this.#sendAll(far, batches, messages[0]?.message);
  }

  /** `first` takes along what was used up to here. */
  async #sendAll(
    far: readonly FarMessage[],
    batches: readonly { readonly url: string; readonly batch: readonly NearMessage[] }[],
    first: WorkMessage | undefined,
  ): Promise<void> {
    const usage = currentTally()?.take() ?? NO_USAGE;
    const carried = usageText(usage);
    // One that is sent on has told what it brought.
    const bodyOf = (message: WorkMessage): string =>
      JSON.stringify({ ...message, usage: message === first && carried !== '' ? carried : undefined });
    try {
      await Promise.all([
        ...far.map(({ message, notBefore }) =>
          this.#timers.schedule(bodyOf(message), notBefore, JSON.stringify({ ...message, usage: undefined })),
        ),
        ...batches.map(({ url, batch }) => this.#sendBatch(url, entriesOf(batch, bodyOf))),
      ]);
    } catch (error) {
      // Perhaps it has arrived; a bill that is counted twice is better than one that is lost.
      currentTally()?.add(usage);
      throw error;
    }
  }

  async park(body: string): Promise<void> {
    const { parked } = this.#urls;
    if (parked === undefined) throw new Error('this function may park nothing');
    await this.#client.send(new SendMessageCommand({ QueueUrl: parked, MessageBody: body }));
    charge({ queueRequests: 1 });
  }

  async #sendBatch(url: string, entries: readonly SendMessageBatchRequestEntry[]): Promise<void> {
    const { Failed = [] } = await this.#client.send(
      new SendMessageBatchCommand({ QueueUrl: url, Entries: [...entries] }),
    );
    if (Failed.length === 0) return;
    const failed = new Set(Failed.map(({ Id }) => Id));
    if (Failed.some(({ SenderFault }) => SenderFault === true))
      throw new Error(`SQS refused messages: ${Failed.map(({ Code, Message }) => `${Code} ${Message}`).join('; ')}`);
    // Once more for those alone; what then fails is a fault, and the message at hand comes again.
    const again = await this.#client.send(
      new SendMessageBatchCommand({ QueueUrl: url, Entries: entries.filter(({ Id }) => failed.has(Id)) }),
    );
    if ((again.Failed ?? []).length > 0)
      throw new Error(`SQS did not take ${again.Failed?.length} messages: ${again.Failed?.[0]?.Message}`);
  }
}

interface FarMessage {
  readonly message: WorkMessage;
  readonly notBefore: EpochMs;
}

interface NearMessage {
  readonly message: WorkMessage;
  readonly delaySeconds: number;
}

function entriesOf(
  batch: readonly NearMessage[],
  bodyOf: (message: WorkMessage) => string,
): SendMessageBatchRequestEntry[] {
  return batch.map(({ message, delaySeconds }, at) => ({
    Id: String(at),
    MessageBody: bodyOf(message),
    // SQS's fair queues: a workspace with a backlog does not keep the others waiting.
    MessageGroupId: message.ws,
    ...(delaySeconds > 0 && { DelaySeconds: delaySeconds }),
  }));
}

function inBatches<T>(entries: readonly T[]): T[][] {
  const batches: T[][] = [];
  for (let at = 0; at < entries.length; at += BATCH_MAX) batches.push(entries.slice(at, at + BATCH_MAX));
  return batches;
}
