import { NO_TOTALS, sumOf, type Totals } from '../../../metering/ledger.ts';
import { number, text, type Item } from './attributes.ts';
import { usageNumbers, usageOfNumbers } from './carried-usage.ts';
import { totalsKey } from './keys.ts';
import type { Table } from './table.ts';

/** Counts' attributes; usage has the units' own names. */
const COUNT = 'n:';
const MONTH_LENGTH = 'yyyy-mm'.length;

/**
 * What each workspace has used and done, an item a month. Processes add to it now and then; adding is no idempotent write,
 * so an answer that is lost and repeated counts twice.
 */
export class TotalsStore {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** `at`: by whose month it counts, RFC 3339. */
  async add(workspace: string, at: string, { usage, counts }: Totals): Promise<void> {
    const numbers = usageNumbers(usage);
    for (const [name, count] of Object.entries(counts)) numbers[`${COUNT}${name}`] = number(count);
    if (Object.keys(numbers).length > 0)
      await this.#table.add(totalsKey(workspace, at.slice(0, MONTH_LENGTH)), numbers);
  }

  /** Of all months. */
  async read(workspace: string): Promise<Totals> {
    const { pk } = totalsKey(workspace, '');
    const items: Item[] = [];
    let start: Item | undefined;
    do {
      const page = await this.#table.query({
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': text(pk) },
        // A counter that went back by what one copy does not know yet would look like one that began anew.
        ConsistentRead: true,
        ...(start !== undefined && { ExclusiveStartKey: start }),
      });
      items.push(...page.items);
      start = page.next;
    } while (start !== undefined);
    return items.map(totalsOf).reduce(sumOf, NO_TOTALS);
  }
}

function totalsOf(item: Item): Totals {
  const counts: Record<string, number> = {};
  for (const [name, { N }] of Object.entries(item)) {
    if (name.startsWith(COUNT)) counts[name.slice(COUNT.length)] = Number(N ?? 0);
  }
  return { usage: usageOfNumbers(item), counts };
}
