import type { FaultKind } from './faults.ts';

export type Service = 'dynamodb' | 'sqs';

interface WireError {
  readonly status: number;
  readonly type: string;
  readonly message: string;
}

const DYNAMODB = 'com.amazonaws.dynamodb.v20120810#';
const THROUGHPUT: WireError = {
  status: 400,
  type: `${DYNAMODB}ProvisionedThroughputExceededException`,
  message: 'The level of configured provisioned throughput for the table was exceeded.',
};
/** DynamoDB says it in two ways: of the table's throughput, and of the account's requests. */
const THROTTLES: Readonly<Record<Service, readonly [WireError, WireError]>> = {
  dynamodb: [
    THROUGHPUT,
    { status: 400, type: 'com.amazon.coral.availability#ThrottlingException', message: 'Rate of requests exceeded.' },
  ],
  sqs: [
    { status: 403, type: 'com.amazonaws.sqs#RequestThrottled', message: 'Request is throttled.' },
    { status: 400, type: 'com.amazon.coral.availability#ThrottlingException', message: 'Rate exceeded' },
  ],
};

/** Answers in the JSON protocol that both services speak, as the SDK's own clients read it. */
export function wireError(service: Service, kind: FaultKind, variant: 0 | 1): WireError | undefined {
  if (kind === 'throttled') return THROTTLES[service][variant];
  if (kind === 'unavailable')
    return { status: 503, type: 'com.amazon.coral.service#ServiceUnavailable', message: 'Service is unavailable.' };
  if (kind === 'server_error' || kind === 'applied_error')
    return {
      status: 500,
      type: service === 'dynamodb' ? `${DYNAMODB}InternalServerError` : 'com.amazon.coral.service#InternalFailure',
      message: 'Internal server error',
    };
  return undefined;
}
