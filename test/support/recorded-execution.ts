import type { SQSRecord } from 'aws-lambda';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { PlanCache } from '../../lambdas/runtime/plan-cache.ts';
import { workBatch } from '../../lambdas/worker/work-batch.ts';
import type { Item } from '../../shared/adapters/aws/dynamo/attributes.ts';
import { DynamoExecutionStore } from '../../shared/adapters/aws/dynamo/execution-store.ts';
import { isAbsent, type Table } from '../../shared/adapters/aws/dynamo/table.ts';
import { WorkflowStore } from '../../shared/adapters/aws/dynamo/workflow-store.ts';
import { MemoryBreakerStore } from '../../shared/adapters/memory/breaker-store.ts';
import { VirtualClock } from '../../shared/adapters/memory/clock.ts';
import type { ExecutionKey } from '../../shared/domain/execution/records.ts';
import type { JsonObject } from '../../shared/domain/json.ts';
import type { EngineDeps } from '../../shared/engine/engine-deps.ts';
import { MemoryPayloads } from '../contracts/memory-payloads.ts';
import { compile, EngineHarness, INVOCATION_MS, VISIBILITY_MS } from './engine-harness.ts';
import { FaultPlan, Worker } from './faulty-ports.ts';
import { enterWorld, leaveWorld, registry, type Run, type Script } from './scripted-task.ts';

const task = (...needs: string[]) => ({ type: 'task', needs });
const fan = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`f${at}`, task('a')]));

/**
 * An execution that comes to hold every kind of record: settled, failed and skipped nodes, pure members, inline children
 * and groups, one of them taken and one not, a retry, a timer, a callback, an attempt whose worker died, arrivals.
 */
export const RECORDED: JsonObject = {
  name: 'recorded',
  timeout: '30d',
  nodes: {
    a: { type: 'task' },
    doubled: { type: 'transform', needs: ['a'], with: { value: '{{ nodes.a.output.n * 2 }}' } },
    size: {
      type: 'condition',
      needs: ['a'],
      with: { cases: [{ branch: 'big', if: '{{ nodes.a.output.n > 3 }}' }], default: 'small' },
    },
    big: task('size.big'),
    small: task('size.small'),
    breaks: task('a'),
    handles: task('breaks.error'),
    retries: { ...task('a'), retry: { delays: ['1h', '2h'] } },
    timer: { type: 'wait', needs: ['a'], with: { duration: '2h' } },
    asks: { type: 'approval', needs: ['a'], with: { expires: '10d', schema: { type: 'object' } } },
    dies: { ...task('a'), timeout: '5m' },
    ...fan,
    joins: { ...task('handles', 'retries'), with: { saw: '{{ nodes.retries.output.ok }}' } },
    ends: { ...task('joins', 'timer', 'asks', 'dies', 'big', 'small', ...Object.keys(fan)), join: 'merge' },
  },
  output: '{{ {"doubled": nodes.doubled.output, "answer": nodes.asks.output, "saw": nodes.joins.output} }}',
};

const SCRIPT: Script = {
  a: { output: { n: 5 } },
  breaks: { fail: 'boom' },
  retries: [{ fail: 'http_503', category: 'transient', retryable: true }, { output: { ok: true } }],
};

const Attribute = z.object({
  S: z.string().optional(),
  N: z.string().optional(),
  /** Base64. */
  B: z.string().optional(),
  SS: z.array(z.string()).optional(),
});

/** What lies in the table and in the queue at one instant. */
export const Recording = z.object({
  at: z.number(),
  workspace: z.string(),
  execution: z.string(),
  items: z.array(z.record(z.string(), Attribute)),
  messages: z.array(z.object({ id: z.string(), body: z.string(), receiveCount: z.number() })),
});
export type Recording = z.infer<typeof Recording>;

export function readRecording(file: string): Recording {
  return Recording.parse(JSON.parse(readFileSync(file, 'utf8')));
}

/** One deployment on a table of its own, with the worker's entry and the real adapters; the queue and the time are the test's. */
export class RecordedExecution {
  readonly key: ExecutionKey;
  readonly store: DynamoExecutionStore;
  readonly workflows: WorkflowStore;
  readonly clock: VirtualClock;
  readonly runs: Run[] = [];
  readonly failures: unknown[] = [];
  readonly #table: Table;
  readonly #harness: EngineHarness;

  constructor(table: Table, key: ExecutionKey, at: number) {
    this.key = key;
    this.clock = new VirtualClock(at);
    this.#table = table;
    const payloads = new MemoryPayloads();
    this.store = new DynamoExecutionStore(table, payloads);
    this.workflows = new WorkflowStore(table, payloads);
    const shared = { breakers: new MemoryBreakerStore(), clock: this.clock };
    this.#harness = new EngineHarness(compile({ unused: { type: 'pass' } }), { shared });
    const hold = () => Promise.resolve();
    enterWorld(key.execution, { script: SCRIPT, clock: this.clock, runs: this.runs, hold });
  }

  get queue() {
    return this.#harness.queue;
  }

  deps(worker = new Worker(new FaultPlan(), this.clock)): EngineDeps {
    const plans = new PlanCache(this.workflows, registry);
    return { ...this.#harness.deps(worker), store: worker.store(this.store), plans };
  }

  dispose(): void {
    leaveWorld(this.key.execution);
    this.#harness.dispose();
  }

  /** Hands a body to a worker as SQS does; false when it has to come again, or the worker died. */
  async deliver(body: string, id: string, receiveCount = 1, faults = new FaultPlan()): Promise<boolean> {
    const worker = new Worker(faults, this.clock);
    const reportFailure = (_: unknown, error: unknown) => void this.failures.push(error);
    const handled = workBatch(
      { engine: this.deps(worker), reportFailure },
      { Records: [sqsRecord(body, id, receiveCount)] },
      { getRemainingTimeInMillis: () => INVOCATION_MS, memoryLimitInMB: '512' },
    ).then(({ batchItemFailures }) => batchItemFailures.length === 0);
    return Promise.race([handled, worker.gone.then(() => false)]);
  }

  /** Works what is in the queue, one after another, until nothing is left or `until` holds; time passes where it must. */
  async drain(until: () => Promise<boolean>): Promise<void> {
    const { queue, clock } = this;
    while (!(await until())) {
      const [next] = queue.visible;
      if (next === undefined) {
        if (queue.nextVisibleAt === undefined) return;
        clock.advanceTo(queue.nextVisibleAt);
        continue;
      }
      const { message, delivery } = queue.receive(next.id, VISIBILITY_MS);
      if (await this.deliver(JSON.stringify(message), next.id, delivery.receiveCount)) queue.delete(delivery);
    }
  }

  async put(items: Recording['items']): Promise<void> {
    for (const item of items) await this.#table.put(storedItem(item), isAbsent);
  }

  async items(partitions: readonly string[]): Promise<Recording['items']> {
    const items = await Promise.all(partitions.map((partition) => this.#table.range(partition, [' ', '~'])));
    return items.flat().map((item) => z.record(z.string(), Attribute).parse(writtenItem(item)));
  }
}

function storedItem(item: Recording['items'][number]): Item {
  const attributes = Object.entries(item).map(([name, { S, N, B, SS }]) => {
    if (S !== undefined) return [name, { S }];
    if (N !== undefined) return [name, { N }];
    return [name, B === undefined ? { SS: SS ?? [] } : { B: Buffer.from(B, 'base64') }];
  });
  return Object.fromEntries(attributes) as Item;
}

function writtenItem(item: Item): unknown {
  const attributes = Object.entries(item).map(([name, { S, N, B, SS }]) => {
    const written = { S, N, SS: SS?.toSorted(), B: B === undefined ? undefined : Buffer.from(B).toString('base64') };
    return [name, Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined))] as const;
  });
  return Object.fromEntries(attributes.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

function sqsRecord(body: string, id: string, receiveCount: number): SQSRecord {
  return {
    messageId: id,
    receiptHandle: id,
    body,
    attributes: {
      ApproximateReceiveCount: String(receiveCount),
      SentTimestamp: '0',
      SenderId: '',
      ApproximateFirstReceiveTimestamp: '0',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:eu-west-1:000000000000:work',
    awsRegion: 'eu-west-1',
  };
}
