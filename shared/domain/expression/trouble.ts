/** What goes wrong while an expression runs. Thrown inside this folder only; `evaluateValue` turns it into a Failure. */
export type TroubleKind =
  /** The data has no such key or index: what `coalesce` tolerates. */
  | 'missing'
  /** A wrong kind, a bad argument: `true || …` absorbs it, as CEL says. */
  | 'failed'
  /** The budget is spent: nothing absorbs it, or a loop could go on for ever. */
  | 'exhausted';

export class Trouble extends Error {
  readonly kind: TroubleKind;
  constructor(kind: TroubleKind, message: string) {
    super(clipped(message));
    this.kind = kind;
  }
}

const MESSAGE_LENGTH_MAX = 500;

/** Messages quote what the author wrote, which may be eight kilobytes of one name. */
export function clipped(message: string): string {
  return message.length > MESSAGE_LENGTH_MAX ? `${message.slice(0, MESSAGE_LENGTH_MAX)}…` : message;
}

export function fail(message: string): never {
  throw new Trouble('failed', message);
}

/** Keys come from data: long ones are cut, so that a message stays readable and bounded. */
export function quoteKey(key: string | number): string {
  if (typeof key === 'number') return String(key);
  return `'${key.length > 100 ? `${key.slice(0, 100)}…` : key}'`;
}
