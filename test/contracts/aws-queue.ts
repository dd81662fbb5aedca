import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ACCOUNT, clientOf, queueNameOf, REGION } from '../../local/aws-identity.ts';
import { provisionQueues } from '../../local/provision/queues.ts';
import { ScheduleStore } from '../../local/scheduler/schedule-store.ts';
import { startScheduler } from '../../local/scheduler/scheduler-server.ts';
import { IMPATIENT } from '../../shared/adapters/aws/client-settings.ts';
import { ScheduleTimers } from '../../shared/adapters/aws/scheduler-timers.ts';
import { SqsWorkQueue } from '../../shared/adapters/aws/sqs-work-queue.ts';
import { systemClock } from '../../shared/adapters/system/clock.ts';
import type { AwsServices } from './aws-services.ts';
import type { OpenQueue, Received } from './queue-contract.ts';
import type { OpenTimers, Scheduled } from './timers-contract.ts';

const RECEIVE_MAX = 10;
const PENDING_MAX = 100;
const LONG_POLL_SECONDS = 20;

/** Queues of its own behind one scheduler, whose schedules can be looked at. */
export class AwsQueues implements AsyncDisposable {
  readonly #services: AwsServices;
  readonly #owned = new AsyncDisposableStack();
  #schedules: ScheduleStore | undefined;
  #scheduler: SchedulerClient | undefined;

  constructor(services: AwsServices) {
    this.#services = services;
  }

  async start(): Promise<this> {
    const folder = mkdtempSync(join(tmpdir(), 'stepwell-contracts-'));
    this.#owned.defer(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'schedules.db');
    const emulator = await startScheduler({
      file,
      groups: ['timers'],
      deliver: async ({ body: { Target } }) => {
        const QueueUrl = this.#services.queueUrl(queueNameOf(Target.Arn));
        await this.#services.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: Target.Input }));
      },
    });
    this.#owned.defer(() => emulator.stop());
    const schedules = new ScheduleStore(file);
    this.#owned.defer(() => schedules.close());
    const scheduler = new SchedulerClient({ ...clientOf(emulator.endpoint), ...IMPATIENT });
    this.#owned.defer(() => scheduler.destroy());
    [this.#schedules, this.#scheduler] = [schedules, scheduler];
    return this;
  }

  async openQueue(): Promise<OpenQueue> {
    const names = {
      work: this.#services.newName(),
      isolated: this.#services.newName(),
      parked: this.#services.newName(),
    };
    await provisionQueues(
      this.#services.sqs,
      Object.values(names).map((name) => ({ name })),
    );
    const urls = {
      work: this.#services.queueUrl(names.work),
      isolated: this.#services.queueUrl(names.isolated),
      parked: this.#services.queueUrl(names.parked),
    };
    const { now } = systemClock(1);
    const { sqs } = this.#services;
    return {
      queue: new SqsWorkQueue(sqs, urls, this.#timersTo(names.work), now),
      now,
      receive: (from, { visibilityMs, waitMs }) => this.#receive(urls[from], visibilityMs, waitMs),
      delete: async (from, { receipt }) => {
        await sqs.send(new DeleteMessageCommand({ QueueUrl: urls[from], ReceiptHandle: receipt }));
      },
      parked: async () => {
        const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: urls.parked }));
        return Messages.map(({ Body = '' }) => Body);
      },
      delayed: async () => {
        const waiting = await Promise.all((['work', 'isolated'] as const).map((name) => this.#delayed(urls[name])));
        return waiting.reduce((sum, count) => sum + count, this.#pendingFor(names.work).length);
      },
    };
  }

  async openTimers(): Promise<OpenTimers> {
    const name = this.#services.newName();
    await provisionQueues(this.#services.sqs, [{ name }]);
    return {
      timers: this.#timersTo(name),
      pending: async () => this.#pendingFor(name),
      delivered: async () => {
        const QueueUrl = this.#services.queueUrl(name);
        const poll = new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: LONG_POLL_SECONDS });
        const { Messages = [] } = await this.#services.sqs.send(poll, {
          requestTimeout: 2 * LONG_POLL_SECONDS * 1_000,
        });
        return Messages[0]?.Body ?? 'nothing came';
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
    await this.#services[Symbol.asyncDispose]();
  }

  async #receive(QueueUrl: string, visibilityMs: number, waitMs: number): Promise<Received[]> {
    const poll = new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: RECEIVE_MAX,
      VisibilityTimeout: visibilityMs / 1_000,
      WaitTimeSeconds: waitMs / 1_000,
      MessageSystemAttributeNames: ['ApproximateReceiveCount'],
    });
    const { Messages = [] } = await this.#services.sqs.send(poll, { requestTimeout: 2 * LONG_POLL_SECONDS * 1_000 });
    const at = systemClock(1).now();
    return Messages.map(({ MessageId = '', Body = '', ReceiptHandle = '', Attributes }) => ({
      id: MessageId,
      message: JSON.parse(Body) as unknown,
      receiveCount: Number(Attributes?.ApproximateReceiveCount),
      at,
      receipt: ReceiptHandle,
    }));
  }

  async #delayed(QueueUrl: string): Promise<number> {
    const command = new GetQueueAttributesCommand({
      QueueUrl,
      AttributeNames: ['ApproximateNumberOfMessagesDelayed'],
    });
    const { Attributes } = await this.#services.sqs.send(command);
    return Number(Attributes?.ApproximateNumberOfMessagesDelayed);
  }

  #timersTo(queueName: string): ScheduleTimers {
    if (this.#scheduler === undefined) throw new Error('not started');
    const roleArn = `arn:aws:iam::${ACCOUNT}:role/timers`;
    return new ScheduleTimers(this.#scheduler, {
      group: 'timers',
      queueArn: arnOf(queueName),
      roleArn,
      undeliveredArn: arnOf('undelivered'),
    });
  }

  #pendingFor(queueName: string): Scheduled[] {
    const pending = this.#schedules?.pending(PENDING_MAX) ?? [];
    return pending
      .filter(({ body }) => body.Target.Arn === arnOf(queueName))
      .map(({ name, dueAt, body }) => ({ name, dueAt, input: body.Target.Input }));
  }
}

function arnOf(queueName: string): string {
  return `arn:aws:sqs:${REGION}:${ACCOUNT}:${queueName}`;
}
