/**
 * How patient the SDK's clients are, and how stubborn.
 *
 * `standard`: up to so many attempts, waits with full jitter (50 ms doubling; after a throttle one second doubling), and a
 * quota of retries per client that runs dry in a brown-out, so that failing calls are not multiplied; what is thrown then
 * comes again as a message. Not `adaptive`: its rate limit is one per client, so one hot partition would slow down every
 * execution of the instance, by waits that `maxAttempts` does not bound and a lease does not outlast.
 */
const RETRIES = { retryMode: 'standard', maxAttempts: 4 } as const;

const IMPATIENT_MS = 5_000;
const PATIENT_MS = 30_000;

/**
 * The SDK would wait minutes for an answer: one connection that hangs would hold a whole batch. Without
 * `throwOnRequestTimeout` it only warns. Both limits include the wait for one of the client's 50 sockets, so the one for
 * the connection is no shorter than the other: a burst would take a queue for a server that is gone.
 */
const TIMEOUTS = { connectionTimeout: IMPATIENT_MS, throwOnRequestTimeout: true } as const;

/** For small requests: four attempts of this end before the API's own limit (`API.timeoutSeconds`). */
export const IMPATIENT = { ...RETRIES, requestHandler: { ...TIMEOUTS, requestTimeout: IMPATIENT_MS } } as const;
/** For objects of megabytes. */
export const PATIENT = { ...RETRIES, requestHandler: { ...TIMEOUTS, requestTimeout: PATIENT_MS } } as const;
