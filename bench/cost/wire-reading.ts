import * as z from 'zod';
import type { WireCounts } from './wire-counts.ts';

/** One request and its answer, as they passed. */
export interface Exchange {
  readonly method: string;
  /** The last part of `X-Amz-Target`; S3 and Scheduler have none. */
  readonly operation: string;
  readonly request: string;
  readonly status: number;
  readonly answer: string;
}

const WRITES: ReadonlySet<string> = new Set(['PutItem', 'UpdateItem', 'DeleteItem']);
const READS: ReadonlySet<string> = new Set(['GetItem', 'BatchGetItem', 'Query']);
const OK = 200;

const Capacity = z.object({
  CapacityUnits: z.number(),
  Table: z.object({ CapacityUnits: z.number() }).optional(),
});
const Counted = z.object({ ConsumedCapacity: z.union([Capacity, z.array(Capacity)]) });
const Refused = z.object({ __type: z.string() });
const Sent = z.object({ Entries: z.array(z.unknown()) });
const Received = z.object({ Messages: z.array(z.unknown()).default([]) });

/** Asks for the capacity where the function itself did not. */
export function askedForCapacity(operation: string, body: string): string {
  const isCounted = WRITES.has(operation) || READS.has(operation);
  if (!isCounted || body.includes('"ReturnConsumedCapacity"') || !body.startsWith('{"')) return body;
  return `{"ReturnConsumedCapacity":"INDEXES",${body.slice(1)}`;
}

export function dynamodbCounts({ operation, status, answer }: Exchange): Partial<WireCounts> {
  const isWrite = WRITES.has(operation);
  if (!isWrite && !READS.has(operation)) throw new Error(`what ${operation} costs is not known here`);
  // Billed like one that is not refused, but the answer does not say how much; our records fit into one unit.
  if (status !== OK) return isWrite && isConditionRefused(answer) ? { writeUnits: 1 } : {};
  const capacities = [Counted.parse(JSON.parse(answer)).ConsumedCapacity].flat();
  const units = capacities.reduce((sum, { CapacityUnits }) => sum + CapacityUnits, 0);
  if (!isWrite) return { readUnits: units, readCalls: 1 };
  const inTable = capacities.reduce(
    (sum, { CapacityUnits, Table }) => sum + (Table?.CapacityUnits ?? CapacityUnits),
    0,
  );
  return { writeUnits: units, indexWriteUnits: units - inTable };
}

function isConditionRefused(answer: string): boolean {
  const refused = Refused.safeParse(JSON.parse(answer));
  return refused.success && refused.data.__type.endsWith('ConditionalCheckFailedException');
}

export function sqsCounts({ operation, request, answer }: Exchange): Partial<WireCounts> {
  switch (operation) {
    case 'SendMessage':
      return { queueRequests: 1, messages: 1 };
    case 'SendMessageBatch':
      return { queueRequests: 1, messages: Sent.parse(JSON.parse(request)).Entries.length };
    case 'ReceiveMessage':
      return { queueRequests: Received.parse(JSON.parse(answer)).Messages.length > 0 ? 1 : 0 };
    default:
      return { queueRequests: 1 };
  }
}

export function s3Counts({ method }: Exchange): Partial<WireCounts> {
  return method === 'GET' || method === 'HEAD' ? { objectGets: 1 } : { objectPuts: 1 };
}

/** It fires once, and then sends its message. */
export function schedulerCounts(): Partial<WireCounts> {
  return { schedules: 1, queueRequests: 1, messages: 1 };
}
