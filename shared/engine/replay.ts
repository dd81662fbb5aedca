import type { DeadLetter, DeadLetterKey } from '../domain/execution/records.ts';
import type { Json } from '../domain/json.ts';
import { isRepeated } from './dead-letters.ts';
import type { EngineDeps } from './engine-deps.ts';
import { redrive, type RedriveResult } from './redrive.ts';

export interface Replay {
  readonly key: DeadLetterKey;
  /** Replaces what the node saw. */
  readonly with?: Json;
  readonly requestId: string;
}

export type ReplayResult = RedriveResult | { readonly kind: 'closed' };

/**
 * Repeats the node of a dead letter and carries the rest of the execution to its end: a redrive of that node. Whether the
 * letter was replayed before is told by the execution itself — its node has a later generation — and not by the entry,
 * which is closed only after the redrive: so a second replay is refused even if the first died in between.
 */
export async function replay(deps: EngineDeps, { key, with: value, requestId }: Replay): Promise<ReplayResult> {
  const letter = await deps.store.readDeadLetter(key);
  if (letter === undefined) return { kind: 'not_found' };
  if (!(await isOpen(deps, letter))) return { kind: 'closed' };
  const { workspace, execution, node } = key;
  const result = await redrive(deps, {
    workspace,
    execution,
    only: [node],
    generationOf: [key],
    freshKeys: false,
    ...(value !== undefined && { given: { node, value } }),
    requestId,
  });
  return result.kind === 'nothing' ? { kind: 'closed' } : result;
}

/** Closes an entry without doing anything about it. False: it is closed already. */
export async function discard(deps: EngineDeps, letter: DeadLetter): Promise<boolean> {
  if (!(await isOpen(deps, letter))) return false;
  const { clock, ids, store } = deps;
  return store.closeDeadLetter(letter, { status: 'discarded', at: clock.now(), op: ids.operation() });
}

/** The entry may lag behind its execution; whoever notices closes it. */
async function isOpen(deps: EngineDeps, letter: DeadLetter): Promise<boolean> {
  if (letter.status !== 'open') return false;
  const header = await deps.store.readHeader(letter);
  if (header === undefined) return false;
  const plan = await deps.plans.load(header.workspace, header.workflow, header.version);
  if (!isRepeated(plan, header, letter)) return true;
  await deps.store.closeDeadLetter(letter, { status: 'replayed', at: deps.clock.now(), op: deps.ids.operation() });
  return false;
}
