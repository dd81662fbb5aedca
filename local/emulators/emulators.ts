import type { DataFolder } from '../data-folder.ts';
import { startDynoxide } from './dynoxide.ts';
import { startFauxqs } from './fauxqs.ts';

export interface EmulatorOptions {
  readonly folder: DataFolder | undefined;
  /** Servers to use instead of the embedded ones. */
  readonly dynamodbEndpoint: string | undefined;
  readonly sqsEndpoint: string | undefined;
}

export interface Emulators {
  readonly dynamodb: string;
  readonly sqs: string;
  readonly s3: string;
  readonly childPids: readonly number[];
  /** Settles if one of them died. */
  readonly failed: Promise<Error>;
}

/** DynamoDB, SQS and S3 on loopback, each stopped when `owner` is disposed of. */
export async function startEmulators(options: EmulatorOptions, owner: AsyncDisposableStack): Promise<Emulators> {
  const { folder, dynamodbEndpoint, sqsEndpoint } = options;
  const dynoxide = dynamodbEndpoint === undefined ? await startDynoxide(folder?.dynamodb) : undefined;
  if (dynoxide !== undefined) owner.defer(() => dynoxide.stop());
  const fauxqs = await startFauxqs(folder?.fauxqs);
  owner.defer(() => fauxqs.stop());
  return {
    dynamodb: withoutSlash(dynamodbEndpoint ?? dynoxide?.endpoint ?? ''),
    sqs: withoutSlash(sqsEndpoint ?? fauxqs.endpoint),
    s3: fauxqs.endpoint,
    childPids: dynoxide === undefined ? [] : [dynoxide.pid],
    failed: dynoxide?.crashed ?? Promise.withResolvers<Error>().promise,
  };
}

function withoutSlash(endpoint: string): string {
  return endpoint.replace(/\/+$/, '');
}
