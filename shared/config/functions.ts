/** What the constructs configure and the engine relies on, with the arithmetic between them (a test asserts it). */
const MINUTE_S = 60;

export const WORKER = {
  /** Lambda's longest invocation: an attempt may take 14 minutes (`attemptTimeoutMsMax`), one is for the rest. */
  timeoutSeconds: 15 * MINUTE_S,
  /** AWS asks for 6 × the function's timeout: a shorter one hands a running message to a second worker. */
  visibilityTimeoutSeconds: 6 * 15 * MINUTE_S,
  memoryMb: 512,
  batchSize: 10,
  /** Of prod, unless its operator says otherwise (`lib/options.ts`). */
  maximumConcurrency: 50,
  maxReceiveCount: 5,
} as const;

/** The same handler on the isolated queue: one message an invocation, so that a node that kills its process dies alone. */
export const ISOLATED = {
  batchSize: 1,
  /** A mass recovery goes through this queue; uncapped it could take the account's whole concurrency (1,000, new: 10). */
  maximumConcurrency: 10,
} as const;

/** Buries messages that used up their deliveries: writes and messages alone, no node runs here. */
export const DEAD_LETTERS = {
  timeoutSeconds: 2 * MINUTE_S,
  /** Also how long a burial that failed waits for its next try: there is no limit to them but the queue's retention. */
  visibilityTimeoutSeconds: 6 * 2 * MINUTE_S,
  memoryMb: 512,
  /** A message may bury a group of twenty nodes. */
  batchSize: 5,
  /** The least that an event source mapping can be capped to: what is dead is in no hurry, and comes in masses. */
  maximumConcurrency: 2,
} as const;

export const API = {
  /** HTTP API gives up at 30 s; ours must have answered before. */
  timeoutSeconds: 29,
  /** Bursts that the gateway lets through, as a multiple of what it lets through each second. */
  burstFactor: 2,
  memoryMb: 512,
} as const;

export const SWEEPER = {
  /** Below the rate at which it is started: two sweeps at once are harmless but cost double. */
  timeoutSeconds: 55,
  rateMinutes: 1,
  memoryMb: 512,
} as const;

export const QUEUE = {
  retentionSeconds: 4 * 24 * 60 * MINUTE_S,
  deadLetterRetentionSeconds: 14 * 24 * 60 * MINUTE_S,
  /** The longest that SQS keeps anything: nothing but an operator takes a message from there. */
  parkedRetentionSeconds: 14 * 24 * 60 * MINUTE_S,
  /** SQS: the longest delay of a message. Longer timers come near by an EventBridge schedule. */
  delaySecondsMax: 15 * MINUTE_S,
} as const;

/**
 * What Lambda is told of each function, by the id of its construct. It stops a chain of invocations after about 16 passes
 * through one function; `Allow` lifts that. Exactly for those that a queue feeds and that may send to a queue of the
 * dispatch cycle (work → isolated → … → work): a chain of 40 nodes is no runaway. The engine's own guard is the
 * transition budget (`LIMITS`). A test compares this with the template.
 */
export const RECURSIVE_LOOP = {
  Api: 'Terminate',
  Worker: 'Allow',
  IsolatedWorker: 'Allow',
  DeadLetters: 'Allow',
  Sweeper: 'Terminate',
} as const;

/** Metadata of each function in the template: its folder in `lambdas/`, by which the local stack finds the handler. */
export const LAMBDA_FOLDER_METADATA = 'stepwell:lambda';
