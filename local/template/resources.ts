import * as z from 'zod';
import { LAMBDA_FOLDER_METADATA } from '../../shared/config/functions.ts';
import { queueNameOf } from '../aws-identity.ts';
import type { LocalNames } from './local-names.ts';
import { resolveIntrinsics } from './intrinsics.ts';
import type { Template, TemplateResource } from './template.ts';
import { resourcesOfType } from './template.ts';

const KeySchema = z.array(z.object({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }));

export const TableResource = z.object({
  AttributeDefinitions: z.array(z.object({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) })),
  KeySchema,
  GlobalSecondaryIndexes: z
    .array(
      z.object({
        IndexName: z.string(),
        KeySchema,
        Projection: z.object({
          ProjectionType: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']),
          NonKeyAttributes: z.array(z.string()).optional(),
        }),
      }),
    )
    .default([]),
  TimeToLiveSpecification: z.object({ AttributeName: z.string(), Enabled: z.boolean() }).optional(),
});
export type TableResource = z.infer<typeof TableResource> & { readonly name: string };

const QueueResource = z.object({
  VisibilityTimeout: z.number().optional(),
  MessageRetentionPeriod: z.number().optional(),
  DelaySeconds: z.number().optional(),
  RedrivePolicy: z.object({ deadLetterTargetArn: z.string(), maxReceiveCount: z.number() }).optional(),
});
export type QueueResource = z.infer<typeof QueueResource> & { readonly name: string };

const FunctionProperties = z.object({
  Timeout: z.number().default(3),
  MemorySize: z.number().default(128),
  Environment: z.object({ Variables: z.record(z.string(), z.string()) }).default({ Variables: {} }),
});
export interface FunctionResource {
  readonly name: string;
  /** Its folder in `lambdas/`. */
  readonly folder: string;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
}

const MappingProperties = z.object({
  EventSourceArn: z.string(),
  FunctionName: z.string(),
  BatchSize: z.number().default(10),
  FunctionResponseTypes: z.array(z.string()).default([]),
  ScalingConfig: z.object({ MaximumConcurrency: z.number().optional() }).default({}),
});
export interface MappingResource {
  readonly functionName: string;
  readonly queueArn: string;
  readonly queueName: string;
  readonly batchSize: number;
  readonly reportBatchItemFailures: boolean;
  readonly maximumConcurrency: number | undefined;
}

/** What the local stack creates and runs. */
export interface LocalResources {
  readonly tables: readonly TableResource[];
  readonly queues: readonly QueueResource[];
  readonly buckets: readonly string[];
  readonly scheduleGroups: readonly string[];
  readonly eventBuses: readonly string[];
  readonly functions: readonly FunctionResource[];
  readonly mappings: readonly MappingResource[];
}

export function readResources(template: Template, names: LocalNames): LocalResources {
  const ofType = <T>(type: string, read: (id: string, resource: TemplateResource) => T): T[] =>
    resourcesOfType(template, type).map(([id, resource]) => read(id, resource));
  const resolved = (resource: TemplateResource): unknown => resolveIntrinsics(resource.Properties, names);
  return {
    tables: ofType('AWS::DynamoDB::Table', (id, { Properties }) => ({
      name: names.ref(id),
      ...TableResource.parse(resolveIntrinsics(Properties, names)),
    })),
    queues: ofType('AWS::SQS::Queue', (id, resource) => ({ name: id, ...QueueResource.parse(resolved(resource)) })),
    buckets: ofType('AWS::S3::Bucket', (id) => names.ref(id)),
    scheduleGroups: ofType('AWS::Scheduler::ScheduleGroup', (id) => names.ref(id)),
    eventBuses: ofType('AWS::Events::EventBus', (id) => names.ref(id)),
    functions: ofType('AWS::Lambda::Function', (id, resource) => functionOf(names.ref(id), resource, names)),
    mappings: ofType('AWS::Lambda::EventSourceMapping', (_id, resource) => mappingOf(resolved(resource))),
  };
}

function functionOf(name: string, { Properties, Metadata }: TemplateResource, names: LocalNames): FunctionResource {
  // Code and role mean nothing here, and may hold intrinsics (asset buckets) that mean nothing either.
  const used = { ...Properties, Code: undefined, Role: undefined, LoggingConfig: undefined };
  const parsed = FunctionProperties.parse(resolveIntrinsics(used, names));
  return {
    name,
    folder: z.string().parse(Metadata[LAMBDA_FOLDER_METADATA]),
    timeoutSeconds: parsed.Timeout,
    memoryMb: parsed.MemorySize,
    environment: Object.fromEntries(
      Object.entries(parsed.Environment.Variables).map(([variable, value]) => [variable, names.here(value)]),
    ),
  };
}

function mappingOf(resolved: unknown): MappingResource {
  const mapping = MappingProperties.parse(resolved);
  return {
    functionName: mapping.FunctionName,
    queueArn: mapping.EventSourceArn,
    queueName: queueNameOf(mapping.EventSourceArn),
    batchSize: mapping.BatchSize,
    reportBatchItemFailures: mapping.FunctionResponseTypes.includes('ReportBatchItemFailures'),
    maximumConcurrency: mapping.ScalingConfig.MaximumConcurrency,
  };
}
