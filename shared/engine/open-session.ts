import type { Header } from '../domain/execution/records.ts';
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
  return header === undefined ? undefined : sessionOf(deps, header, { delivery, budget, mayRun });
}

/** For a header that was read strongly, just now. */
export async function sessionOf(
  deps: EngineDeps,
  header: Header,
  options: Pick<ConstructorParameters<typeof Session>[1], 'delivery' | 'budget' | 'mayRun'>,
): Promise<Session> {
  const plan = await deps.plans.load(header.workspace, header.workflow, header.version);
  return new Session(deps, { plan, header, ...options });
}
