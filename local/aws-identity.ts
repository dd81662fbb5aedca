/** Who the local stack is on AWS's terms. fauxqs knows no other account; the credentials open nothing anywhere. */
export const REGION = 'us-east-1';
export const ACCOUNT = '000000000000';
export const CREDENTIALS: Credentials = { accessKeyId: 'stepwelllocal', secretAccessKey: 'stepwelllocal' };

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A function's own: a request's signature names its key, and with it who made the request. */
export function credentialsOf(functionName: string): Credentials {
  return { ...CREDENTIALS, accessKeyId: `${CREDENTIALS.accessKeyId}${functionName}` };
}

/** Settings of every SDK client that the local stack itself uses, in a function's name where one is given. */
export function clientOf(
  endpoint: string,
  credentials: Credentials = CREDENTIALS,
): { readonly endpoint: string; readonly region: string; readonly credentials: Credentials } {
  return { endpoint, region: REGION, credentials };
}

/** The last part of an SQS ARN is the queue's name. */
export function queueNameOf(arn: string): string {
  return arn.slice(arn.lastIndexOf(':') + 1);
}
