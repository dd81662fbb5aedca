import { ACCOUNT, REGION } from '../../../local/aws-identity.ts';
import { asRole } from '../calls/requester.ts';
import type { Call } from '../iam/call.ts';
import type { Deployment } from './deployment.ts';

/**
 * What DynamoDB and S3 ask of KMS in a caller's name, where table or bucket lie under a key of the account's own.
 *
 * DynamoDB decrypts the table's key for whoever reads or writes, at most every five minutes for each
 * (docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html; that a PutItem needs
 * `kms:Decrypt`: github.com/aws/aws-cdk/issues/10010). S3 decrypts an object's key to give it out and has one made to take
 * it in (docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html).
 */
export function keyCalls({ encrypted }: Deployment, { principal, action, resource }: Call): readonly Call[] {
  if (!('role' in principal)) return [];
  const { role } = principal;
  if (action.startsWith('dynamodb:')) {
    const [table = ''] = resource.split('/index/');
    const key = encrypted.get(table);
    if (key === undefined) return [];
    return [
      asRole(
        role,
        'kms:Decrypt',
        key,
        through('dynamodb', {
          'kms:encryptioncontext:aws:dynamodb:tablename': table.slice(table.indexOf('/') + 1),
          'kms:encryptioncontext:aws:dynamodb:subscriberid': ACCOUNT,
        }),
      ),
    ];
  }
  const kmsAction = S3_ACTIONS[action];
  const [bucket = ''] = resource.split('/');
  const key = encrypted.get(bucket);
  if (kmsAction === undefined || key === undefined) return [];
  // Bucket keys: the context is the bucket's ARN, not the object's.
  return [asRole(role, kmsAction, key, through('s3', { 'kms:encryptioncontext:aws:s3:arn': bucket }))];
}

const S3_ACTIONS: Readonly<Record<string, string>> = {
  's3:GetObject': 'kms:Decrypt',
  's3:PutObject': 'kms:GenerateDataKey',
};

function through(service: string, encryptionContext: Call['context']): Call['context'] {
  return {
    'aws:viaawsservice': 'true',
    'kms:viaservice': `${service}.${REGION}.amazonaws.com`,
    'kms:calleraccount': ACCOUNT,
    ...encryptionContext,
  };
}
