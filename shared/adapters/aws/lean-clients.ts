import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SignatureV4 } from '@smithy/signature-v4';
import { IMPATIENT } from './client-settings.ts';
import { SigningHash } from './signing-hash.ts';

/** Whose calls they are, and to which region's endpoints. */
export interface Caller {
  readonly region: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

/**
 * The two clients of the hot path, without what the SDK does for each request and nobody here needs; together nearly a third
 * of a request's CPU time (`npm run bench` counts it):
 *
 * - the handlers of a command are put together once for each command, not for each call;
 * - the signer is made once, and so are its keys;
 * - no copy of each request is made for a debug log that nobody reads, no user agent put together from parts that never change.
 */
export function dynamoClient(caller: Caller): DynamoDBClient {
  const client = new DynamoDBClient({ ...IMPATIENT, ...caller, ...leanly(caller, 'dynamodb') });
  for (const name of NEEDLESS) client.middlewareStack.remove(name);
  return client;
}

export function sqsClient(caller: Caller): SQSClient {
  const client = new SQSClient({ ...IMPATIENT, ...caller, ...leanly(caller, 'sqs') });
  for (const name of NEEDLESS) client.middlewareStack.remove(name);
  return client;
}

const NEEDLESS = ['loggerMiddleware', 'getUserAgentMiddleware'] as const;

function leanly(caller: Caller, service: string) {
  return { cacheMiddleware: true, signer: new SignatureV4({ ...caller, service, sha256: SigningHash }) } as const;
}
