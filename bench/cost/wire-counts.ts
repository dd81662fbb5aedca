/** What one function asked of AWS, as it was seen on the wire; in the units in which it is billed. */
export interface WireCounts {
  writeUnits: number;
  /** Those of them that went to indexes. */
  indexWriteUnits: number;
  readUnits: number;
  /** Calls that read: what somebody may have had to wait for. */
  readCalls: number;
  /** Calls to SQS, the poller's included; receives that brought nothing are not the execution's. */
  queueRequests: number;
  messages: number;
  schedules: number;
  objectPuts: number;
  objectGets: number;
}

export function noCounts(): WireCounts {
  return {
    writeUnits: 0,
    indexWriteUnits: 0,
    readUnits: 0,
    readCalls: 0,
    queueRequests: 0,
    messages: 0,
    schedules: 0,
    objectPuts: 0,
    objectGets: 0,
  };
}

export function addCounts(sum: WireCounts, counts: Partial<WireCounts>): void {
  for (const unit of Object.keys(counts) as (keyof WireCounts)[]) sum[unit] += counts[unit] ?? 0;
}

export function totalCounts(all: readonly WireCounts[]): WireCounts {
  const sum = noCounts();
  for (const counts of all) addCounts(sum, counts);
  return sum;
}

/** What was counted between two readings. */
export function countsBetween(before: WireCounts, after: WireCounts): WireCounts {
  const difference = noCounts();
  for (const unit of Object.keys(difference) as (keyof WireCounts)[]) difference[unit] = after[unit] - before[unit];
  return difference;
}
