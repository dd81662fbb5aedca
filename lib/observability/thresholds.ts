import { DEAD_LETTERS, QUEUE, WORKER } from '../../shared/config/functions.ts';

const MINUTE_S = 60;
const MINUTE_MS = 60_000;

/** From where on each alarm rings. */
export const THRESHOLDS = {
  deadLettersFiled: 1,
  /**
   * A burial that failed is tried again after the queue's visibility timeout; later than that, nobody is trying. Before
   * the third delivery, too: SQS leaves what was received three times out of the age.
   */
  deadLetterAgeSeconds: DEAD_LETTERS.visibilityTimeoutSeconds + 3 * MINUTE_S,
  /** A burial takes a second; a message that is in flight all the time is one that comes again and again. */
  burialsHeld: 1,
  parkedMessages: 1,
  schedulesDropped: 1,
  /** A timer may be delayed so long, and its node then run so long: both are in the age, and neither is trouble. */
  workAgeSeconds: QUEUE.delaySecondsMax + WORKER.timeoutSeconds,
  /** SQS hands out no more messages, without an error, when 120,000 are in flight. */
  messagesInFlight: 100_000,
  apiErrorPercent: 5,
  /** Of a handful of requests, one is a fifth. */
  apiErrorsMin: 10,
  /** In five minutes. A node that kills its worker fails it once; a sweeper that always fails does it five times. */
  functionErrors: 3,
  workerThrottles: 1,
  tableThrottles: 1,
  sweepLagMs: 10 * MINUTE_MS,
  sweepsMin: 1,
} as const;
