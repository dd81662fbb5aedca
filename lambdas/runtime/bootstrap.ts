import type { Logger } from '@aws-lambda-powertools/logger';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { ApiKeyStore } from '../../shared/adapters/aws/dynamo/api-keys.ts';
import { DynamoBreakerStore } from '../../shared/adapters/aws/dynamo/breaker-store.ts';
import { DynamoExecutionStore } from '../../shared/adapters/aws/dynamo/execution-store.ts';
import { DynamoReplayStore } from '../../shared/adapters/aws/dynamo/replay-store.ts';
import { Table } from '../../shared/adapters/aws/dynamo/table.ts';
import { TotalsStore } from '../../shared/adapters/aws/dynamo/totals-store.ts';
import { WorkflowStore } from '../../shared/adapters/aws/dynamo/workflow-store.ts';
import { dynamoClient, sqsClient } from '../../shared/adapters/aws/lean-clients.ts';
import { PayloadStore } from '../../shared/adapters/aws/payloads.ts';
import type { TimerTarget } from '../../shared/adapters/aws/scheduler-timers.ts';
import { SqsWorkQueue } from '../../shared/adapters/aws/sqs-work-queue.ts';
import { systemClock } from '../../shared/adapters/system/clock.ts';
import { systemIds } from '../../shared/adapters/system/ids.ts';
import { ENV } from '../../shared/config/env.ts';
import { compileSchema } from '../../shared/documents/json-schema.ts';
import type { Json } from '../../shared/domain/json.ts';
import type { Problem } from '../../shared/domain/problem.ts';
import { epochMs } from '../../shared/domain/time.ts';
import { Breakers } from '../../shared/engine/breakers.ts';
import type { EngineDeps } from '../../shared/engine/engine-deps.ts';
import type { EngineLog } from '../../shared/engine/ports.ts';
import { createNodeRegistry } from '../../shared/nodes/index.ts';
import { awsSettings } from './aws-settings.ts';
import { readConfig, type Config, type Env } from './config.ts';
import { createLogger } from './logger.ts';
import { PlanCache } from './plan-cache.ts';
import { bucketOf, eventsOf, timersOf } from './seldom.ts';
import { StackMetrics } from './stack-metrics.ts';
import { TotalsPublisher } from './totals-publisher.ts';

export interface App {
  readonly engine: EngineDeps;
  readonly table: Table;
  readonly workflows: WorkflowStore;
  readonly executions: DynamoExecutionStore;
  readonly apiKeys: ApiKeyStore;
  readonly sqs: SQSClient;
  readonly workQueueUrl: string;
  readonly baseUrl: string;
  readonly logger: Logger;
  readonly metrics: StackMetrics;
  readonly totals: TotalsPublisher;
}

/** The composition root: environment → clients → adapters → engine. Once per Lambda instance, and per local function. */
export function bootstrap(env: Env, serviceName: string): App {
  const config = readConfig(env);
  const clock = systemClock(config[ENV.clockRate]);
  const logger = createLogger(serviceName);
  const metrics = new StackMetrics(config[ENV.stackName]);
  const caller = awsSettings(env);
  const sqs = sqsClient(caller);
  const table = new Table(dynamoClient(caller), config[ENV.tableName]);
  const payloads = new PayloadStore(bucketOf(env, config[ENV.bucketName]));
  const workflows = new WorkflowStore(table, payloads);
  const executions = new DynamoExecutionStore(table, payloads);
  const nodes = createNodeRegistry({ httpAllow: config[ENV.httpAllow], runtimeApi: config.AWS_LAMBDA_RUNTIME_API });
  const timers = timersOf(env, scheduleTarget(config));
  const urls = {
    work: config[ENV.workQueueUrl],
    isolated: config[ENV.isolatedQueueUrl],
    parked: config[ENV.parkedQueueUrl],
  };
  const log: EngineLog = {
    info: (message, details) => logger.info(message, details),
    warn: (message, details) => logger.warn(message, details),
  };
  const eventBus = config[ENV.eventBus];
  const engine: EngineDeps = {
    store: executions,
    replays: new DynamoReplayStore(table),
    queue: new SqsWorkQueue(sqs, urls, timers, clock.now),
    plans: new PlanCache(workflows, nodes),
    nodes,
    breakers: new Breakers({ store: new DynamoBreakerStore(table), clock, ids: systemIds, log }),
    clock,
    ids: systemIds,
    log,
    telemetry: metrics,
    ...(eventBus !== undefined && { events: eventsOf(env, eventBus) }),
    leaseEpoch: epochMs(config[ENV.leaseEpoch]),
  };
  return {
    engine,
    table,
    workflows,
    executions,
    apiKeys: new ApiKeyStore(table),
    sqs,
    workQueueUrl: urls.work,
    baseUrl: config[ENV.baseUrl],
    logger,
    metrics,
    totals: new TotalsPublisher(new TotalsStore(table), clock, log),
  };
}

/** Undefined for a function that may make no schedules. */
function scheduleTarget(config: Config): TimerTarget | undefined {
  const {
    [ENV.scheduleGroup]: group,
    [ENV.workQueueArn]: queueArn,
    [ENV.scheduleRoleArn]: roleArn,
    [ENV.undeliveredQueueArn]: undeliveredArn,
  } = config;
  if (group === undefined || queueArn === undefined || roleArn === undefined || undeliveredArn === undefined)
    return undefined;
  return { group, queueArn, roleArn, undeliveredArn };
}

export function lintSchema(schema: Json, path: string): readonly Problem[] {
  const compiled = compileSchema(schema, path);
  return compiled.ok ? [] : compiled.error;
}
