import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import {
  GetQueueAttributesCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { createApiHandler } from '../../../lambdas/api/handler.ts';
import { matchRoute } from '../../../lambdas/api/router.ts';
import { createDeadLettersHandler } from '../../../lambdas/dead-letters/handler.ts';
import { createSweeperHandler } from '../../../lambdas/sweeper/handler.ts';
import { createWorkerHandler } from '../../../lambdas/worker/handler.ts';
import { ACCOUNT, clientOf, credentialsOf } from '../../../local/aws-identity.ts';
import type { QueueHandler } from '../../../local/lambda/event-source-mapping.ts';
import { lambdaContext } from '../../../local/lambda/lambda-context.ts';
import { registerApiKey } from '../../../local/register-api-key.ts';
import { startLocalStack } from '../../../local/stack.ts';
import type { HandlerEnvironment, LocalStack } from '../../../local/stack-options.ts';
import type { TemplateVariant } from '../../../local/template/synth.ts';
import { DynamoExecutionStore } from '../../../shared/adapters/aws/dynamo/execution-store.ts';
import { Table } from '../../../shared/adapters/aws/dynamo/table.ts';
import { PayloadStore } from '../../../shared/adapters/aws/payloads.ts';
import { S3Objects } from '../../../shared/adapters/aws/s3-objects.ts';
import type { JsonObject } from '../../../shared/domain/json.ts';
import { epochMs } from '../../../shared/domain/time.ts';
import { ApiClient, type Answer } from '../../support/api-client.ts';
import { Guard } from '../guard/guard.ts';
import { Deliveries } from './deliveries.ts';
import { observed, type EnvironmentReads } from './environment-reads.ts';
import { TourTarget } from './target.ts';

export const WORKSPACE = 'default';
/** A minute of a workflow is a second; what is longer than 15 h is too long for a queue. */
const CLOCK_RATE = 60;

const WITHIN_MS = 20_000;

export interface SettingOptions {
  readonly variant: TemplateVariant;
  readonly place: () => string;
}

/** The local stack under the guard, with hands in it: what becomes of single messages, of leases, when the sweeper runs. */
export class Setting {
  readonly guard: Guard;
  readonly deliveries = new Deliveries();
  /** By logical id of the function. */
  readonly environments = new Map<string, EnvironmentReads>();
  /** What the API was asked for. */
  readonly operations: ReadonlySet<string>;
  /** Functions that said of single messages that they failed, or that all was well: by logical id. */
  readonly reporting = new Set<string>();
  readonly target: TourTarget;
  readonly store: DynamoExecutionStore;
  readonly api: ApiClient;
  readonly stack: LocalStack;
  readonly #owned: AsyncDisposableStack;
  readonly #sqs: SQSClient;
  readonly #sweep: () => Promise<unknown>;

  private constructor(parts: Parts) {
    this.guard = parts.guard;
    this.deliveries = parts.deliveries;
    this.environments = parts.environments;
    this.reporting = parts.reporting;
    this.operations = parts.operations;
    this.target = parts.target;
    this.stack = parts.stack;
    this.#owned = parts.owned;
    this.#sweep = parts.sweep;
    const { endpoints, resources, url, apiKey } = parts.stack;
    this.api = new ApiClient(url, apiKey);
    this.#sqs = new SQSClient({ ...clientOf(endpoints.sqs), useQueueUrlAsEndpoint: false });
    const dynamo = new DynamoDBClient(clientOf(endpoints.dynamodb));
    const s3 = new S3Client({ ...clientOf(endpoints.s3), forcePathStyle: true });
    for (const client of [this.#sqs, dynamo, s3]) this.#owned.defer(() => client.destroy());
    const payloads = new PayloadStore(new S3Objects(s3, resources.buckets[0] ?? ''));
    this.store = new DynamoExecutionStore(new Table(dynamo, resources.tables[0]?.name ?? ''), payloads);
  }

  static async start({ variant, place }: SettingOptions): Promise<Setting> {
    await using owned = new AsyncDisposableStack();
    const target = await TourTarget.start();
    owned.defer(() => target.stop());
    const guard = new Guard({ place, denials: 'noted' });
    const deliveries = new Deliveries();
    const environments: Parts['environments'] = new Map();
    const reporting: Parts['reporting'] = new Set();
    const operations = new Set<string>();
    let sweep = (): Promise<unknown> => Promise.resolve();
    const watched = (env: HandlerEnvironment): HandlerEnvironment => {
      const { env: seen, reads } = observed(env);
      environments.set(idOf(env), reads);
      return seen;
    };
    const queueHandler = (env: HandlerEnvironment, create: (env: HandlerEnvironment) => QueueHandler): QueueHandler => {
      const handler = create(watched(env));
      return deliveries.wrap(idOf(env), async (event, context) => {
        const response = await handler(event, context);
        if (response !== undefined) reporting.add(idOf(env));
        return response;
      });
    };
    const stack = await startLocalStack({
      dataDir: undefined,
      port: 0,
      stackOptions: variant.options,
      httpAllow: target.authority,
      clockRate: CLOCK_RATE,
      putInFront: guard.putInFront,
      createApiHandler: (env) => {
        const handler = createApiHandler(watched(env));
        return (event, context) => {
          operations.add(matchRoute(event.requestContext.http.method, event.rawPath).route.operation);
          return handler(event, context);
        };
      },
      createWorkerHandler: (env) => queueHandler(env, createWorkerHandler),
      createDeadLettersHandler: (env) => queueHandler(env, createDeadLettersHandler),
      // Only when the tour says so: it would help where somebody else is to be seen helping.
      createSweeperHandler: (env) => {
        const handler = createSweeperHandler(watched(env));
        const fn = { name: idOf(env), timeoutSeconds: 55, memoryMb: 512 };
        sweep = () => handler({ scope: 'everything' }, lambdaContext(fn));
        return () => Promise.resolve();
      },
      registerApiKey: async (key, env) => {
        await registerApiKey(key, env);
      },
    });
    owned.defer(() => stack.stop());
    const parts = { guard, deliveries, environments, operations, reporting, target, stack, sweep: () => sweep() };
    const setting = new Setting({ ...parts, owned: owned.move() });
    await setting.#dieAsDeployed();
    return setting;
  }

  http(path: string, needs: readonly string[] = [], more: JsonObject = {}): JsonObject {
    return { type: 'http', needs, with: { url: this.target.url(path) }, ...more };
  }

  /** Sends what these nodes answered: their outputs have to be read for it. */
  sending(path: string, from: readonly string[], more: JsonObject = {}): JsonObject {
    const body = from.map((node) => `{{ nodes.${node}.output.body }}`);
    return { type: 'http', needs: from, with: { method: 'POST', url: this.target.url(path), body }, ...more };
  }

  /** The answer's body. @throws unless it is a 2xx. */
  async ask(method: 'GET' | 'POST' | 'DELETE', path: string, body?: JsonObject): Promise<Answer['body']> {
    const answer = await this.api.call(method, path, { body });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.body;
  }

  /** Sooner than a test gives up, so that what is told is the execution that does not get there. */
  until(execution: string, holds: (execution: Answer['body']) => boolean): Promise<Answer['body']> {
    return this.api.until(execution, holds, WITHIN_MS);
  }

  ended(execution: string): Promise<Answer['body']> {
    return this.api.ended(execution, WITHIN_MS);
  }

  /** Says yes to whoever waits for a person; what follows is sent by the API, in a message of its own. */
  async approve(execution: string, node: string): Promise<void> {
    await this.until(execution, ({ nodes }) => nodes[node].status === 'waiting');
    const { callback } = await this.api.node(execution, node);
    await this.ask('POST', `/v1/callbacks/${callback.token}`, { output: {} });
  }

  /** As any worker does it at the end of a message: `queue` is the beginning of a logical id. */
  async send(queue: string, body: JsonObject | string): Promise<void> {
    const MessageBody = typeof body === 'string' ? body : JSON.stringify({ v: 1, ws: WORKSPACE, ...body });
    await this.#sqs.send(new SendMessageCommand({ QueueUrl: this.#queueUrl(queue), MessageBody }));
  }

  /** Every execution that has not ended, as its schedule does it for those that are due. */
  async sweep(): Promise<void> {
    await this.#sweep();
  }

  /** The worker that runs this node is gone for longer than its permission; nobody has noticed yet. */
  async workerDied(execution: string, node: string): Promise<void> {
    const key = { workspace: WORKSPACE, execution };
    const record = await this.store.readNode(key, { node, gen: 1 });
    if (record?.status !== 'running') throw new Error(`${node} is not running but ${record?.status}`);
    const lease = { ...record.lease, until: epochMs(Date.now() - 1) };
    const { written } = await this.store.writeNode(
      key,
      { ...record, lease },
      { status: 'running', fence: record.fence },
    );
    if (!written) throw new Error(`${node} went on`);
  }

  /** Whoever ended it died before he could write that: all nodes have ended, the execution has not. */
  async endWasLost(execution: string): Promise<void> {
    const ended = await this.store.readHeader({ workspace: WORKSPACE, execution });
    if (ended?.endedAt === undefined) throw new Error(`${execution} has not ended`);
    const { endedAt: _endedAt, output: _output, progress: _progress, reason: _reason, ...header } = ended;
    const check = epochMs(Date.now());
    const running = { ...header, status: 'running' as const, check, rev: header.rev + 1, op: 'tour' };
    if (!(await this.store.replaceHeader(running))) throw new Error(`${execution} was written meanwhile`);
  }

  /** Messages in a queue, those not yet or not now visible included. */
  async countIn(queue: string): Promise<number> {
    const { Attributes = {} } = await this.#sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: this.#queueUrl(queue), AttributeNames: ['All'] }),
    );
    const names = ['', 'NotVisible', 'Delayed'].map((which) => `ApproximateNumberOfMessages${which}`);
    return names.reduce((sum, name) => sum + Number(Reflect.get(Attributes, name) ?? 0), 0);
  }

  async stop(): Promise<void> {
    await this.#owned.disposeAsync();
  }

  #queueUrl(queue: string): string {
    const found = this.stack.resources.queues.find(({ name }) => name.startsWith(queue));
    if (found === undefined) throw new Error(`There is no queue ${queue}.`);
    return `${this.stack.endpoints.sqs}/${ACCOUNT}/${found.name}`;
  }

  /** After as many deliveries as on AWS; a laptop is more patient, because it is switched off now and then. */
  async #dieAsDeployed(): Promise<void> {
    for (const { name, RedrivePolicy } of this.stack.resources.queues) {
      if (RedrivePolicy === undefined) continue;
      const Attributes = { RedrivePolicy: JSON.stringify(RedrivePolicy) };
      await this.#sqs.send(new SetQueueAttributesCommand({ QueueUrl: this.#queueUrl(name), Attributes }));
    }
  }
}

interface Parts {
  readonly guard: Guard;
  readonly deliveries: Deliveries;
  readonly environments: Map<string, EnvironmentReads>;
  readonly operations: ReadonlySet<string>;
  readonly reporting: Set<string>;
  readonly target: TourTarget;
  readonly stack: LocalStack;
  readonly sweep: () => Promise<unknown>;
  readonly owned: AsyncDisposableStack;
}

/** The logical id of the function that this is the environment of, by its access key. */
function idOf(env: HandlerEnvironment): string {
  return (env['AWS_ACCESS_KEY_ID'] ?? '').slice(credentialsOf('').accessKeyId.length);
}
