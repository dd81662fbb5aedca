import type { Call } from '../iam/call.ts';
import { keyOf } from './judge.ts';

/** What the guard saw. */
export type GuardEvent =
  | { readonly kind: 'call'; readonly functionId: string; readonly call: Call; readonly poll?: Poll }
  | ({ readonly kind: 'refusal' } & Refused);

/** A poll, as far as an event source mapping decides about it. */
export interface Poll {
  readonly functionId: string;
  readonly queue: string;
  readonly batchSize: number;
}

/** A request that AWS would have refused, or of which nobody can say. */
interface Refused {
  /** The function, or an access key that is nobody's. */
  readonly caller: string;
  readonly action: string;
  readonly resource: string;
  readonly why: string;
}

export interface Refusal extends Refused {
  /** Where in the tests it first happened. */
  readonly place: string;
  readonly times: number;
}

/** What was asked for: every different call once. */
export class Ledger {
  readonly calls = new Map<string, Call>();
  /** By logical id: who called anything at all. */
  readonly callers = new Set<string>();
  readonly polls: Poll[] = [];
  readonly #refusals = new Map<string, Refusal>();

  get refusals(): readonly Refusal[] {
    return [...this.#refusals.values()];
  }

  enter(event: GuardEvent, place: string): void {
    if (event.kind === 'call') {
      this.callers.add(event.functionId);
      this.calls.set(keyOf(event.call), event.call);
      if (event.poll !== undefined) this.polls.push(event.poll);
      return;
    }
    const { kind: _kind, ...refused } = event;
    const key = `${refused.caller} ${refused.action} ${refused.resource}`;
    const known = this.#refusals.get(key);
    this.#refusals.set(key, { place, ...known, ...refused, times: (known?.times ?? 0) + 1 });
  }
}

/** For people: who may not what, why, and where it showed. */
export function describeRefusals(refusals: readonly Refusal[]): string {
  const lines = refusals.map(
    ({ caller, action, resource, why, place, times }) =>
      `  ${caller}: ${action} on ${resource}: ${why}; ${times === 1 ? 'once' : `${times} times, first`} in "${place}"`,
  );
  return [
    'AWS would deny what the functions ask for (grant it in lib/, or ask for something else):',
    ...[...lines].sort(),
  ].join('\n');
}
