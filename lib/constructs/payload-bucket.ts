import { Duration } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { ENV } from '../../shared/config/env.ts';
import type { Stage } from '../stage.ts';
import type { NodeFunction } from './node-function.ts';

/** Inputs and outputs too large for an item. */
export class PayloadBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: { readonly stage: Stage }) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      // Not autoDeleteObjects: its Lambda leaves its log group behind. A dev bucket that holds payloads is emptied by hand.
      removalPolicy: props.stage.removalPolicy,
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(1) }],
    });
  }

  /** By hand, because `grantReadWrite` emits `s3:GetObject*`, `s3:List*` and `s3:DeleteObject*`. */
  grantPayloads(fn: NodeFunction): void {
    fn.allow(['s3:GetObject', 's3:PutObject'], [this.bucket.arnForObjects('*')]);
    fn.setEnvironment({ [ENV.bucketName]: this.bucket.bucketName });
  }
}
