import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SQSClient } from '@aws-sdk/client-sqs';
import { IMPATIENT, PATIENT } from '../../shared/adapters/aws/client-settings.ts';
import type { Env } from './config.ts';

export interface AwsClients {
  readonly dynamo: DynamoDBClient;
  readonly sqs: SQSClient;
  readonly s3: S3Client;
  readonly scheduler: SchedulerClient;
  readonly events: EventBridgeClient;
}

/**
 * One client of each service, once per Lambda instance. Credentials come from the function's own environment, where Lambda
 * puts its role's: the SDK's search through profiles, SSO and instance metadata is left out of the bundle (`lib/bundling/functions.ts`),
 * and several functions of one local process are still told apart.
 */
export function awsClients(env: Env): AwsClients {
  const who = { credentials: credentialsOf(env) };
  return {
    dynamo: new DynamoDBClient({ ...IMPATIENT, ...who }),
    sqs: new SQSClient({ ...IMPATIENT, ...who }),
    // Emulators have no DNS name per bucket.
    s3: new S3Client({ ...PATIENT, ...who, forcePathStyle: env['AWS_ENDPOINT_URL_S3'] !== undefined }),
    scheduler: new SchedulerClient({ ...IMPATIENT, ...who }),
    events: new EventBridgeClient({ ...IMPATIENT, ...who }),
  };
}

function credentialsOf(env: Env) {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = env;
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw new Error(
      'the environment has no AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, which Lambda sets for each function',
    );
  return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
}
