import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { FunctionResource, MappingResource } from '../template/resources.ts';
import { failedMessageIds } from './batch-outcome.ts';
import { lambdaContext, withinTimeout } from './lambda-context.ts';
import { sqsEvent } from './sqs-event.ts';

const LONG_POLL_SECONDS = 20;
/** SQS hands out at most ten messages a call; a larger batch on AWS is several calls within a batching window. */
const RECEIVE_MAX = 10;
const POLL_ERROR_PAUSE_MS = 1_000;
const STOP_WITHIN_MS = 10_000;

export interface MappingTiming {
  /**
   * AWS hides a received message for the queue's visibility timeout, here 90 minutes, because nobody extends it. Locally
   * the heartbeat does, so after `kill -9` everything that was in flight is back within these few seconds.
   */
  readonly visibilitySeconds: number;
  readonly heartbeatMs: number;
  /**
   * A failed message comes back after this rather than after the visibility timeout: nobody waits 90 minutes at a desk.
   * Not 0: fauxqs 2.4.1 then writes NULL into its receive count, which its own schema refuses.
   */
  readonly retryVisibilitySeconds: number;
}

const LOCAL_TIMING: MappingTiming = { visibilitySeconds: 5, heartbeatMs: 2_000, retryVisibilitySeconds: 1 };

export type QueueHandler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse | void>;

export interface EventSourceMappingOptions {
  /** Makes the calls that Lambda makes with the function's role. */
  readonly sqs: SQSClient;
  /** Makes those that it does not make at all: nobody there changes how long a message is hidden. */
  readonly hiding: SQSClient;
  readonly queueUrl: string;
  readonly mapping: MappingResource;
  readonly fn: FunctionResource;
  /** Invocations at the same time. */
  readonly concurrency: number;
  readonly handler: QueueHandler;
  readonly log: (line: string) => void;
  readonly timing?: MappingTiming;
}

/** Feeds a queue to a handler as Lambda does: long polls, batches, partial failures, a cap on concurrency. */
export class EventSourceMapping {
  readonly #options: EventSourceMappingOptions;
  readonly #timing: MappingTiming;
  readonly #stopping = new AbortController();
  readonly #stopped = once(this.#stopping.signal, 'abort');
  readonly #running = new Set<Promise<void>>();
  readonly #polling: Promise<void>;

  constructor(options: EventSourceMappingOptions) {
    this.#options = options;
    this.#timing = options.timing ?? LOCAL_TIMING;
    this.#polling = this.#poll();
  }

  /** Takes no more messages and waits for running invocations; those that take too long are left, and their messages come back. */
  async stop(withinMs = STOP_WITHIN_MS): Promise<void> {
    this.#stopping.abort();
    await this.#polling;
    await Promise.race([Promise.allSettled(this.#running), delay(withinMs, undefined, { ref: false })]);
  }

  async #poll(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      if (this.#running.size >= this.#options.concurrency) {
        await Promise.race([...this.#running, this.#stopped]);
        continue;
      }
      const messages = await this.#receive();
      if (messages.length === 0) continue;
      const invocation = this.#invoke(messages).finally(() => this.#running.delete(invocation));
      this.#running.add(invocation);
    }
  }

  async #receive(): Promise<Message[]> {
    const { sqs, queueUrl, mapping, log } = this.#options;
    const { signal } = this.#stopping;
    try {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: Math.min(mapping.batchSize, RECEIVE_MAX),
          WaitTimeSeconds: LONG_POLL_SECONDS,
          VisibilityTimeout: this.#timing.visibilitySeconds,
          MessageSystemAttributeNames: ['All'],
          MessageAttributeNames: ['All'],
        }),
        { abortSignal: signal },
      );
      return Messages;
    } catch (error) {
      if (signal.aborted) return [];
      log(`${mapping.queueName}: receiving failed, trying again: ${String(error)}`);
      await delay(POLL_ERROR_PAUSE_MS, undefined, { signal }).catch(() => undefined);
      return [];
    }
  }

  /** Never rejects: what cannot be deleted or given back comes back by itself. */
  async #invoke(messages: readonly Message[]): Promise<void> {
    const { mapping, log } = this.#options;
    const stopHeartbeat = this.#startHeartbeat(messages);
    try {
      const failed = await this.#outcome(messages);
      await stopHeartbeat();
      const isFailed = (message: Message): boolean => failed.has(message.MessageId ?? '');
      await Promise.all([
        this.#delete(messages.filter((message) => !isFailed(message))),
        this.#setVisibility(messages.filter(isFailed), this.#timing.retryVisibilitySeconds),
      ]);
    } catch (error) {
      log(`${mapping.queueName}: settling a batch failed, its messages come back: ${String(error)}`);
    } finally {
      await stopHeartbeat();
    }
  }

  /** Ids of the messages that did not succeed. */
  async #outcome(messages: readonly Message[]): Promise<ReadonlySet<string>> {
    const { mapping, fn, handler, log } = this.#options;
    const ids = new Set(messages.map((message) => message.MessageId ?? ''));
    const context = lambdaContext(fn);
    try {
      const response = await withinTimeout(context, () => handler(sqsEvent(messages, mapping.queueArn), context));
      return mapping.reportBatchItemFailures ? failedMessageIds(response, ids) : new Set();
    } catch (error) {
      log(`${fn.name}: invocation failed, ${ids.size} message(s) come back: ${describe(error)}`);
      return ids;
    }
  }

  #startHeartbeat(messages: readonly Message[]): () => Promise<void> {
    const { mapping, log } = this.#options;
    let beating: Promise<void> | undefined;
    const timer = setInterval(() => {
      beating ??= this.#setVisibility(messages, this.#timing.visibilitySeconds)
        .catch((error: unknown) => log(`${mapping.queueName}: heartbeat failed: ${String(error)}`))
        .finally(() => {
          beating = undefined;
        });
    }, this.#timing.heartbeatMs);
    return async () => {
      clearInterval(timer);
      // A beat that arrives late would undo the short visibility of a failed message.
      await beating;
    };
  }

  async #delete(messages: readonly Message[]): Promise<void> {
    if (messages.length === 0) return;
    const { sqs, queueUrl } = this.#options;
    await sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
      }),
    );
  }

  async #setVisibility(messages: readonly Message[], seconds: number): Promise<void> {
    if (messages.length === 0) return;
    const { hiding, queueUrl } = this.#options;
    await hiding.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: queueUrl,
        Entries: messages.map(({ ReceiptHandle }, index) => ({
          Id: String(index),
          ReceiptHandle,
          VisibilityTimeout: seconds,
        })),
      }),
    );
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
