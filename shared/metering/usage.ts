/**
 * What AWS charges for, in the units in which it counts. The order is how usage is written down: append only, what older
 * records say is read for ever.
 */
export const UNITS = [
  /** DynamoDB: 1 KB written to an item or to an index entry. */
  'writeUnits',
  /** Those of them that were written to indexes. */
  'indexWriteUnits',
  /** DynamoDB: 4 KB read strongly, or 8 KB otherwise. */
  'readUnits',
  'indexReadUnits',
  /** SQS: calls, ours and those that Lambda's poller makes; ten messages may share one. */
  'queueRequests',
  /** EventBridge Scheduler: schedules made, each fires once. */
  'schedules',
  /** EventBridge: events put on a bus. */
  'events',
  'objectPuts',
  'objectGets',
  /** API Gateway. */
  'apiRequests',
  /** Lambda: messages of one batch share one. */
  'invocations',
  /** Lambda: the time from an invocation's begin, shared among the messages that were under way, times its memory. */
  'gbSeconds',
  /** CloudWatch Logs. */
  'logBytes',
] as const;
export type Unit = (typeof UNITS)[number];
export type Usage = Readonly<Record<Unit, number>>;

export const NO_USAGE: Usage = Object.freeze(
  Object.fromEntries(UNITS.map((unit) => [unit, 0])) as Record<Unit, number>,
);

export function isUnit(name: string): name is Unit {
  return Object.hasOwn(NO_USAGE, name);
}

/** A sum to add to. */
export function noUsage(): Record<Unit, number> {
  return { ...NO_USAGE };
}

export function addTo(sum: Record<Unit, number>, usage: Partial<Usage>): void {
  for (const unit in usage) sum[unit as Unit] += usage[unit as Unit] ?? 0;
}

export function plus(one: Usage, other: Partial<Usage>): Usage {
  const sum = { ...one };
  addTo(sum, other);
  return sum;
}

/** Shares of calls and GB-seconds are fractions; millionths of them matter. */
const PARTS = 1_000_000;

/** `1,,2.5`: a number for each unit, nothing for none, without what is none at the end. */
export function usageText(usage: Usage): string {
  let text = '';
  let commas = '';
  // Once for each record that is written: no arrays, no patterns.
  for (const unit of UNITS) {
    const value = Math.round(usage[unit] * PARTS) / PARTS;
    if (value !== 0) {
      text += commas + value;
      commas = '';
    }
    commas += ',';
  }
  return text;
}

export function usageOf(text: string | undefined): Usage {
  if (text === undefined || text === '') return NO_USAGE;
  const usage = noUsage();
  addText(usage, text);
  return usage;
}

/** As {@link usageText} wrote it. What cannot be read counts as nothing: an execution does not fail because of its bill. */
export function addText(sum: Record<Unit, number>, text: string): void {
  let from = 0;
  // Once for each record of an execution: most units are none.
  for (const unit of UNITS) {
    const comma = text.indexOf(',', from);
    const end = comma === -1 ? text.length : comma;
    if (end > from) {
      const value = Number(text.slice(from, end));
      if (Number.isFinite(value)) sum[unit] += value;
    }
    if (comma === -1) return;
    from = comma + 1;
  }
}
