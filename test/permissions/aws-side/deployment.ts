import * as z from 'zod';
import type { Lookup } from '../../../local/template/intrinsics.ts';
import { resolveIntrinsics } from '../../../local/template/intrinsics.ts';
import type { Template, TemplateResource } from '../../../local/template/template.ts';
import { resourcesOfType } from '../../../local/template/template.ts';
import type { FiringSchedule } from '../calls/scheduler.ts';

export interface DeployedFunction {
  readonly id: string;
  readonly arn: string;
  readonly role: string;
  /** ARN of its streams, with a wildcard for their names. */
  readonly logStreams: string;
  readonly isTraced: boolean;
}

export interface DeployedMapping {
  readonly functionId: string;
  readonly queue: string;
  readonly batchSize: number;
  readonly reportsFailures: boolean;
}

/** What of a template makes AWS call something by itself. All names are ARNs, ids are logical ids. */
export interface Deployment {
  readonly functions: readonly DeployedFunction[];
  readonly mappings: readonly DeployedMapping[];
  readonly schedules: readonly FiringSchedule[];
  /** Functions behind an API, and who invokes them in its name. */
  readonly integrations: readonly { readonly function: string; readonly route: string }[];
  readonly alarms: readonly { readonly alarm: string; readonly topic: string }[];
  readonly buckets: readonly string[];
  readonly groups: readonly string[];
  readonly buses: readonly string[];
  /** Tables and buckets under a key of the account's own. */
  readonly encrypted: ReadonlyMap<string, string>;
}

const FunctionProperties = z.object({
  Role: z.string(),
  LoggingConfig: z.object({ LogGroup: z.string() }),
  TracingConfig: z.object({ Mode: z.enum(['Active', 'PassThrough']) }).optional(),
});
const MappingProperties = z.object({
  EventSourceArn: z.string().startsWith('arn:aws:sqs:'),
  FunctionName: z.string(),
  BatchSize: z.number(),
  FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
});
const ScheduleProperties = z.object({
  GroupName: z.string().default('default'),
  Target: z.strictObject({
    Arn: z.string(),
    RoleArn: z.string(),
    Input: z.string().optional(),
    RetryPolicy: z.unknown().optional(),
    DeadLetterConfig: z.object({ Arn: z.string() }).optional(),
  }),
});
const IntegrationProperties = z.object({
  ApiId: z.string(),
  IntegrationType: z.literal('AWS_PROXY'),
  IntegrationUri: z.string().startsWith('arn:aws:lambda:'),
});
const RouteProperties = z.object({ ApiId: z.string(), RouteKey: z.string(), AuthorizationType: z.literal('NONE') });
const StageProperties = z.object({ ApiId: z.string(), StageName: z.string() });
const Topics = z.array(z.string().startsWith('arn:aws:sns:')).default([]);
const AlarmProperties = z.object({ AlarmActions: Topics, OKActions: Topics, InsufficientDataActions: Topics });
const TableProperties = z.object({
  SSESpecification: z.object({ KMSMasterKeyId: z.string().optional() }).default({}),
});
/** Without a bucket key, KMS would be asked for each object by its own ARN. */
const EncryptionRule = z
  .object({
    BucketKeyEnabled: z.boolean().default(false),
    ServerSideEncryptionByDefault: z.object({ KMSMasterKeyID: z.string().optional() }),
  })
  .refine(
    ({ BucketKeyEnabled, ServerSideEncryptionByDefault }) =>
      BucketKeyEnabled || ServerSideEncryptionByDefault.KMSMasterKeyID === undefined,
    'a bucket under a key of the account’s own, without a bucket key, is not modelled (key-calls.ts)',
  );
const BucketProperties = z.object({
  BucketEncryption: z
    .object({
      ServerSideEncryptionConfiguration: z.array(EncryptionRule).length(1),
    })
    .optional(),
});

type Entry<T> = readonly [id: string, properties: T];

export function readDeployment(template: Template, names: Lookup): Deployment {
  const all = <T extends z.ZodType>(type: string, schema: T, ...left: string[]): Entry<z.output<T>>[] =>
    resourcesOfType(template, type).map(([id, resource]) => [id, read(id, resource, schema, names, left)]);
  const arnOf = (id: string): string => names.attribute(id, 'Arn');
  const arnsOf = (type: string): string[] => resourcesOfType(template, type).map(([id]) => arnOf(id));
  // Code is an asset in a bucket of CDK's, which no function reads by itself.
  const functions = all('AWS::Lambda::Function', FunctionProperties, 'Code', 'Environment');
  return {
    functions: functions.map(([id, { Role, LoggingConfig, TracingConfig }]) => ({
      id,
      arn: arnOf(id),
      role: Role,
      logStreams: arnOf(LoggingConfig.LogGroup),
      isTraced: TracingConfig?.Mode === 'Active',
    })),
    mappings: all('AWS::Lambda::EventSourceMapping', MappingProperties).map(([, mapping]) => ({
      functionId: mapping.FunctionName,
      queue: mapping.EventSourceArn,
      batchSize: mapping.BatchSize,
      reportsFailures: mapping.FunctionResponseTypes.length > 0,
    })),
    schedules: all('AWS::Scheduler::Schedule', ScheduleProperties).map(([, { GroupName, Target }]) => ({
      group: GroupName,
      role: Target.RoleArn,
      target: Target.Arn,
      deadLetters: Target.DeadLetterConfig?.Arn,
    })),
    integrations: integrationsOf(
      all('AWS::ApiGatewayV2::Integration', IntegrationProperties),
      all('AWS::ApiGatewayV2::Route', RouteProperties, 'Target'),
      all('AWS::ApiGatewayV2::Stage', StageProperties, 'AccessLogSettings'),
    ),
    alarms: all('AWS::CloudWatch::Alarm', AlarmProperties, 'Dimensions', 'Metrics', 'AlarmDescription').flatMap(
      ([id, { AlarmActions, OKActions, InsufficientDataActions }]) =>
        [...new Set([...AlarmActions, ...OKActions, ...InsufficientDataActions])].map((topic) => ({
          alarm: arnOf(id),
          topic,
        })),
    ),
    buckets: arnsOf('AWS::S3::Bucket'),
    groups: arnsOf('AWS::Scheduler::ScheduleGroup'),
    buses: arnsOf('AWS::Events::EventBus'),
    encrypted: new Map(
      [
        ...all('AWS::DynamoDB::Table', TableProperties).map(
          ([id, table]) => [arnOf(id), table.SSESpecification.KMSMasterKeyId] as const,
        ),
        ...all('AWS::S3::Bucket', BucketProperties).map(([id, { BucketEncryption }]) => {
          const [rule] = BucketEncryption?.ServerSideEncryptionConfiguration ?? [];
          return [arnOf(id), rule?.ServerSideEncryptionByDefault.KMSMasterKeyID] as const;
        }),
      ].flatMap(([resource, key]) => (key === undefined ? [] : [[resource, key] as const])),
    ),
  };
}

/** `left`: properties that mean nothing here and may hold what cannot be resolved. */
function read<T extends z.ZodType>(
  id: string,
  { Type, Properties }: TemplateResource,
  schema: T,
  names: Lookup,
  left: readonly string[],
): z.output<T> {
  const kept = Object.fromEntries(Object.entries(Properties).filter(([name]) => !left.includes(name)));
  const parsed = schema.safeParse(resolveIntrinsics(kept, names));
  if (parsed.success) return parsed.data;
  throw new Error(`${id} (${Type}) is not understood by the proof of permissions: ${z.prettifyError(parsed.error)}`);
}

type Of<T extends z.ZodType> = readonly Entry<z.output<T>>[];

function integrationsOf(
  integrations: Of<typeof IntegrationProperties>,
  routes: Of<typeof RouteProperties>,
  stages: Of<typeof StageProperties>,
): Deployment['integrations'] {
  return integrations.flatMap(([, { ApiId, IntegrationUri }]) =>
    stages
      .filter(([, stage]) => stage.ApiId === ApiId)
      .flatMap(([, { StageName }]) =>
        routes
          .filter(([, route]) => route.ApiId === ApiId)
          .map(([, { RouteKey }]) => ({ function: IntegrationUri, route: `${ApiId}/${StageName}/${RouteKey}` })),
      ),
  );
}
