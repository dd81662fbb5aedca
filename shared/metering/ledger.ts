import { addTo, NO_USAGE, noUsage, plus, type Usage } from './usage.ts';

/** What a workspace has used and done since some instant. Only ever grows. */
export interface Totals {
  readonly usage: Usage;
  /** By name (`counts.ts`). */
  readonly counts: Readonly<Record<string, number>>;
}

export const NO_TOTALS: Totals = { usage: NO_USAGE, counts: {} };

export function sumOf(one: Totals, other: Totals): Totals {
  const counts = { ...one.counts };
  for (const [name, count] of Object.entries(other.counts)) counts[name] = (counts[name] ?? 0) + count;
  return { usage: plus(one.usage, other.usage), counts };
}

interface Account {
  readonly usage: ReturnType<typeof noUsage>;
  readonly counts: Record<string, number>;
}

/** What this process has counted for each workspace and not published yet. */
export class Ledger {
  readonly #open = new Map<string, Account>();

  use(workspace: string, usage: Partial<Usage>): void {
    addTo(this.#account(workspace).usage, usage);
  }

  count(workspace: string, name: string, by = 1): void {
    const { counts } = this.#account(workspace);
    counts[name] = (counts[name] ?? 0) + by;
  }

  unpublished(workspace: string): Totals {
    return this.#open.get(workspace) ?? NO_TOTALS;
  }

  /** Empties it. What then cannot be published is to be put back. */
  takeAll(): ReadonlyMap<string, Totals> {
    const all = new Map(this.#open);
    this.#open.clear();
    return all;
  }

  putBack(workspace: string, { usage, counts }: Totals): void {
    this.use(workspace, usage);
    for (const [name, count] of Object.entries(counts)) this.count(workspace, name, count);
  }

  #account(workspace: string): Account {
    const known = this.#open.get(workspace);
    if (known !== undefined) return known;
    const account = { usage: noUsage(), counts: {} };
    this.#open.set(workspace, account);
    return account;
  }
}

/** One for the process: the functions of a local stack share it, as they share the process. */
export const processLedger = new Ledger();
