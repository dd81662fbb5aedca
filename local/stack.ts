import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { ENV } from '../shared/config/env.ts';
import { apiKeyOf, newApiKey } from './api-key.ts';
import { ACCOUNT, clientOf, queueNameOf } from './aws-identity.ts';
import { openDataFolder } from './data-folder.ts';
import { startEmulators } from './emulators/emulators.ts';
import { startBus } from './events/bus-server.ts';
import { LambdaHttp } from './http/lambda-http.ts';
import type { Callers } from './lambda/callers.ts';
import { callers } from './lambda/callers.ts';
import { EventSourceMapping } from './lambda/event-source-mapping.ts';
import { Sweeping } from './lambda/sweeping.ts';
import { applyEnvironment, localEnvironment } from './local-environment.ts';
import { provision } from './provision/provision.ts';
import type { SchedulerEmulator } from './scheduler/scheduler-server.ts';
import { startScheduler } from './scheduler/scheduler-server.ts';
import type { LocalStack, LocalStackOptions } from './stack-options.ts';
import { StartupProblem } from './startup-problem.ts';
import { localNames } from './template/local-names.ts';
import type { FunctionResource, LocalResources, MappingResource } from './template/resources.ts';
import { readResources } from './template/resources.ts';
import { synthesizedTemplate } from './template/synth.ts';

/** One process runs what AWS spreads over fifty machines: more at once only makes each slower. */
const WORK_CONCURRENCY_MAX = 8;
const ALONE_CONCURRENCY_MAX = 2;

/**
 * Starts everything; what was started is stopped again, in reverse, if a later step fails. One at a time in a process,
 * because SDK clients look for their endpoints in `process.env`.
 */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  await using startup = new AsyncDisposableStack();
  const log = options.log ?? ((line: string) => console.error(line));
  const folder = options.dataDir === undefined ? undefined : openDataFolder(options.dataDir);
  if (folder !== undefined) startup.defer(() => folder.release());
  const apiKey = options.apiKey ?? (folder === undefined ? newApiKey() : apiKeyOf(folder.path));
  const http = new LambdaHttp(log);
  startup.defer(() => http.close());
  const baseUrl = `http://127.0.0.1:${await listen(http, options.port)}`;

  const synthesis = synthesizedTemplate({ stage: 'dev', options: options.stackOptions ?? {} });
  synthesis.catch(() => undefined);
  const { dynamodbEndpoint, sqsEndpoint } = options;
  const emulators = await startEmulators({ folder, dynamodbEndpoint, sqsEndpoint }, startup);
  const template = await synthesis;
  const resourcesOn = (server: string): LocalResources =>
    readResources(template, localNames(template, { baseUrl, queueUrl: (name) => `${server}/${ACCOUNT}/${name}` }));
  const resources = resourcesOn(emulators.sqs);
  const queueUrl = (name: string): string => `${emulators.sqs}/${ACCOUNT}/${name}`;
  // fauxqs hands out queue URLs whose host does not resolve; ours are right anyway.
  const sqs = new SQSClient({ ...clientOf(emulators.sqs), useQueueUrlAsEndpoint: false });
  startup.defer(() => sqs.destroy());
  await provision(resources, emulators, sqs);
  const scheduler = await timers(resources, folder?.schedules, sqs, queueUrl);
  startup.defer(() => scheduler.stop());
  const bus = await startBus({ buses: resources.eventBuses, file: folder?.events, onEvent: options.onEvent });
  startup.defer(() => bus.stop());

  const { childPids, failed, ...servers } = emulators;
  const endpoints = { ...servers, scheduler: scheduler.endpoint, events: bus.endpoint };
  const front = await options.putInFront?.(endpoints, template);
  if (front !== undefined) startup.defer(() => front.stop());
  const called = front?.endpoints ?? endpoints;
  startup.defer(applyEnvironment({ ...localEnvironment(called), ...quietLogs() }));
  const functions = front === undefined ? resources : resourcesOn(called.sqs);
  const by = callers(options, called, front !== undefined, sqs, startup);
  const api = functionIn(functions, 'api');
  const env = by.envOf(api);
  await options.registerApiKey?.(apiKey, { ...env, ...localEnvironment(endpoints) });
  const handler = await options.createApiHandler(env);
  for (const mapping of functions.mappings) {
    const feeding = await feed(mapping, functions, { options, callers: by, sqs, queueUrl, log });
    if (feeding !== undefined) startup.defer(() => feeding.stop());
  }
  if (options.createSweeperHandler !== undefined) {
    const sweeper = functionIn(functions, 'sweeper');
    const sweeping = new Sweeping(sweeper, await options.createSweeperHandler(by.envOf(sweeper)), log);
    startup.defer(() => sweeping.stop());
  }
  http.serve({ fn: api, handler });
  // A second time: the port is the first thing to be taken, and new requests the first to be refused at the end.
  startup.defer(() => http.close());
  folder?.announce({ url: baseUrl, dynamodb: emulators.dynamodb, sqs: emulators.sqs, table: env[ENV.tableName] });
  const running = startup.move();
  const stop = (): Promise<void> => running.disposeAsync();
  return { url: baseUrl, apiKey, endpoints, resources, env, childPids, failed, stop };
}

/** The terminal is for the person in front of it: handlers log warnings unless told otherwise, and metrics not at all. */
function quietLogs(): Readonly<Record<string, string>> {
  return { POWERTOOLS_LOG_LEVEL: process.env['POWERTOOLS_LOG_LEVEL'] ?? 'WARN', POWERTOOLS_METRICS_DISABLED: 'true' };
}

async function listen(http: LambdaHttp, port: number): Promise<number> {
  try {
    return await http.listen(port);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    const why = code === 'EACCES' ? 'needs more rights than you have' : 'is in use by another program';
    throw new StartupProblem(`Port ${port} ${why}. Choose another one: PORT=3001 npm start`, { cause: error });
  }
}

function timers(
  resources: LocalResources,
  file: string | undefined,
  sqs: SQSClient,
  queueUrl: (name: string) => string,
): Promise<SchedulerEmulator> {
  return startScheduler({
    file,
    groups: resources.scheduleGroups,
    deliver: async ({ body: { Target } }) => {
      const QueueUrl = queueUrl(queueNameOf(Target.Arn));
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: Target.Input }));
    },
  });
}

interface Feeding {
  readonly options: LocalStackOptions;
  readonly callers: Callers;
  readonly sqs: SQSClient;
  readonly queueUrl: (name: string) => string;
  readonly log: (line: string) => void;
}

/** Undefined where whoever started the stack has no handler for it. */
async function feed(
  mapping: MappingResource,
  resources: LocalResources,
  feeding: Feeding,
): Promise<EventSourceMapping | undefined> {
  const { options, callers: by, sqs, queueUrl, log } = feeding;
  const fn = resources.functions.find(({ name }) => name === mapping.functionName);
  if (fn === undefined) throw new Error(`The template has no function ${mapping.functionName}.`);
  const creators: Readonly<Record<string, LocalStackOptions['createDeadLettersHandler']>> = {
    worker: options.createWorkerHandler,
    'dead-letters': options.createDeadLettersHandler,
  };
  if (!Object.hasOwn(creators, fn.folder)) throw new Error(`The local stack has no handler for lambdas/${fn.folder}.`);
  const handler = await creators[fn.folder]?.(by.envOf(fn));
  if (handler === undefined) return undefined;
  const cap = fn.folder === 'worker' && mapping.batchSize > 1 ? WORK_CONCURRENCY_MAX : ALONE_CONCURRENCY_MAX;
  const concurrency = Math.min(mapping.maximumConcurrency ?? cap, cap);
  const url = queueUrl(mapping.queueName);
  return new EventSourceMapping({
    sqs: by.pollerOf(fn),
    hiding: sqs,
    queueUrl: url,
    mapping,
    fn,
    concurrency,
    handler,
    log,
  });
}

function functionIn(resources: LocalResources, folder: string): FunctionResource {
  const fn = resources.functions.find((candidate) => candidate.folder === folder);
  if (fn === undefined) throw new Error(`The template has no function from lambdas/${folder}.`);
  return fn;
}
