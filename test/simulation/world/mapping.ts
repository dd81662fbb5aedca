import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { Random } from '../random.ts';
import type { FaultLedger, FaultPlan } from './faults.ts';
import { HOPS_MAX, type FunctionConfig, type QueueFunction } from './functions.ts';
import type { Process } from './process.ts';
import type { QueueName, Received, SimulatedQueue } from './queue.ts';
import type { Scheduler } from './scheduler.ts';

/**
 * What becomes of a message whose invocation did not do it: it comes again at once or when it is visible again, as SQS
 * has it, or it never does, having been deleted when it was received.
 */
export type AfterFailure = 'at_once' | 'when_visible' | 'lost';

export interface MappingParts {
  readonly scheduler: Scheduler;
  readonly queue: SimulatedQueue;
  readonly faults: FaultPlan;
  readonly ledger: FaultLedger;
  readonly random: Random;
  readonly afterFailure: AfterFailure;
  readonly spawn: (by: QueueFunction) => Process;
  readonly invoke: (
    process: Process,
    event: SQSEvent,
    hops: number,
    remainingMs: () => number,
  ) => Promise<SQSBatchResponse>;
}

/** Lambda's event source mapping between one queue and one function. */
export class Mapping {
  readonly #parts: MappingParts;
  readonly #queue: QueueName;
  readonly #fn: QueueFunction;
  readonly #config: FunctionConfig;
  #running = 0;
  #polling = false;

  constructor(parts: MappingParts, queue: QueueName, fn: QueueFunction, config: FunctionConfig) {
    this.#parts = parts;
    this.#queue = queue;
    this.#fn = fn;
    this.#config = config;
  }

  /** A message will be visible at this time. */
  wake(at: number): void {
    this.#parts.scheduler.at(at, () => this.#pollSoon());
  }

  #pollSoon(): void {
    if (this.#polling) return;
    this.#polling = true;
    this.#parts.scheduler.after(this.#parts.random.between(1, 20), () => {
      this.#polling = false;
      this.#poll();
    });
  }

  #poll(): void {
    const { queue, random } = this.#parts;
    if (this.#running >= this.#config.concurrency) return;
    const max = random.chance(0.5) ? this.#config.batchSize : random.between(1, this.#config.batchSize);
    const batch = queue.receive(this.#queue, max, random);
    if (batch.length > 0) this.#receive(batch);
    if (queue.hasVisible(this.#queue)) this.#pollSoon();
  }

  #receive(batch: readonly Received[]): void {
    const { queue, faults, ledger, scheduler, afterFailure } = this.#parts;
    for (const received of batch) {
      if (afterFailure === 'lost') queue.lose(received);
      const fault = faults.delivery(scheduler.now);
      if (fault === undefined || (fault.kind === 'visibility_expired' && afterFailure === 'lost')) continue;
      ledger.note(fault.kind, scheduler.now, [received.message.execution]);
      if (fault.kind === 'visibility_expired') queue.expose(received, fault.afterMs);
      else
        for (const afterMs of fault.afterMs) scheduler.after(afterMs, () => this.deliverAgain(received, fault.unseen));
    }
    this.#invoke(batch);
  }

  /** One more delivery of a message that somebody has or had. Once it is deleted there is nothing to deliver. */
  deliverAgain({ message }: Received, unseen: boolean): void {
    const { queue, afterFailure } = this.#parts;
    if (queue.holds(message) || afterFailure === 'lost') this.#invoke([queue.copy(message, unseen)]);
  }

  #invoke(batch: readonly Received[]): void {
    const { scheduler, ledger, spawn, invoke } = this.#parts;
    const hops = Math.max(...batch.map(({ message }) => message.hops));
    if (this.#config.recursiveLoop === 'Terminate' && hops >= HOPS_MAX) {
      ledger.note('recursion_refused', scheduler.now, executionsOf(batch));
      this.#giveBack(batch);
      return;
    }
    const process = spawn(this.#fn);
    for (const execution of executionsOf(batch)) process.executions.add(execution);
    process.holders.push(...batch.map(({ message }) => message.id));
    process.log(
      `receives ${batch.map(({ message, receiveCount }) => `${message.id}/${receiveCount} ${message.body}`).join()}`,
    );
    this.#running += 1;
    let open = true;
    const close = (end: () => void) => {
      if (!open) return;
      open = false;
      this.#running -= 1;
      end();
      this.#pollSoon();
    };
    const endsAt = scheduler.now + this.#config.timeoutMs;
    process.onDeath = () => close(() => this.#giveBack(batch));
    process.onDuplicate = () => {
      for (const received of batch) scheduler.after(1, () => this.deliverAgain(received, false));
    };
    scheduler.at(endsAt, () => {
      if (!open || process.dead) return;
      ledger.note('invocation_timeout', scheduler.now, process.executions);
      // A sandbox that stands still is given up; nobody can say that it will not go on some day.
      if (process.frozen) close(() => this.#giveBack(batch));
      else process.die('is out of time');
    });
    void invoke(process, eventOf(batch, this.#queue), hops, () => endsAt - scheduler.now).then(
      ({ batchItemFailures }) => {
        process.end();
        close(() => this.#done(process, batch, new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))));
      },
    );
  }

  #done(process: Process, batch: readonly Received[], failed: ReadonlySet<string>): void {
    process.log(`ends, failed: ${[...failed].join()}`);
    this.#giveBack(batch.filter(({ message }) => failed.has(message.id)));
    for (const received of batch) if (!failed.has(received.message.id)) this.#parts.queue.delete(received);
  }

  #giveBack(batch: readonly Received[]): void {
    if (this.#parts.afterFailure !== 'at_once') return;
    for (const received of batch) this.#parts.queue.release(received, this.#parts.random.between(1, 1_000));
  }
}

function executionsOf(batch: readonly Received[]): string[] {
  return batch.map(({ message }) => message.execution);
}

function eventOf(batch: readonly Received[], queue: QueueName): SQSEvent {
  return {
    Records: batch.map(({ message, receiveCount, receipt }): SQSRecord => ({
      messageId: message.id,
      receiptHandle: `${message.id}-${receipt}`,
      body: message.body,
      attributes: {
        ApproximateReceiveCount: String(receiveCount),
        SentTimestamp: '0',
        SenderId: 'simulation',
        ApproximateFirstReceiveTimestamp: '0',
      },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: `arn:aws:sqs:eu-central-1:000000000000:${queue}`,
      awsRegion: 'eu-central-1',
    })),
  };
}
