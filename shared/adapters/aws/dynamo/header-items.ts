import type {
  ExecutionError,
  ExecutionReason,
  ExecutionStatus,
  Header,
  Progress,
  Redrive,
  Stop,
  Stored,
} from '../../../domain/execution/records.ts';
import type { Json } from '../../../domain/json.ts';
import { epochMs } from '../../../domain/time.ts';
import { number, numberOf, text, textOf, keyAttributes, type Item } from './attributes.ts';
import { executionOf, headerKey, listingPartition, listingSort, shardOf, sweepPartition } from './keys.ts';
import { packInto, unpack, type PayloadStore } from '../payloads.ts';
import { assertReadable } from './record-version.ts';

/** What a list shows of an execution: exactly what the listing index projects. */
export type HeaderSummary = Pick<
  Header,
  | 'workspace'
  | 'execution'
  | 'workflow'
  | 'version'
  | 'status'
  | 'gen'
  | 'tags'
  | 'createdAt'
  | 'startedAt'
  | 'endedAt'
  | 'reason'
>;

interface Details {
  readonly redrives: readonly Redrive[];
  readonly trigger: string;
  readonly request: string;
  readonly deadline: number;
  readonly stop?: Stop;
  readonly error?: ExecutionError;
  readonly progress?: Progress;
}

export async function headerItem(header: Header, payloads: PayloadStore): Promise<Item> {
  const { redrives, trigger, request, deadline, stop, error, progress } = header;
  const details = { redrives, trigger, request, deadline, stop, error, progress } satisfies Record<
    keyof Details,
    unknown
  >;
  const shard = shardOf(header.execution);
  const item: Item = {
    ...keyAttributes(headerKey(header)),
    status: text(header.status),
    rev: number(header.rev),
    gen: number(header.gen),
    op: text(header.op),
    workflow: text(header.workflow),
    version: number(header.version),
    createdAt: number(header.createdAt),
    d: text(JSON.stringify(details)),
    lpk: text(listingPartition(header.workspace, shard)),
    lsk: text(listingSort(header.createdAt, header.execution)),
    ...(header.startedAt !== undefined && { startedAt: number(header.startedAt) }),
    ...(header.endedAt !== undefined && { endedAt: number(header.endedAt) }),
    ...(header.reason !== undefined && { reason: text(header.reason) }),
    ...(Object.keys(header.tags).length > 0 && { tags: text(JSON.stringify(header.tags)) }),
    ...(header.check !== undefined && { spk: text(sweepPartition(shard)), chk: number(header.check) }),
  };
  const scope = `${header.workspace}/${header.execution}`;
  await storeInto(item, 'input', header.input, payloads, scope);
  if (header.output !== undefined) await storeInto(item, 'output', header.output, payloads, scope);
  return item;
}

async function storeInto(
  item: Item,
  name: string,
  stored: Stored,
  payloads: PayloadStore,
  scope: string,
): Promise<void> {
  if (stored.at === 'record') return packInto(item, name, stored.value, payloads, scope);
  item[`${name}Ref`] = text(stored.ref);
  item[`${name}Size`] = number(stored.bytes);
}

function storedOf(item: Item, name: string): Stored | undefined {
  const found = unpack(item, name);
  if (found === undefined) return undefined;
  return 'value' in found
    ? { at: 'record', value: found.value }
    : { at: 'payload', ref: found.ref, bytes: found.bytes };
}

export function headerOf(item: Item): Header {
  assertReadable(item);
  const details = JSON.parse(textOf(item, 'd') ?? '{}') as Details;
  const output = storedOf(item, 'output');
  const check = numberOf(item, 'chk');
  return {
    ...headerSummary(item),
    rev: numberOf(item, 'rev') ?? 1,
    redrives: details.redrives,
    trigger: details.trigger,
    request: details.request,
    deadline: epochMs(details.deadline),
    op: textOf(item, 'op') ?? '',
    input: storedOf(item, 'input') ?? { at: 'record', value: null as Json },
    ...(output !== undefined && { output }),
    ...(check !== undefined && { check: epochMs(check) }),
    ...(details.stop !== undefined && { stop: details.stop }),
    ...(details.error !== undefined && { error: details.error }),
    ...(details.progress !== undefined && { progress: details.progress }),
  };
}

export function headerSummary(item: Item): HeaderSummary {
  const key = executionOf(textOf(item, 'pk') ?? '');
  if (key === undefined) throw new Error(`item ${textOf(item, 'pk')} is no execution`);
  const startedAt = numberOf(item, 'startedAt');
  const endedAt = numberOf(item, 'endedAt');
  const reason = textOf(item, 'reason') as ExecutionReason | undefined;
  return {
    ...key,
    workflow: textOf(item, 'workflow') ?? '',
    version: numberOf(item, 'version') ?? 0,
    status: textOf(item, 'status') as ExecutionStatus,
    gen: numberOf(item, 'gen') ?? 1,
    tags: JSON.parse(textOf(item, 'tags') ?? '{}') as Record<string, string>,
    createdAt: epochMs(numberOf(item, 'createdAt') ?? 0),
    ...(startedAt !== undefined && { startedAt: epochMs(startedAt) }),
    ...(endedAt !== undefined && { endedAt: epochMs(endedAt) }),
    ...(reason !== undefined && { reason }),
  };
}
