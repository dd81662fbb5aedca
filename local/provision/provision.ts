import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { clientOf } from '../aws-identity.ts';
import type { LocalResources } from '../template/resources.ts';
import { provisionBuckets } from './buckets.ts';
import { provisionQueues } from './queues.ts';
import { provisionTable } from './tables.ts';

/** Creates in the emulators what CloudFormation would create in an account; what exists is kept and brought up to date. */
export async function provision(
  resources: LocalResources,
  endpoints: { readonly dynamodb: string; readonly s3: string },
  sqs: SQSClient,
): Promise<void> {
  const dynamodb = new DynamoDBClient(clientOf(endpoints.dynamodb));
  const s3 = new S3Client({ ...clientOf(endpoints.s3), forcePathStyle: true });
  try {
    await Promise.all([
      ...resources.tables.map((table) => provisionTable(dynamodb, table)),
      provisionQueues(sqs, resources.queues),
      provisionBuckets(s3, resources.buckets),
    ]);
  } finally {
    dynamodb.destroy();
    s3.destroy();
  }
}
