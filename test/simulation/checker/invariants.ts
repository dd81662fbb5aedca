/** What must hold of every execution, whatever was done to the system (design §1, protocol §10). */
export const INVARIANTS = [
  { id: 'I1', statement: 'every accepted start exists and is terminal at rest, and ended only when all its nodes had' },
  { id: 'I2', statement: 'a node is settled by exactly one applied write in each of its generations' },
  {
    id: 'I3',
    statement: 'statuses, fences, attempts and generations only move forwards, and a stop is never taken back',
  },
  { id: 'I4', statement: 'what was committed never changes, and is what the attempt that committed it produced' },
  { id: 'I5', statement: 'a join fires once in a generation, and only when its rule says run' },
  {
    id: 'I6',
    statement:
      "every end, every skip and every input follows from the sources' committed ends by the contract's tables",
  },
  {
    id: 'I7',
    statement: 'attempts stay within the policy, and an effect is repeated only where a fault hit its attempt',
  },
  { id: 'I8', statement: 'a node never has two live permissions, and no effect begins without one' },
  { id: 'I9', statement: 'no effect begins under a permission that was issued after a stop was committed' },
  { id: 'I10', statement: 'at rest nothing is in flight: no message, no open record, no ready node' },
  { id: 'I11', statement: 'the counts in the header equal a recount from the records' },
  { id: 'I12', statement: 'no workspace is touched but those that executions belong to' },
  { id: 'I13', statement: 'an at-most-once node has at most one effect in a generation' },
  {
    id: 'I14',
    statement: 'all effects of a node in one generation carry one idempotency key, whose number never falls',
  },
  { id: 'I15', statement: 'an accepted callback is what the record holds' },
  {
    id: 'I16',
    statement: 'a redrive repeats no success but what was named, what is below it, and `first` and `always`',
  },
  { id: 'I17', statement: 'a failure that failed its execution has a dead letter, open until it is repeated' },
  { id: 'I18', statement: 'each end that is to be announced is, as what it was, and nothing else is' },
] as const;

export type InvariantId = (typeof INVARIANTS)[number]['id'];

export interface Violation {
  readonly invariant: InvariantId;
  readonly execution?: string;
  readonly message: string;
}

/** Takes down a violation of the execution at hand. */
export type Report = (invariant: InvariantId, message: string) => void;
