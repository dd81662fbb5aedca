import type { EngineDeps } from './engine-deps.ts';
import type { Delivery, ExecutionMessage } from './messages.ts';
import { Session } from './session.ts';
import { timeBudget } from './time-budget.ts';

/** Undefined when there is no such execution (any more): a message may outlive it. */
export async function openSession(
  deps: EngineDeps,
  { ws, ex }: Pick<ExecutionMessage, 'ws' | 'ex'>,
  delivery: Delivery,
  remainingMs: number,
  mayRun: boolean,
): Promise<Session | undefined> {
  const budget = timeBudget(deps.clock.now(), remainingMs);
  const header = await deps.store.readHeader({ workspace: ws, execution: ex });
  if (header === undefined) return undefined;
  const plan = await deps.plans.load(ws, header.workflow, header.version);
  return new Session(deps, { plan, header, delivery, budget, mayRun });
}
