import { Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { NodeFunction } from '../constructs/node-function.ts';
import type { Stage } from '../stage.ts';

/** What DynamoDB asks of whoever reads or writes a table under a key of the account's own; creating the table takes more. */
const DYNAMODB_ACTIONS = ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey'] as const;
/** GetObject decrypts the bucket's key, PutObject makes one; bucket keys keep that to a call in some minutes. */
const S3_ACTIONS = ['kms:Decrypt', 'kms:GenerateDataKey'] as const;

/** A key of the account's own for what users store: its use shows in CloudTrail, and without it nobody reads a backup. Rotated yearly. */
export class DataKey extends Construct {
  readonly key: Key;

  constructor(scope: Construct, id: string, { removalPolicy }: Pick<Stage, 'removalPolicy'>) {
    super(scope, id);
    this.key = new Key(this, 'Key', {
      description: `${Stack.of(this).stackName}: table and payloads`,
      enableKeyRotation: true,
      // As what it encrypts: without its key a retained table cannot be read.
      removalPolicy,
    });
  }

  /** Use through the two services alone: nobody holds ciphertext of ours. */
  grantUse(fn: NodeFunction): void {
    // In the partitions `aws` and `aws-us-gov`; China's service names end otherwise.
    const { region } = Stack.of(this);
    const through = (service: string) => ({ StringEquals: { 'kms:ViaService': `${service}.${region}.amazonaws.com` } });
    fn.allow(DYNAMODB_ACTIONS, [this.key.keyArn], through('dynamodb'));
    fn.allow(S3_ACTIONS, [this.key.keyArn], through('s3'));
  }
}
