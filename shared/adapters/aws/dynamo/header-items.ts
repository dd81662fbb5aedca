import type {
  ExecutionError,
  ExecutionReason,
  ExecutionStatus,
  Header,
  Numbered,
  Progress,
  Redrive,
  Repair,
  Stop,
} from '../../../domain/execution/records.ts';
import type { Json } from '../../../domain/json.ts';
import { epochMs } from '../../../domain/time.ts';
import { number, numberOf, text, textOf, keyAttributes, type Item } from './attributes.ts';
import { executionOf, headerKey, listingPartition, listingSort, shardOf, sweepPartition } from './keys.ts';
import type { Payloads } from '../payloads.ts';
import { decodeRanges, encodeRanges } from './ranges.ts';
import { assertReadable } from './record-version.ts';
import { storedOf, storeInto } from './stored-values.ts';
import { structure, structureOf } from './structure.ts';

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
  /** Their inputs lie beside: each may be large. */
  readonly redrives: readonly Omit<Redrive, 'input'>[];
  readonly repair?: PackedRepair;
  readonly trigger: string;
  readonly request: string;
  readonly deadline: number;
  readonly stop?: Stop;
  readonly error?: ExecutionError;
  readonly progress?: Progress;
}

interface PackedRepair {
  readonly generations: readonly PackedNumbers[];
  readonly keys: readonly PackedNumbers[];
}
type PackedNumbers = readonly [number: number, nodes: string];

export async function headerItem(header: Header, payloads: Payloads): Promise<Item> {
  const { redrives, repair, trigger, request, deadline, stop, error, progress } = header;
  const details = {
    redrives: redrives.map(({ input: _input, ...redrive }) => redrive),
    repair: repair && { generations: repair.generations.map(packed), keys: repair.keys.map(packed) },
    trigger,
    request,
    deadline,
    stop,
    error,
    progress,
  } satisfies Record<keyof Details, unknown>;
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
    d: structure(details),
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
  for (const { gen, input } of redrives)
    if (input !== undefined) await storeInto(item, inputName(gen), input, payloads, scope);
  if (repair?.given !== undefined) await storeInto(item, 'given', repair.given, payloads, scope);
  if (header.output !== undefined) await storeInto(item, 'output', header.output, payloads, scope);
  return item;
}

function packed({ number: value, nodes }: Numbered): PackedNumbers {
  return [value, encodeRanges(nodes)];
}

function unpacked([value, nodes]: PackedNumbers): Numbered {
  return { number: value, nodes: decodeRanges(nodes) };
}

function repairOf(item: Item, { repair }: Details): Repair | undefined {
  if (repair === undefined) return undefined;
  const given = storedOf(item, 'given');
  return {
    generations: repair.generations.map(unpacked),
    keys: repair.keys.map(unpacked),
    ...(given !== undefined && { given }),
  };
}

function redrivesOf(item: Item, { redrives }: Details): Redrive[] {
  return redrives.map((redrive) => {
    const input = storedOf(item, inputName(redrive.gen));
    return input === undefined ? redrive : { ...redrive, input };
  });
}

/** The input that a redrive brought. */
function inputName(gen: number): string {
  return `input${gen}`;
}

export function headerOf(item: Item): Header {
  assertReadable(item);
  const details = structureOf(item) as Details;
  const repair = repairOf(item, details);
  const output = storedOf(item, 'output');
  const check = numberOf(item, 'chk');
  return {
    ...headerSummary(item),
    rev: numberOf(item, 'rev') ?? 1,
    redrives: redrivesOf(item, details),
    ...(repair !== undefined && { repair }),
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
