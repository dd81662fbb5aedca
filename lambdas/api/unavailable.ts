/** Faults of a dependency that pass: throttling, its own 5xx, a lost connection, after the SDK's retries. */
const PASSING = new Set([
  'ThrottlingException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'TooManyRequestsException',
  'SlowDown',
  'InternalServerError',
  'InternalFailure',
  'InternalError',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'TimeoutError',
  'RequestTimeout',
  'AbortError',
]);
const PASSING_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
]);

export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (PASSING.has(error.name) || PASSING_CODES.has(code)) return true;
  const metadata =
    '$metadata' in error ? (error.$metadata as { readonly httpStatusCode?: number } | undefined) : undefined;
  if ((metadata?.httpStatusCode ?? 0) >= 500) return true;
  // An adapter says in its own words what a client threw.
  return error.cause !== undefined && isUnavailable(error.cause);
}
