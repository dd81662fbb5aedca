import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { ENV } from '../shared/config/env.ts';
import { apiKeyOf, newApiKey } from './api-key.ts';
import { ACCOUNT, clientOf, queueNameOf } from './aws-identity.ts';
import type { DataFolder } from './data-folder.ts';
import { openDataFolder } from './data-folder.ts';
import { startDynoxide } from './emulators/dynoxide.ts';
import { startFauxqs } from './emulators/fauxqs.ts';
import type { ApiHandler } from './http/lambda-http.ts';
import { LambdaHttp } from './http/lambda-http.ts';
import type { QueueHandler } from './lambda/event-source-mapping.ts';
import { EventSourceMapping } from './lambda/event-source-mapping.ts';
import type { Endpoints } from './local-environment.ts';
import { applyEnvironment, localEnvironment } from './local-environment.ts';
import { provisionBuckets } from './provision/buckets.ts';
import { provisionQueues } from './provision/queues.ts';
import { provisionTable } from './provision/tables.ts';
import { startScheduler } from './scheduler/scheduler-server.ts';
import { StartupProblem } from './startup-problem.ts';
import { localNames } from './template/local-names.ts';
import type { FunctionResource, LocalResources, MappingResource } from './template/resources.ts';
import { readResources } from './template/resources.ts';
import { synthesizedTemplate } from './template/synth.ts';

/** One process runs what AWS spreads over fifty machines: more at once only makes each slower. */
const WORK_CONCURRENCY_MAX = 8;
const ISOLATED_CONCURRENCY_MAX = 2;

export type HandlerEnvironment = Readonly<Record<string, string | undefined>>;

export interface LocalStackOptions {
  /** Where state survives; undefined = a throw-away stack in memory. */
  readonly dataDir: string | undefined;
  /** 0 = any free one. */
  readonly port: number;
  /** Undefined = the data folder's own, made if it has none. */
  readonly apiKey?: string | undefined;
  readonly clockRate?: number | undefined;
  /** `host:port,…` that http nodes may reach although they are not public. */
  readonly httpAllow?: string | undefined;
  /** Servers to use instead of the embedded ones. */
  readonly dynamodbEndpoint?: string | undefined;
  readonly sqsEndpoint?: string | undefined;
  readonly createApiHandler: (env: HandlerEnvironment) => ApiHandler | Promise<ApiHandler>;
  readonly createWorkerHandler: (env: HandlerEnvironment) => QueueHandler | Promise<QueueHandler>;
  /** Makes the key known to the API. */
  readonly registerApiKey?: (apiKey: string, env: HandlerEnvironment) => Promise<void>;
  readonly log?: (line: string) => void;
}

export interface LocalStack {
  readonly url: string;
  readonly apiKey: string;
  readonly endpoints: Endpoints;
  readonly resources: LocalResources;
  /** What the API handler was given; the same names a deployed function has. */
  readonly env: HandlerEnvironment;
  /** Pids of the child processes, for measurements. */
  readonly childPids: readonly number[];
  /** Settles if a part of the stack died; the stack is of no use then. */
  readonly failed: Promise<Error>;
  stop(): Promise<void>;
}

/** Starts everything; what was started is stopped again if a later step fails. One at a time in a process (`process.env`). */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  await using startup = new AsyncDisposableStack();
  const log = options.log ?? ((line: string) => console.error(line));
  const folder = options.dataDir === undefined ? undefined : openDataFolder(options.dataDir);
  if (folder !== undefined) startup.defer(() => folder.release());
  // Everything that was in flight before died with the process that held the folder.
  const leaseEpoch = Date.now();
  const apiKey = options.apiKey ?? (folder === undefined ? newApiKey() : apiKeyOf(folder.path));
  const http = new LambdaHttp(log);
  startup.defer(() => http.close());
  const url = `http://127.0.0.1:${await listen(http, options.port)}`;

  const emulators = await startEmulators(options, folder, startup);
  const template = await synthesizedTemplate();
  const queueUrl = (name: string): string => `${emulators.sqs}/${ACCOUNT}/${name}`;
  const resources = readResources(template, localNames(template, { baseUrl: url, queueUrl }));
  const sqs = new SQSClient({ ...clientOf(emulators.sqs), useQueueUrlAsEndpoint: false });
  startup.defer(() => sqs.destroy());
  await provision(resources, emulators, sqs);

  const scheduler = await startScheduler({
    file: folder?.schedules,
    groups: resources.scheduleGroups,
    deliver: async ({ body: { Target } }) => {
      await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl(queueNameOf(Target.Arn)), MessageBody: Target.Input }));
    },
  });
  startup.defer(() => scheduler.stop());
  const endpoints: Endpoints = { ...emulators, scheduler: scheduler.endpoint };
  const aws = localEnvironment(endpoints);
  startup.defer(applyEnvironment(aws));

  const envOf = (fn: FunctionResource): HandlerEnvironment => ({
    ...fn.environment,
    ...aws,
    ...localSettings(options, leaseEpoch),
  });
  const api = functionIn(resources, 'api');
  const env = envOf(api);
  await options.registerApiKey?.(apiKey, env);
  const apiHandler = await options.createApiHandler(env);
  for (const mapping of resources.mappings) {
    const fn = resources.functions.find(({ name }) => name === mapping.functionName);
    if (fn?.folder !== 'worker') throw new Error(`No handler is known for ${mapping.functionName}.`);
    const handler = await options.createWorkerHandler(envOf(fn));
    const running = new EventSourceMapping({
      sqs,
      queueUrl: queueUrl(mapping.queueName),
      mapping,
      fn,
      concurrency: concurrencyOf(mapping),
      handler,
      log,
    });
    startup.defer(() => running.stop());
  }
  http.serve({ fn: api, handler: apiHandler });
  // Twice, because it has to be the last to go if a start fails half-way, and the first otherwise. The second is a no-op.
  startup.defer(() => http.close());
  folder?.announce(url);
  const running = startup.move();
  return {
    url,
    apiKey,
    endpoints,
    resources,
    env,
    childPids: emulators.childPids,
    failed: emulators.failed,
    stop: () => running.disposeAsync(),
  };
}
