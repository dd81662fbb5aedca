import { ACCOUNT, REGION } from '../aws-identity.ts';
import type { Lookup } from './intrinsics.ts';
import type { Template, TemplateResource } from './template.ts';
import { resourcesOfType } from './template.ts';

/** Where things are that no template knows. */
export interface Places {
  readonly baseUrl: string;
  /** Address of a queue on whatever answers the SQS API. */
  queueUrl(queueName: string): string;
}

const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::Region': REGION,
  'AWS::AccountId': ACCOUNT,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
};

export interface LocalNames extends Lookup {
  /** The address at which something answers here, for one that only AWS would answer at. */
  here(address: string): string;
}

/** Names the resources of a template as CloudFormation would if it made physical names out of logical ids alone. */
export function localNames(template: Template, places: Places): LocalNames {
  const find = (logicalId: string): TemplateResource => {
    const resource = template.Resources[logicalId];
    if (resource === undefined) throw new Error(`The template refers to ${logicalId}, which it does not define.`);
    return resource;
  };
  const ref = (logicalId: string): string => {
    const pseudo = PSEUDO[logicalId];
    if (pseudo !== undefined) return pseudo;
    const resource = find(logicalId);
    if (resource.Type === 'AWS::SQS::Queue') return places.queueUrl(logicalId);
    const name = physicalName(logicalId, resource);
    return REF_IS_ARN.has(resource.Type) ? arnOf(resource.Type, name) : name;
  };
  const attribute = (logicalId: string, name: string): string => {
    const resource = find(logicalId);
    if (resource.Type === 'AWS::SQS::Queue' && name === 'QueueName') return logicalId;
    if (name === 'Arn') return arnOf(resource.Type, physicalName(logicalId, resource));
    throw new Error(`The template reads ${logicalId}.${name} (${resource.Type}), which the local stack does not know.`);
  };
  const apis = resourcesOfType(template, 'AWS::ApiGatewayV2::Api').map(([id, resource]) => physicalName(id, resource));
  const addresses = new Set(apis.map((id) => `https://${id}.execute-api.${REGION}.${PSEUDO['AWS::URLSuffix']}`));
  return { ref, attribute, here: (address) => (addresses.has(address) ? places.baseUrl : address) };
}

/** Elsewhere a `Name` is for people, and AWS makes an id of its own. */
const NAMED_BY_NAME: ReadonlySet<string> = new Set(['AWS::Scheduler::ScheduleGroup', 'AWS::Events::EventBus']);

/** A literal name in the template wins; S3 alone wants lower case. */
function physicalName(logicalId: string, { Type, Properties }: TemplateResource): string {
  if (Type === 'AWS::S3::Bucket') return logicalId.toLowerCase();
  const named = NAMED_BY_NAME.has(Type) ? Properties['Name'] : undefined;
  return typeof named === 'string' ? named : logicalId;
}

const REF_IS_ARN: ReadonlySet<string> = new Set(['AWS::SNS::Topic']);

const inRegion = (service: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:`;

const ARNS: Readonly<Record<string, (name: string) => string>> = {
  'AWS::SQS::Queue': (name) => `${inRegion('sqs')}${name}`,
  'AWS::S3::Bucket': (name) => `arn:aws:s3:::${name}`,
  'AWS::IAM::Role': (name) => `arn:aws:iam::${ACCOUNT}:role/${name}`,
  'AWS::DynamoDB::Table': (name) => `${inRegion('dynamodb')}table/${name}`,
  'AWS::Lambda::Function': (name) => `${inRegion('lambda')}function:${name}`,
  'AWS::Scheduler::ScheduleGroup': (name) => `${inRegion('scheduler')}schedule-group/${name}`,
  'AWS::Events::EventBus': (name) => `${inRegion('events')}event-bus/${name}`,
  'AWS::KMS::Key': (name) => `${inRegion('kms')}key/${name}`,
  // Of the streams in it, as CloudFormation has it.
  'AWS::Logs::LogGroup': (name) => `${inRegion('logs')}log-group:${name}:*`,
  'AWS::SNS::Topic': (name) => `${inRegion('sns')}${name}`,
  'AWS::CloudWatch::Alarm': (name) => `${inRegion('cloudwatch')}alarm:${name}`,
};

function arnOf(type: string, name: string): string {
  const make = ARNS[type];
  if (make === undefined) throw new Error(`The local stack has no ARN for ${type}.`);
  return make(name);
}
