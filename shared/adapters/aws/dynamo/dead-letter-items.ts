import type { DeadLetter, DeadLetterKey } from '../../../domain/execution/records.ts';
import { epochMs } from '../../../domain/time.ts';
import type { Payloads } from '../payloads.ts';
import { itemBytes, keyAttributes, number, numberOf, text, textOf, type Item } from './attributes.ts';
import { DEAD_LETTERS_FROM, deadLetterKey, deadLetterPartition, executionOf, listingSort, shardOf } from './keys.ts';
import { assertReadable } from './record-version.ts';
import { storedOf, storeInto } from './stored-values.ts';
import { structure, structureOf } from './structure.ts';

type Details = Pick<DeadLetter, 'error' | 'attempt' | 'attempts' | 'startedAt' | 'closedAt'>;

/** An entry lies with its execution and is listed by an index: newest first, with what filters and counts ask for. */
export async function deadLetterItem(letter: DeadLetter, payloads: Payloads): Promise<Item> {
  const { error, attempt, attempts, startedAt, closedAt } = letter;
  const shard = shardOf(letter.execution);
  const item: Item = {
    ...keyAttributes(deadLetterKey(letter)),
    status: text(letter.status),
    workflow: text(letter.workflow),
    version: number(letter.version),
    code: text(error.code),
    category: text(error.category),
    createdAt: number(letter.createdAt),
    lpk: text(deadLetterPartition(letter.workspace, shard)),
    lsk: text(listingSort(letter.createdAt, `${letter.execution}#${letter.gen}#${letter.node}`)),
  };
  const details: Details = { error, attempt, attempts, startedAt, ...(closedAt !== undefined && { closedAt }) };
  item['d'] = structure(details, itemBytes(item));
  if (letter.input !== undefined)
    await storeInto(item, 'input', letter.input, payloads, `${letter.workspace}/${letter.execution}`);
  return item;
}

export function deadLetterOf(item: Item): DeadLetter {
  assertReadable(item);
  const details = structureOf(item) as Details;
  const input = storedOf(item, 'input');
  return {
    ...deadLetterKeyOf(item),
    workflow: textOf(item, 'workflow') ?? '',
    version: numberOf(item, 'version') ?? 0,
    status: textOf(item, 'status') as DeadLetter['status'],
    createdAt: epochMs(numberOf(item, 'createdAt') ?? 0),
    ...details,
    ...(input !== undefined && { input }),
  };
}

export function deadLetterKeyOf(item: Item): DeadLetterKey {
  const key = executionOf(textOf(item, 'pk') ?? '');
  const [gen, node] = (textOf(item, 'sk') ?? '').slice(DEAD_LETTERS_FROM.length).split('#');
  if (key === undefined || node === undefined) throw new Error(`item ${textOf(item, 'pk')} is no dead letter`);
  return { ...key, gen: Number(gen), node };
}
