import { TABLE } from '../../../config/table.ts';
import { BreakerState } from '../../../domain/breaker.ts';
import { epochMs } from '../../../domain/time.ts';
import type { BreakerKey, BreakerRecord, BreakerStore, BreakerWrite } from '../../../engine/breakers.ts';
import { keyAttributes, number, numberOf, text, textOf, type Item } from './attributes.ts';
import { breakerKey } from './keys.ts';
import { assertReadable } from './record-version.ts';
import { isAbsent, type Table } from './table.ts';

/** Breakers in the table: an item for each target that has failed of late, none for those that never do. */
export class DynamoBreakerStore implements BreakerStore {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async readBreaker(key: BreakerKey): Promise<BreakerRecord | undefined> {
    const item = await this.#table.get(breakerKey(key));
    return item === undefined ? undefined : breakerRecord(item);
  }

  async writeBreaker(key: BreakerKey, next: BreakerRecord): Promise<BreakerWrite> {
    // Closes the race of two workers that read the same breaker: one of them has to look again.
    const nobodyWroteSince = { expression: 'rev = :last', values: { ':last': number(next.rev - 1) } };
    const result = await this.#table.put(breakerItem(key, next), next.rev === 1 ? isAbsent : nobodyWroteSince);
    if (result.written) return { written: true };
    return { written: false, existing: result.existing === undefined ? undefined : breakerRecord(result.existing) };
  }
}

const MS_PER_SECOND = 1_000;

function breakerItem(key: BreakerKey, { state, rev, op, forgetAt }: BreakerRecord): Item {
  return {
    ...keyAttributes(breakerKey(key)),
    rev: number(rev),
    op: text(op),
    forgetAt: number(forgetAt),
    d: text(JSON.stringify(state)),
    [TABLE.ttl]: number(Math.ceil(forgetAt / MS_PER_SECOND)),
  };
}

function breakerRecord(item: Item): BreakerRecord {
  assertReadable(item);
  return {
    state: BreakerState.parse(JSON.parse(textOf(item, 'd') ?? '{}')),
    rev: numberOf(item, 'rev') ?? 0,
    op: textOf(item, 'op') ?? '',
    forgetAt: epochMs(numberOf(item, 'forgetAt') ?? 0),
  };
}
