import { FIRST_GENERATION } from '../domain/execution/generation.ts';
import { isTerminal, type ExecutionKey, type Header, type Stored } from '../domain/execution/records.ts';
import { epochMs } from '../domain/time.ts';
import { nodeAt, START, type Plan } from '../domain/workflow/plan.ts';
import type { EngineDeps } from './engine-deps.ts';
import type { OutgoingMessage } from './ports.ts';
import { CHECK_AFTER_MS } from './time-budget.ts';

export interface StartRequest extends ExecutionKey {
  readonly plan: Plan;
  readonly input: Stored;
  readonly hold: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly trigger: string;
  /** Digest of the request: the same Idempotency-Key must come with the same one. Empty without one. */
  readonly request: string;
}

export type StartResult =
  | { readonly kind: 'started' | 'replayed'; readonly header: Header }
  /** The id exists, from a request that said something else. */
  | { readonly kind: 'conflict' };

/**
 * Starts an execution (protocol §8): the header, then the first message, then the caller is answered. The id is derived
 * from the idempotency key, so a hundred at once make one.
 *
 * If we die between the two, nobody was answered: the same request again sends the message again, and the sweeper,
 * whose check is a minute away, finds the header in any case. The message twice is a lost claim.
 */
export async function startExecution(deps: EngineDeps, request: StartRequest): Promise<StartResult> {
  const now = deps.clock.now();
  const { plan, hold } = request;
  const header: Header = {
    workspace: request.workspace,
    execution: request.execution,
    workflow: plan.workflow,
    version: plan.version,
    status: hold ? 'pending' : 'running',
    gen: FIRST_GENERATION,
    redrives: [],
    rev: 1,
    input: request.input,
    tags: request.tags,
    trigger: request.trigger,
    request: request.request,
    createdAt: now,
    ...(!hold && { startedAt: now }),
    deadline: deps.clock.after(plan.timeoutMs),
    check: epochMs(now + CHECK_AFTER_MS),
    op: deps.ids.operation(),
  };
  const result = await deps.store.createHeader(header);
  const current = result.created ? header : result.existing;
  if (current.request !== request.request) return { kind: 'conflict' };
  if (result.created && !hold) deps.telemetry.executionStarted(current.workspace);
  await send(deps, plan, current);
  return { kind: result.created ? 'started' : 'replayed', header: current };
}

async function send(deps: EngineDeps, plan: Plan, header: Header): Promise<void> {
  if (isTerminal(header.status)) return;
  const base = { v: 1 as const, ws: header.workspace, ex: header.execution };
  const messages: OutgoingMessage[] = [];
  if (header.status === 'running')
    messages.push({ message: { ...base, kind: 'node', node: nodeAt(plan, START).id, gen: FIRST_GENERATION } });
  // Without a timeout of its own an execution has 30 days: the sweeper's minutes are precise enough for that.
  if (plan.timeoutExplicit) messages.push({ message: { ...base, kind: 'expire' }, notBefore: header.deadline });
  if (messages.length > 0) await deps.queue.send(messages);
}

export type StartHeldResult =
  | { readonly kind: 'started'; readonly header: Header }
  | { readonly kind: 'terminal' }
  | { readonly kind: 'not_found' };

/** Starts a held execution; again is a no-op that sends the message again, in case it was lost the first time. */
export async function startHeld(deps: EngineDeps, key: ExecutionKey): Promise<StartHeldResult> {
  for (;;) {
    const header = await deps.store.readHeader(key);
    if (header === undefined) return { kind: 'not_found' };
    if (isTerminal(header.status)) return { kind: 'terminal' };
    const plan = await deps.plans.load(key.workspace, header.workflow, header.version);
    if (header.status === 'running') {
      if (header.stop === undefined && header.gen === FIRST_GENERATION)
        await send(deps, { ...plan, timeoutExplicit: false }, header);
      return { kind: 'started', header };
    }
    const now = deps.clock.now();
    const next: Header = {
      ...header,
      status: 'running',
      startedAt: now,
      // The time it was held does not count.
      deadline: deps.clock.after(plan.timeoutMs),
      check: epochMs(now + CHECK_AFTER_MS),
      rev: header.rev + 1,
      op: deps.ids.operation(),
    };
    if (!(await deps.store.replaceHeader(next))) continue;
    deps.telemetry.executionStarted(key.workspace);
    await send(deps, plan, next);
    return { kind: 'started', header: next };
  }
}
