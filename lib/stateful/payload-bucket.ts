import { CfnResource, Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { ENV } from '../../shared/config/env.ts';
import type { NodeFunction } from '../constructs/node-function.ts';
import { acknowledge, findingName } from '../nag.ts';
import type { Stage } from '../stage.ts';

export interface PayloadBucketProps {
  readonly stage: Stage;
  /** Undefined: a key of AWS's, which costs nothing. */
  readonly encryptionKey: IKey | undefined;
}

/** Inputs and outputs too large for an item. */
export class PayloadBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: PayloadBucketProps) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      ...(props.encryptionKey === undefined
        ? { encryption: BucketEncryption.S3_MANAGED }
        : { encryption: BucketEncryption.KMS, encryptionKey: props.encryptionKey, bucketKeyEnabled: true }),
      enforceSSL: true,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      // Not autoDeleteObjects: its Lambda leaves its log group behind. `npm run destroy` empties a dev bucket.
      removalPolicy: props.stage.removalPolicy,
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(1) }],
    });
    acknowledge(this.bucket, {
      'AwsSolutions-S1':
        'Only the functions of the stack reach it; who wants their accesses logged turns on CloudTrail data events.',
    });
  }

  /** By hand, because `grantReadWrite` emits `s3:GetObject*`, `s3:List*` and `s3:DeleteObject*`. */
  grantPayloads(fn: NodeFunction): void {
    fn.allow(['s3:GetObject', 's3:PutObject'], [this.bucket.arnForObjects('*')]);
    const { defaultChild } = this.bucket.node;
    if (CfnResource.isCfnResource(defaultChild))
      acknowledge(fn, {
        [`AwsSolutions-IAM5[Resource::${findingName(defaultChild, 'Arn')}/*]`]: 'Objects are named by their content.',
      });
    fn.setEnvironment({ [ENV.bucketName]: this.bucket.bucketName });
  }
}
