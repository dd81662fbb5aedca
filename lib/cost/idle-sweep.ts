/**
 * What the sweeper does when nothing is due; a test runs it and counts. Lambda bills the time, which no test here can
 * measure: a warm sweep takes 2 to 5 ms on a developer's machine, of which 3 to 4 ms is computing. With 512 MB Lambda
 * gives 0.29 of a processor, so 10 to 14 ms; four TLS handshakes, because DynamoDB closes what is silent for a minute,
 * another 20 ms; the queries and the way to them 10 to 20 ms; cold starts every other hour 4 ms on average. Twice that
 * is taken: the part of it in the idle cost is three cents.
 */
export const IDLE_SWEEP = {
  billedMs: 100,
  /** One of each shard of the check index (`CHECK_SHARDS`), all at once. */
  queries: 4,
  /** An eventually consistent query that finds nothing. */
  readUnitsPerQuery: 0.5,
  /** Its lines and metrics are written by sweeps that found something. */
  logBytes: 0,
  customMetrics: 0,
} as const;
