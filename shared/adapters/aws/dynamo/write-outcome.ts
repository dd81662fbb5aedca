import { ConditionalCheckFailedException, type ConsumedCapacity } from '@aws-sdk/client-dynamodb';
import { textOf, type Item } from './attributes.ts';

/**
 * The one place that knows what DynamoDB's answer to a write means. Every write of the adapters goes through
 * {@link conditionalWrite} or {@link idempotentWrite}; no other file catches what the client throws at a write.
 *
 * W1. A write whose answer was lost is repeated by the SDK, with the same `op`, and may then be refused because of its
 *     own first attempt. Every refusal brings the old item, and an equal `op` means: applied, by us.
 * W2. Refused because of another's write does not say that ours never held: it may have been applied and overwritten.
 *     It says what is there now, and that is all that the engine asks.
 * W3. Whatever is thrown leaves open whether the write was applied, unless {@link WriteFault.mayBeApplied} says no. The
 *     message at hand comes again, reads what is there, and writes with a new `op`.
 *
 * There are no cancellation reasons to classify: nothing here uses transactions (a test holds it to that).
 */
export type WriteResult = Written | Refusal<Item | undefined>;
export type CreateResult = Written | Refusal<Item>;

interface Written {
  readonly written: true;
  /** The SDK sent it more than once: the write that counted may have left later than what was read alongside. */
  readonly repeated?: true;
  /** What it cost, if that was asked for and an answer came. */
  readonly capacity?: ConsumedCapacity;
}

interface Refusal<E> {
  readonly written: false;
  readonly existing: E;
}

export interface Condition {
  readonly expression: string;
  readonly names?: Readonly<Record<string, string>>;
  readonly values?: Item;
}

/** Nobody has written this item yet. */
export const isAbsent = { expression: 'attribute_not_exists(pk)' } as const;
export type IsAbsent = typeof isAbsent;

/**
 * - `throttled`: over a limit of the partition, the table, an index or the account;
 * - `conflict`: another write of the same item was in the way: a transaction of somebody else's, another region's write;
 * - `rejected`: this request can never be applied: it is malformed, too large, forbidden, or the table is not there. A
 *   bug or a wrong configuration;
 * - `unknown`: no answer, or a server error: applied or not. So is everything that is not known to be one of the others.
 */
type WriteFaultKind = 'throttled' | 'conflict' | 'rejected' | 'unknown';

export class WriteFault extends Error {
  override readonly name = 'WriteFault';
  readonly kind: WriteFaultKind;
  /** False only if one attempt was made and DynamoDB itself turned it down. */
  readonly mayBeApplied: boolean;

  constructor(kind: WriteFaultKind, mayBeApplied: boolean, cause: unknown) {
    super(`${describe(kind, mayBeApplied)}: ${wordsOf(cause)}`, { cause });
    this.kind = kind;
    this.mayBeApplied = mayBeApplied;
  }
}

const THROTTLED = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'Throttling',
  'RequestLimitExceeded',
  'TooManyRequestsException',
]);
const CONFLICTS = new Set(['TransactionConflictException', 'ReplicatedWriteConflictException']);

const TOO_MANY_REQUESTS = 429;
/** The one client error that leaves open what became of the request. */
const REQUEST_TIMEOUT = 408;

/** A write that asks for the old item where its condition fails. `op` names it across its repetitions. */
export async function conditionalWrite(
  op: string | undefined,
  condition: Condition,
  send: () => Promise<{ readonly ConsumedCapacity?: ConsumedCapacity | undefined }>,
): Promise<WriteResult> {
  try {
    const answer = await send();
    const { attempts = 1 } = metadataOf(answer);
    const { ConsumedCapacity: capacity } = answer;
    return { written: true, ...(attempts > 1 && { repeated: true }), ...(capacity !== undefined && { capacity }) };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw faultOf(error);
    const existing = error.Item;
    // Not absent, hence something is there: without it nothing is known, not even whether it is our own write.
    if (existing === undefined && condition.expression === isAbsent.expression)
      throw new WriteFault('unknown', true, error);
    const isOurs = op !== undefined && existing !== undefined && textOf(existing, 'op') === op;
    return isOurs ? { written: true, repeated: true } : { written: false, existing };
  }
}

/** A write without a condition, which may be applied any number of times. */
export async function idempotentWrite<T>(send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw faultOf(error);
  }
}

function faultOf(error: unknown): WriteFault {
  const kind = kindOf(error);
  const { attempts } = metadataOf(error);
  return new WriteFault(kind, kind === 'unknown' || attempts === undefined || attempts > 1, error);
}

function kindOf(error: unknown): WriteFaultKind {
  const name = error instanceof Error ? error.name : '';
  const { httpStatusCode: status } = metadataOf(error);
  if (THROTTLED.has(name) || status === TOO_MANY_REQUESTS) return 'throttled';
  if (CONFLICTS.has(name)) return 'conflict';
  const isClientError = status !== undefined && status >= 400 && status < 500;
  return isClientError && status !== REQUEST_TIMEOUT ? 'rejected' : 'unknown';
}

interface Metadata {
  readonly httpStatusCode?: number;
  readonly attempts?: number;
}

/** Of an answer or of an error. */
function metadataOf(outcome: unknown): Metadata {
  if (typeof outcome !== 'object' || outcome === null || !('$metadata' in outcome)) return {};
  return (outcome.$metadata as Metadata | undefined) ?? {};
}

function describe(kind: WriteFaultKind, mayBeApplied: boolean): string {
  const what = {
    throttled: 'DynamoDB throttled a write',
    conflict: 'DynamoDB found a write in conflict with another',
    rejected: 'DynamoDB rejected a write',
    unknown: 'a write to DynamoDB got no clear answer',
  }[kind];
  return mayBeApplied ? `${what} (it may have been applied)` : what;
}

/** With the reasons of a throttle: whether one partition, an index or the account is over its limit decides what to do. */
function wordsOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const reasons = throttlingReasons(cause).map(({ reason = '?', resource = '' }) => `${reason} ${resource}`.trim());
  const why = reasons.length === 0 ? '' : ` (${reasons.join(', ')})`;
  return `${cause.name}: ${cause.message}${why}`;
}

interface ThrottlingReason {
  readonly reason?: string | undefined;
  readonly resource?: string | undefined;
}

function throttlingReasons(error: Error): readonly ThrottlingReason[] {
  for (const name of ['ThrottlingReasons', 'throttlingReasons']) {
    const reasons: unknown = Reflect.get(error, name);
    if (Array.isArray(reasons)) return reasons as readonly ThrottlingReason[];
  }
  return [];
}
