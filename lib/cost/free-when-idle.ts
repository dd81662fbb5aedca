import type { Pricing } from './finding.ts';

/**
 * Types that cost nothing while nobody uses them. Whatever is on neither this list nor among the priced types is reported:
 * a resource that costs must not slip in unnoticed. Add one only with its price page read.
 */
const FREE: ReadonlySet<string> = new Set([
  // Billed by the request.
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApiGatewayV2::Stage',
  'AWS::Lambda::Function',
  'AWS::SQS::Queue',
  'AWS::SNS::Topic',
  'AWS::SNS::Subscription',
  'AWS::Events::EventBus',
  // Billed by what lies in them, and they are empty.
  'AWS::S3::Bucket',
  'AWS::Logs::LogGroup',
  // Settings and rights.
  'AWS::CDK::Metadata',
  'AWS::Events::EventBusPolicy',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  'AWS::KMS::Alias',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::Permission',
  'AWS::S3::BucketPolicy',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::QueuePolicy',
  'AWS::Scheduler::ScheduleGroup',
]);

export const isFreeWhenIdle = (type: string): boolean => FREE.has(type);

/** On demand and empty it costs nothing, its backups neither; provisioned capacity costs by the hour. */
export const tableCost: Pricing = (tables) =>
  tables
    .filter(({ properties }) => properties['BillingMode'] !== 'PAY_PER_REQUEST')
    .map(({ id }) => ({ what: id, problem: 'a table that is not on demand: its capacity is billed by the hour' }));

/** One that waits for an event costs nothing; one that runs by the clock invokes something. */
export const eventRuleCost: Pricing = (rules) =>
  rules
    .filter(({ properties }) => properties['ScheduleExpression'] !== undefined)
    .map(({ id }) => ({ what: id, problem: 'a rule that runs by the clock: only AWS::Scheduler::Schedule is priced' }));
