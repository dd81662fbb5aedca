import {
  isSettledRecord,
  type AttemptRecord,
  type ExecutionKey,
  type GroupRecord,
  type NodeRecord,
  type SettledRecord,
} from '../../../domain/execution/records.ts';
import type { Json, JsonObject } from '../../../domain/json.ts';
import type { EpochMs } from '../../../domain/time.ts';
import { itemBytes, keyAttributes, number, numberOf, text, textOf, type Item } from './attributes.ts';
import { CARRIED } from './carried-usage.ts';
import { groupKey, nodeItemKey, RECORDS_FROM } from './keys.ts';
import { decodeRanges, encodeRanges } from './ranges.ts';
import { load, packInto, type Payloads } from '../payloads.ts';
import { assertReadable } from './record-version.ts';
import { structure as packStructure, structureOf } from './structure.ts';

/**
 * A node's item: `status` and `fence` for conditions, `op` for recognising our own write, `d` for the structure
 * without outputs, `o` for the outputs: a frontier over thousands of nodes unpacks no output.
 */
export async function nodeItem(key: ExecutionKey, record: NodeRecord, payloads: Payloads): Promise<Item> {
  const item: Item = {
    ...keyAttributes(nodeItemKey(key, record)),
    status: text(record.status),
    fence: number(record.fence),
    op: text(record.op),
  };
  const { structure, outputs } = split(record);
  // Large are histories of many attempts, or many pure nodes in one unit.
  item['d'] = packStructure(structure, itemBytes(item));
  if (outputs !== undefined) await packInto(item, 'o', outputs, payloads, `${key.workspace}/${key.execution}`);
  return item;
}

/** What the key, the conditions' attributes or the other numbers say is not said twice. */
function split(record: NodeRecord): { structure: unknown; outputs: JsonObject | undefined } {
  const {
    status: _status,
    fence: _fence,
    op: _op,
    node: _node,
    gen: _gen,
    attempt,
    crashes,
    attempts,
    ...told
  } = record;
  const rest = {
    ...told,
    ...(attempt !== 1 && { attempt }),
    ...(crashes !== 0 && { crashes }),
    ...(!isTold(record) && { attempts }),
  };
  if (!isSettledRecord(record)) return { structure: rest, outputs: undefined };
  const { output, pure, inline, groups, ...structure } = rest as typeof rest & SettledRecord;
  const pureOutputs: Record<string, Json> = {};
  const plain: string[] = [];
  const special: Record<string, unknown> = {};
  for (const [id, settled] of Object.entries(pure)) {
    if (settled.status === 'failed') {
      special[id] = settled;
      continue;
    }
    const { output: own, ...result } = settled;
    if (own !== undefined) pureOutputs[id] = own;
    if (Object.keys(result).length === 1) plain.push(id);
    else special[id] = result;
  }
  const outputs = {
    ...(output !== undefined && { own: output }),
    ...(Object.keys(pureOutputs).length > 0 && { pure: pureOutputs }),
  };
  return {
    structure: {
      ...structure,
      ...(plain.length > 0 && { plain: plain.join(',') }),
      ...(Object.keys(special).length > 0 && { special }),
      ...(inline.length > 0 && { inline: encodeRanges(inline) }),
      ...(groups.length > 0 && { groups: groups.map((group) => encodeRanges(group)) }),
    },
    outputs: Object.keys(outputs).length > 0 ? outputs : undefined,
  };
}

export function nodeRecord(item: Item): NodeRecord {
  assertReadable(item);
  const { plain, special, inline, groups, ...rest } = structureOf(item) as PackedStructure;
  const { attempt = 1, startedAt, endedAt } = rest;
  const { gen, node } = nodeOf(item);
  // Of thousands of items: one literal, no copies of copies.
  const record = {
    node,
    gen,
    status: textOf(item, 'status'),
    fence: numberOf(item, 'fence') ?? 0,
    op: textOf(item, 'op') ?? '',
    attempt,
    crashes: 0,
    attempts: rest.attempts ?? [{ attempt, startedAt, endedAt }],
    ...rest,
  } as NodeRecord;
  if (!isSettledRecord(record)) return record;
  const settled: Pick<SettledRecord, 'pure' | 'inline' | 'groups'> = {
    pure: plain === undefined ? (special ?? NONE) : { ...successes(plain), ...special },
    inline: inline === undefined ? [] : decodeRanges(inline),
    groups: groups === undefined ? [] : groups.map((group) => decodeRanges(group)),
  };
  return Object.assign(record, settled);
}

const NONE: SettledRecord['pure'] = Object.freeze({});

function successes(ids: string): SettledRecord['pure'] {
  return Object.fromEntries(ids.split(',').map((id) => [id, { status: 'succeeded' }]));
}

/** All that says how a node stands; each attribute of thousands of items takes its time to unpack. */
export const VIEW_ATTRIBUTES = ['sk', 'v', 'status', 'd', CARRIED] as const;
/** All of an item but the outputs. */
export const STATUS_ATTRIBUTES = [...VIEW_ATTRIBUTES, 'fence', 'op'] as const;

/** Whether the history is nothing but the one attempt that the record itself tells of: by far the most common record. */
function isTold(record: NodeRecord): boolean {
  const [first, ...others] = record.attempts;
  if (first === undefined || others.length > 0 || !isSettledRecord(record)) return false;
  const { attempt, startedAt, endedAt, ...more } = first;
  return (
    attempt === record.attempt &&
    startedAt === record.startedAt &&
    endedAt === record.endedAt &&
    Object.keys(more).length === 0
  );
}

/** The rest of it is the record's own. */
interface PackedStructure extends Pick<NodeRecord, 'startedAt'> {
  readonly endedAt?: EpochMs;
  /** 1, 0, and {@link isTold} where they are absent. */
  readonly attempt?: number;
  readonly crashes?: number;
  readonly attempts?: readonly AttemptRecord[];
  /** Pure nodes that just succeeded; a list of ids takes a fifth of an object. */
  readonly plain?: string;
  readonly special?: SettledRecord['pure'];
  readonly inline?: string;
  readonly groups?: readonly string[];
}

/** Of its sort key, `N#<gen>#<node>`. */
function nodeOf(item: Item): { readonly gen: number; readonly node: string } {
  const sk = textOf(item, 'sk') ?? '';
  const genEnd = sk.indexOf('#', RECORDS_FROM.length);
  return { gen: Number(sk.slice(RECORDS_FROM.length, genEnd)), node: sk.slice(genEnd + 1) };
}

/** The record with the outputs of the node and of its unit's pure members. */
export async function nodeRecordWithOutputs(item: Item, payloads: Payloads): Promise<NodeRecord> {
  const record = nodeRecord(item);
  if (!isSettledRecord(record)) return record;
  const outputs = (await load(item, 'o', payloads)) as
    | { readonly own?: Json; readonly pure?: Readonly<Record<string, Json>> }
    | undefined;
  if (outputs === undefined) return record;
  const pure = Object.fromEntries(
    Object.entries(record.pure).map(([id, settled]) => {
      const output = outputs.pure?.[id];
      return [id, output === undefined || settled.status !== 'succeeded' ? settled : { ...settled, output }];
    }),
  );
  return { ...record, pure, ...(outputs.own !== undefined && { output: outputs.own }) };
}

export function groupItem(key: ExecutionKey, group: GroupRecord): Item {
  const { op, ...structure } = group;
  return {
    ...keyAttributes(groupKey(key, group.node, group.gen, group.group)),
    op: text(op),
    d: text(JSON.stringify(structure)),
  };
}

export function groupRecord(item: Item): GroupRecord {
  assertReadable(item);
  const structure = JSON.parse(textOf(item, 'd') ?? '{}') as Omit<GroupRecord, 'op'>;
  return { ...structure, op: textOf(item, 'op') ?? '' };
}
