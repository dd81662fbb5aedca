import * as z from 'zod';
import type { Item } from '../../shared/adapters/aws/dynamo/attributes.ts';
import { headerOf } from '../../shared/adapters/aws/dynamo/header-items.ts';
import { HEADER_SK } from '../../shared/adapters/aws/dynamo/keys.ts';
import { groupRecord, nodeRecordWithOutputs } from '../../shared/adapters/aws/dynamo/node-items.ts';
import type { Payloads } from '../../shared/adapters/aws/payloads.ts';
import type { Header, Lease, NodeRecord } from '../../shared/domain/execution/records.ts';
import { epochMs } from '../../shared/domain/time.ts';
import type { Change } from '../simulation/checker/evidence.ts';
import type { InterceptedCall } from './intercepted-call.ts';

/** What a request may take from a worker to the proxy on a machine that is busy. */
const ON_THE_WAY_MS = 100;

/** A write that was applied, as it went over the wire. */
export interface Write {
  readonly seq: number;
  readonly at: number;
  readonly execution: string;
  readonly sk: string;
  /** The last write that had been applied when this request left, as nearly as can be told. */
  readonly issuedAfter: number;
  /** Of an arrival there are only its elements. */
  readonly item: Item | undefined;
  readonly elements: readonly string[];
}

const WireAttribute = z.looseObject({
  S: z.string().optional(),
  N: z.string().optional(),
  B: z.base64().optional(),
  SS: z.array(z.string()).optional(),
});
const WireItem = z.record(z.string(), WireAttribute);
const WireRequest = z.object({
  Item: WireItem.optional(),
  Key: WireItem.optional(),
  ExpressionAttributeValues: WireItem.optional(),
});

/** Every write of executions that the store has applied, in the order in which it applied them. */
export class WriteLog {
  readonly writes: Write[] = [];

  /** The number of the last write. */
  get seq(): number {
    return this.writes.length;
  }

  note({ execution, body, arrivedAt }: InterceptedCall): Write | undefined {
    if (execution === undefined) return undefined;
    const { Item: item, Key: key, ExpressionAttributeValues: values } = WireRequest.parse(JSON.parse(String(body)));
    const write: Write = {
      seq: this.seq + 1,
      at: Date.now(),
      issuedAfter: this.writes.findLast(({ at }) => at <= arrivedAt - ON_THE_WAY_MS)?.seq ?? 0,
      execution: execution.execution,
      sk: (item ?? key)?.['sk']?.S ?? '',
      item: item === undefined ? undefined : fromWire(item),
      elements: values?.[':values']?.SS ?? [],
    };
    this.writes.push(write);
    return write;
  }

  /**
   * The log as the checker reads it, by execution. `epochs`: instants at which a stack was told that whoever worked before
   * is dead; leases from before end there.
   */
  async changes(payloads: Payloads, epochs: readonly number[]): Promise<ReadonlyMap<string, readonly Change[]>> {
    const changes = new Map<string, Change[]>();
    const latest = new Map<string, Header | NodeRecord>();
    for (const write of this.writes) {
      const written = await changeOf(write, latest, payloads);
      if (written === undefined) continue;
      const change = withLease(written, (lease) => endedBy(lease, epochs));
      const known = changes.get(write.execution);
      if (known === undefined) changes.set(write.execution, [change]);
      else known.push(change);
    }
    return changes;
  }
}

async function changeOf(
  { seq, at, issuedAfter, execution, sk, item, elements }: Write,
  latest: Map<string, Header | NodeRecord>,
  payloads: Payloads,
): Promise<Change | undefined> {
  const place = { seq, at };
  const name = `${execution} ${sk}`;
  const before = latest.get(name);
  if (item === undefined) {
    const [, gen, join = '', level, chunk] = sk.split('#');
    return { ...place, kind: 'arrival', join, gen: Number(gen), level: Number(level), chunk: Number(chunk), elements };
  }
  if (sk === HEADER_SK) {
    const after = headerOf(item);
    latest.set(name, after);
    return { ...place, kind: 'header', after, before: before !== undefined && 'rev' in before ? before : undefined };
  }
  if (sk.startsWith('N#')) {
    const after = await nodeRecordWithOutputs(item, payloads);
    latest.set(name, after);
    return {
      ...place,
      kind: 'node',
      issuedAfter,
      after,
      before: before !== undefined && 'fence' in before ? before : undefined,
    };
  }
  return sk.startsWith('S#') ? { ...place, kind: 'group', issuedAfter, after: groupRecord(item) } : undefined;
}

function endedBy(lease: Lease, epochs: readonly number[]): Lease {
  const epoch = epochs.find((at) => at > lease.since);
  return epoch === undefined || epoch > lease.until ? lease : { ...lease, until: epochMs(epoch) };
}

function withLease(change: Change, ended: (lease: Lease) => Lease): Change {
  if (change.kind === 'group') return { ...change, after: { ...change.after, lease: ended(change.after.lease) } };
  if (change.kind !== 'node' || !('lease' in change.after)) return change;
  return { ...change, after: { ...change.after, lease: ended(change.after.lease) } };
}

/** The SDK has bytes where the wire has base64. */
function fromWire(item: z.infer<typeof WireItem>): Item {
  const attributes: Item = {};
  for (const [name, { S, N, B, SS }] of Object.entries(item)) {
    if (S !== undefined) attributes[name] = { S };
    else if (N !== undefined) attributes[name] = { N };
    else if (B !== undefined) attributes[name] = { B: Buffer.from(B, 'base64') };
    else if (SS !== undefined) attributes[name] = { SS };
  }
  return attributes;
}
