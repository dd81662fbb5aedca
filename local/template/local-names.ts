import { ACCOUNT, REGION } from '../aws-identity.ts';
import type { Lookup } from './intrinsics.ts';
import type { Template } from './template.ts';

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

/** Names the resources of a template as CloudFormation would if it made physical names out of logical ids alone. */
export function localNames(template: Template, places: Places): Lookup {
  const typeOf = (logicalId: string): string => {
    const resource = template.Resources[logicalId];
    if (resource === undefined) throw new Error(`The template refers to ${logicalId}, which it does not define.`);
    return resource.Type;
  };
  const ref = (logicalId: string): string => {
    const pseudo = PSEUDO[logicalId];
    if (pseudo !== undefined) return pseudo;
    const type = typeOf(logicalId);
    return type === 'AWS::SQS::Queue' ? places.queueUrl(logicalId) : physicalName(template, logicalId);
  };
  const attribute = (logicalId: string, name: string): string => {
    const type = typeOf(logicalId);
    if (type === 'AWS::ApiGatewayV2::Api' && name === 'ApiEndpoint') return places.baseUrl;
    if (type === 'AWS::SQS::Queue' && name === 'QueueName') return logicalId;
    if (name === 'Arn') return arnOf(type, physicalName(template, logicalId));
    throw new Error(`The template reads ${logicalId}.${name} (${type}), which the local stack does not know.`);
  };
  return { ref, attribute };
}

/** A literal name in the template wins; S3 alone wants lower case. */
function physicalName(template: Template, logicalId: string): string {
  const resource = template.Resources[logicalId];
  if (resource?.Type === 'AWS::S3::Bucket') return logicalId.toLowerCase();
  const named = resource?.Properties['Name'];
  return typeof named === 'string' ? named : logicalId;
}

function arnOf(type: string, name: string): string {
  switch (type) {
    case 'AWS::SQS::Queue':
      return `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`;
    case 'AWS::S3::Bucket':
      return `arn:aws:s3:::${name}`;
    case 'AWS::IAM::Role':
      return `arn:aws:iam::${ACCOUNT}:role/${name}`;
    case 'AWS::DynamoDB::GlobalTable':
      return `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${name}`;
    case 'AWS::Lambda::Function':
      return `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;
    case 'AWS::Scheduler::ScheduleGroup':
      return `arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule-group/${name}`;
    default:
      throw new Error(`The local stack has no ARN for ${type}.`);
  }
}
