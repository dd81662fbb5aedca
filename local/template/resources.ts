import * as z from 'zod';
import { LAMBDA_FOLDER_METADATA } from '../../shared/config/functions.ts';
import { queueNameOf } from '../aws-identity.ts';
import type { Lookup } from './intrinsics.ts';
import { resolveIntrinsics } from './intrinsics.ts';
import type { Template } from './template.ts';
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
  readonly functions: readonly FunctionResource[];
  readonly mappings: readonly MappingResource[];
}

export function readResources(template: Template, names: Lookup): LocalResources {
  const properties = (type: string) =>
    resourcesOfType(template, type).map(([id, resource]) => ({
      id,
      metadata: resource.Metadata,
      resolved: resolveIntrinsics(resource.Properties, names),
    }));
  return {
    tables: resourcesOfType(template, 'AWS::DynamoDB::GlobalTable').map(([id, { Properties }]) => ({
      name: names.ref(id),
      // Replicas are left out: they hold per-region settings that emulators refuse.
      ...TableResource.parse(resolveIntrinsics({ ...Properties, Replicas: undefined }, names)),
    })),
    queues: properties('AWS::SQS::Queue').map(({ id, resolved }) => ({ name: id, ...QueueResource.parse(resolved) })),
    buckets: resourcesOfType(template, 'AWS::S3::Bucket').map(([id]) => names.ref(id)),
    scheduleGroups: resourcesOfType(template, 'AWS::Scheduler::ScheduleGroup').map(([id]) => names.ref(id)),
    functions: functionsOf(template, names),
    mappings: properties('AWS::Lambda::EventSourceMapping').map(({ resolved }) => mappingOf(resolved)),
  };
}

function functionsOf(template: Template, names: Lookup): FunctionResource[] {
  return resourcesOfType(template, 'AWS::Lambda::Function').map(([id, { Properties, Metadata }]) => {
    // Code and role mean nothing here, and may hold intrinsics (asset buckets) that mean nothing either.
    const used = { ...Properties, Code: undefined, Role: undefined, LoggingConfig: undefined };
    const parsed = FunctionProperties.parse(resolveIntrinsics(used, names));
    return {
      name: names.ref(id),
      folder: z.string().parse(Metadata[LAMBDA_FOLDER_METADATA]),
      timeoutSeconds: parsed.Timeout,
      memoryMb: parsed.MemorySize,
      environment: parsed.Environment.Variables,
    };
  });
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
