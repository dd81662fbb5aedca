/** Who the local stack is on AWS's terms. fauxqs knows no other account; the credentials open nothing anywhere. */
export const REGION = 'us-east-1';
export const ACCOUNT = '000000000000';
export const CREDENTIALS = { accessKeyId: 'stepwelllocal', secretAccessKey: 'stepwelllocal' } as const;

/** Settings of every SDK client that the local stack itself uses. */
export function clientOf(endpoint: string): {
  endpoint: string;
  region: string;
  credentials: typeof CREDENTIALS;
} {
  return { endpoint, region: REGION, credentials: CREDENTIALS };
}

/** The last part of an SQS ARN is the queue's name. */
export function queueNameOf(arn: string): string {
  return arn.slice(arn.lastIndexOf(':') + 1);
}
