import { deflateRawSync } from 'node:zlib';
import { isSettledRecord, type ExecutionKey, type GroupRecord, type NodeRecord, type SettledRecord } from '../../../domain/execution/records.ts';
import type { Json, JsonObject } from '../../../domain/json.ts';
import { bytes, keyAttributes, number, text, textOf, type Item } from './attributes.ts';
import { groupKey, nodeItemKey } from './keys.ts';
import { decodeRanges, encodeRanges } from './ranges.ts';
import { inflate, load, packInto, type PayloadStore } from '../payloads.ts';
import { assertReadable } from './record-version.ts';

/** Structure longer than a write unit (histories of many attempts) is worth compressing. */
const COMPRESS_ABOVE_BYTES = 1_024;

/**
 * A node's item: `status` and `fence` for conditions, `op` for recognising our own write, `d` for the structure
 * without outputs, `o` for the outputs: a frontier over thousands of nodes unpacks no output.
 */
export async function nodeItem(key: ExecutionKey, record: NodeRecord, payloads: PayloadStore): Promise<Item> {
  const item: Item = {
    ...keyAttributes(nodeItemKey(key, record)),
    status: text(record.status),
    fence: number(record.fence),
    op: text(record.op),
  };
  const { structure, outputs } = split(record);
  const json = JSON.stringify(structure);
  item['d'] = json.length <= COMPRESS_ABOVE_BYTES ? text(json) : bytes(deflateRawSync(json));
  if (outputs !== undefined) await packInto(item, 'o', outputs, payloads, `${key.workspace}/${key.execution}`);
  return item;
}

/** A success at the first attempt, by far the most common record, needs no history: it follows from the times. */
function split(record: NodeRecord): { structure: unknown; outputs: JsonObject | undefined } {
  const { status: _status, fence: _fence, op: _op, ...rest } = record;
  if (!isSettledRecord(record)) return { structure: rest, outputs: undefined };
  const { output, pure, inline, groups, ...structure } = rest as SettledRecord;
  const pureOutputs: Record<string, Json> = {};
  const results = Object.entries(pure).map(([id, settled]) => {
    if (settled.status !== 'succeeded' || settled.output === undefined) return [id, settled] as const;
    const { output: own, ...result } = settled;
    pureOutputs[id] = own;
    return [id, result] as const;
  });
  const outputs = {
    ...(output !== undefined && { own: output }),
    ...(Object.keys(pureOutputs).length > 0 && { pure: pureOutputs }),
  };
  return {
    structure: {
      ...structure,
      ...(results.length > 0 && { pure: Object.fromEntries(results) }),
      ...(inline.length > 0 && { inline: encodeRanges(inline) }),
      ...(groups.length > 0 && { groups: groups.map(encodeRanges) }),
    },
    outputs: Object.keys(outputs).length > 0 ? outputs : undefined,
  };
}

export function nodeRecord(item: Item): NodeRecord {
  assertReadable(item);
  const packed = item['d']?.B;
  const structure = (packed === undefined ? JSON.parse(textOf(item, 'd') ?? '{}') : inflate(packed)) as Record<string, unknown>;
  const base = { ...structure, status: textOf(item, 'status'), fence: Number(item['fence']?.N ?? 0), op: textOf(item, 'op') };
  if (!isSettledRecord(base as unknown as NodeRecord)) return base as unknown as NodeRecord;
  const { inline, groups, pure } = structure as { inline?: string; groups?: string[]; pure?: SettledRecord['pure'] };
  return {
    ...(base as unknown as SettledRecord),
    pure: pure ?? {},
    inline: inline === undefined ? [] : decodeRanges(inline),
    groups: (groups ?? []).map(decodeRanges),
  };
}

/** The record with the outputs of the node and of its unit's pure members. */
export async function nodeRecordWithOutputs(item: Item, payloads: PayloadStore): Promise<NodeRecord> {
  const record = nodeRecord(item);
  if (!isSettledRecord(record)) return record;
  const outputs = (await load(item, 'o', payloads)) as { readonly own?: Json; readonly pure?: Readonly<Record<string, Json>> } | undefined;
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
  return { ...keyAttributes(groupKey(key, group.node, group.gen, group.group)), op: text(op), d: text(JSON.stringify(structure)) };
}

export function groupRecord(item: Item): GroupRecord {
  assertReadable(item);
  const structure = JSON.parse(textOf(item, 'd') ?? '{}') as Omit<GroupRecord, 'op'>;
  return { ...structure, op: textOf(item, 'op') ?? '' };
}
