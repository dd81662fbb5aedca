import {
  SendMessageBatchCommand,
  SendMessageCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { QUEUE } from '../../config/functions.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { OutgoingMessage, WorkQueue } from '../../engine/ports.ts';

const BATCH_MAX = 10;

/** Brings a message to the queue at a time that is further away than the queue can delay it. */
export interface Timers {
  schedule(body: string, notBefore: EpochMs): Promise<void>;
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
    const sends: Promise<void>[] = [];
    const byQueue = new Map<string, SendMessageBatchRequestEntry[]>();
    for (const { message, notBefore, isolated } of messages) {
      const delaySeconds = Math.max(0, Math.ceil(((notBefore ?? now) - now) / 1_000));
      const body = JSON.stringify(message);
      if (notBefore !== undefined && delaySeconds > QUEUE.delaySecondsMax) {
        sends.push(this.#timers.schedule(body, notBefore));
        continue;
      }
      const url = isolated === true ? this.#urls.isolated : this.#urls.work;
      const entries = byQueue.get(url) ?? [];
      entries.push({
        Id: String(entries.length),
        MessageBody: body,
        // SQS's fair queues: a workspace with a backlog does not keep the others waiting.
        MessageGroupId: message.ws,
        ...(delaySeconds > 0 && { DelaySeconds: delaySeconds }),
      });
      byQueue.set(url, entries);
    }
    for (const [url, entries] of byQueue) {
      for (let at = 0; at < entries.length; at += BATCH_MAX)
        sends.push(this.#sendBatch(url, entries.slice(at, at + BATCH_MAX)));
    }
    await Promise.all(sends);
  }

  async park(body: string): Promise<void> {
    const { parked } = this.#urls;
    if (parked === undefined) throw new Error('this function may park nothing');
    await this.#client.send(new SendMessageCommand({ QueueUrl: parked, MessageBody: body }));
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
