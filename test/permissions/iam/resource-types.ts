import type { TemplateResource } from '../../../local/template/template.ts';

/** Read by `policy-set.ts`. */
const POLICIES: ReadonlySet<string> = new Set([
  'AWS::IAM::Role',
  'AWS::IAM::Policy',
  'AWS::SQS::QueuePolicy',
  'AWS::SNS::TopicPolicy',
  'AWS::S3::BucketPolicy',
  'AWS::KMS::Key',
  'AWS::Lambda::Permission',
  'AWS::Events::EventBusPolicy',
]);

/**
 * Types that grant nothing, each with the properties that neither grant anything nor make AWS call something that
 * `aws-side/` does not know of. A table's `ResourcePolicy`, a function's `VpcConfig`, a bucket's
 * `NotificationConfiguration` are not here, hence refused until somebody has thought about them.
 */
const INERT: Readonly<Record<string, readonly string[]>> = {
  'AWS::ApiGatewayV2::Api': ['CorsConfiguration', 'Description', 'DisableExecuteApiEndpoint', 'Name', 'ProtocolType'],
  'AWS::ApiGatewayV2::Integration': [
    'ApiId',
    'IntegrationType',
    'IntegrationUri',
    'PayloadFormatVersion',
    'TimeoutInMillis',
  ],
  'AWS::ApiGatewayV2::Route': ['ApiId', 'AuthorizationType', 'RouteKey', 'Target'],
  'AWS::ApiGatewayV2::Stage': ['AccessLogSettings', 'ApiId', 'AutoDeploy', 'DefaultRouteSettings', 'StageName'],
  'AWS::CDK::Metadata': ['Analytics'],
  'AWS::CloudWatch::Alarm': [
    'ActionsEnabled',
    'AlarmActions',
    'AlarmDescription',
    'AlarmName',
    'ComparisonOperator',
    'DatapointsToAlarm',
    'Dimensions',
    'EvaluateLowSampleCountPercentile',
    'EvaluationPeriods',
    'ExtendedStatistic',
    'InsufficientDataActions',
    'MetricName',
    'Metrics',
    'Namespace',
    'OKActions',
    'Period',
    'Statistic',
    'Threshold',
    'TreatMissingData',
    'Unit',
  ],
  'AWS::CloudWatch::Dashboard': ['DashboardBody', 'DashboardName'],
  'AWS::DynamoDB::Table': [
    'AttributeDefinitions',
    'BillingMode',
    'DeletionProtectionEnabled',
    'GlobalSecondaryIndexes',
    'KeySchema',
    'OnDemandThroughput',
    'PointInTimeRecoverySpecification',
    'SSESpecification',
    'TimeToLiveSpecification',
  ],
  'AWS::Events::EventBus': ['Description', 'Name'],
  'AWS::KMS::Alias': ['AliasName', 'TargetKeyId'],
  'AWS::Lambda::EventInvokeConfig': ['FunctionName', 'MaximumEventAgeInSeconds', 'MaximumRetryAttempts', 'Qualifier'],
  'AWS::Lambda::EventSourceMapping': [
    'BatchSize',
    'Enabled',
    'EventSourceArn',
    'FunctionName',
    'FunctionResponseTypes',
    'MaximumBatchingWindowInSeconds',
    'ScalingConfig',
  ],
  'AWS::Lambda::Function': [
    'Architectures',
    'Code',
    'Description',
    'Environment',
    'EphemeralStorage',
    'Handler',
    'LoggingConfig',
    'MemorySize',
    'RecursiveLoop',
    'ReservedConcurrentExecutions',
    'Role',
    'Runtime',
    'Timeout',
    'TracingConfig',
  ],
  'AWS::Logs::LogGroup': ['LogGroupClass', 'LogGroupName', 'RetentionInDays'],
  'AWS::Logs::MetricFilter': ['FilterName', 'FilterPattern', 'LogGroupName', 'MetricTransformations'],
  'AWS::Logs::QueryDefinition': ['LogGroupNames', 'Name', 'QueryString'],
  'AWS::S3::Bucket': [
    'BucketEncryption',
    'LifecycleConfiguration',
    'OwnershipControls',
    'PublicAccessBlockConfiguration',
    'VersioningConfiguration',
  ],
  'AWS::SNS::Subscription': ['Endpoint', 'Protocol', 'TopicArn'],
  'AWS::SNS::Topic': ['DisplayName', 'KmsMasterKeyId', 'TopicName'],
  'AWS::SQS::Queue': [
    'DelaySeconds',
    'MessageRetentionPeriod',
    'RedrivePolicy',
    'SqsManagedSseEnabled',
    'VisibilityTimeout',
  ],
  'AWS::Scheduler::Schedule': [
    'Description',
    'FlexibleTimeWindow',
    'GroupName',
    'ScheduleExpression',
    'ScheduleExpressionTimezone',
    'State',
    'Target',
  ],
  'AWS::Scheduler::ScheduleGroup': ['Name'],
};

/** CloudFormation's own bookkeeping. */
const ON_ANY = 'Tags';

/** @throws for what nobody has thought about. */
export function bearsOnPermissions(id: string, { Type, Properties }: TemplateResource): boolean {
  if (POLICIES.has(Type)) return true;
  const known = INERT[Type];
  const unknown = Object.keys(Properties).filter((name) => name !== ON_ANY && known?.includes(name) === false);
  if (known !== undefined && unknown.length === 0) return false;
  const what = known === undefined ? `is a ${Type}` : `(${Type}) has ${unknown.join(', ')}`;
  throw new Error(
    `${id} ${what}, of which the proof of permissions knows nothing. If it grants something, teach it to policy-set.ts; ` +
      'if it makes AWS call something, to aws-side/; if neither, name it in resource-types.ts.',
  );
}
