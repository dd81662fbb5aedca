/**
 * Every limit of Stepwell, with the arithmetic behind it. `GET /v1/limits` publishes them; a test holds the
 * relations between them.
 */
const KB = 1_024;
const MB = 1_024 * KB;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export const LIMITS = {
  nodesMax: 10_000,
  edgesMax: 20_000,
  definitionBytesMax: 5 * MB,
  expressionBytesMax: 8 * KB,
  /** Request bodies other than definitions: inputs, callbacks. */
  requestBytesMax: MB,
  /** Nesting of JSON documents, definitions and bodies alike. */
  depthMax: 32,
  outputBytesMax: 5 * MB,
  tagsMax: 10,
  tagKeyLengthMax: 64,
  tagValueLengthMax: 256,
  idempotencyKeyLengthMax: 255,
  retryAttemptsMax: 100,
  conditionCasesMax: 100,
  catchNamesMax: 20,
  listPageMax: 200,
  listPageDefault: 50,
  nodesPageMax: 2_000,
  /** A runaway (retry loops, later rounds and redrives) stops here: max(floor, perNode × nodes). */
  transitionsFloor: 100_000,
  transitionsPerNode: 50,
  executionTimeoutMsMax: 366 * DAY_MS,
  executionTimeoutMsDefault: 30 * DAY_MS,
  /** 15 minutes is Lambda's longest invocation; one is kept for claiming, committing and going on. */
  attemptTimeoutMsMax: 14 * MINUTE_MS,
  attemptTimeoutMsDefault: MINUTE_MS,
  errorMessageLengthMax: 2 * KB,
  /** Each stays in the execution's header for its history. */
  redrivesMax: 100,
  /** Dead letters that a count looks at: an index entry is about 300 bytes, so a page of each shard. */
  deadLettersCountedMax: 10_000,
  /** Dead letters a second of a bulk replay. */
  replayRateMax: 100,
  replayRateDefault: 10,
} as const;

/** The transition budget of an execution whose workflow has this many nodes. */
export function transitionBudget(nodes: number): number {
  return Math.max(LIMITS.transitionsFloor, LIMITS.transitionsPerNode * nodes);
}
