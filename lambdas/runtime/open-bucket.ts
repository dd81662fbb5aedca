import { S3Client } from '@aws-sdk/client-s3';
import { PATIENT } from '../../shared/adapters/aws/client-settings.ts';
import { S3Objects } from '../../shared/adapters/aws/s3-objects.ts';
import type { awsSettings } from './aws-settings.ts';
import type { Env } from './config.ts';

export function openBucket(settings: ReturnType<typeof awsSettings>, env: Env, bucket: string): S3Objects {
  // Emulators have no DNS name per bucket.
  const forcePathStyle = env['AWS_ENDPOINT_URL_S3'] !== undefined;
  return new S3Objects(new S3Client({ ...PATIENT, ...settings, forcePathStyle }), bucket);
}
