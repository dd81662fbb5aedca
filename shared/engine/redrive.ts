import { computeFrontier } from '../domain/execution/frontier.ts';
import { FIRST_GENERATION, versionAt } from '../domain/execution/generation.ts';
import { decideRedrive, type RedriveAsk, type RedriveDecision } from '../domain/execution/redrive.ts';
import { isTerminal, type ExecutionKey, type Header, type Repair, type Stored } from '../domain/execution/records.ts';
import { invariant } from '../domain/invariant.ts';
import { LIMITS } from '../domain/limits.ts';
import { epochMs } from '../domain/time.ts';
import type { Plan } from '../domain/workflow/plan.ts';
import { closeRepeated } from './dead-letters.ts';
import { announceEnd } from './end-execution.ts';
import type { EngineDeps } from './engine-deps.ts';
import type { WorkMessage } from './messages.ts';
import { openSession } from './open-session.ts';
import type { NodeKey } from './ports.ts';
import type { Session } from './session.ts';
import { StoredDefinitionError } from './stored-definition-error.ts';
import { CHECK_AFTER_MS, GUARD_DELAY_MS } from './time-budget.ts';

/** Every header read carries them, and a header has 400 KB for all its redrives. */
const FROM_KEPT_MAX = 20;

export interface RedriveRequest extends ExecutionKey, Omit<RedriveAsk, 'inputEdited'> {
  readonly input?: Stored;
  /** The plan to go on with; absent: the present one. */
  readonly target?: Plan;
  /** Only if these nodes are still of these generations: a replay must not repeat what another one has repeated meanwhile. */
  readonly generationOf?: readonly NodeKey[];
  readonly requestId: string;
}

export type RedriveResult =
  | { readonly kind: 'accepted'; readonly header: Header }
  | { readonly kind: 'not_found' | 'running' | 'nothing' | 'too_many' }
  /** Nodes whose results would be kept are not in the other version, or are something else there. */
  | { readonly kind: 'incompatible'; readonly nodes: readonly string[] };

/**
 * Opens the next generation of an execution that has ended (protocol §8 "Redrive"). Nothing is deleted or withdrawn: what
 * runs again has other keys from now on, and whatever comes late from the generation before finds none of them.
 *
 * One conditional write decides. Before it: a guard message, which carries on if we die after it and does nothing if we
 * die before. If the write's answer is lost, the store knows it by its operation id; a caller who asks again meanwhile is
 * told that the execution runs. Entries of the dead-letter list are closed after it; whoever comes by later (the guard)
 * closes what we could not. Twice at once: one wins, the other is told that it runs.
 */
export async function redrive(deps: EngineDeps, request: RedriveRequest): Promise<RedriveResult> {
  const { workspace: ws, execution: ex } = request;
  const delivery = { id: request.requestId, receiveCount: 1, isolated: false };
  const session = await openSession(deps, { ws, ex }, delivery, GUARD_DELAY_MS, false);
  if (session === undefined) return { kind: 'not_found' };
  const { header } = session;
  if (!isTerminal(header.status)) return { kind: 'running' };
  if (header.check !== undefined) {
    // Nobody would hear of this end any more.
    await announceEnd(deps, header);
    return redrive(deps, request);
  }
  if (!areOfGeneration(session, request.generationOf ?? [])) return { kind: 'nothing' };
  if (header.redrives.length >= LIMITS.redrivesMax) return { kind: 'too_many' };
  const { nodes } = await deps.store.readAll(session.key, 'statuses');
  const { standings } = computeFrontier(session.plan, session.recordLookup(nodes));
  const ended = {
    ...session.run,
    gen: header.gen,
    standings,
    given: await session.loadGiven(),
    inputSince: header.redrives.findLast(({ input }) => input !== undefined)?.gen ?? FIRST_GENERATION,
    planAt: await plansOf(deps, session),
  };
  const target = request.target ?? (await deps.plans.load(ws, header.workflow, header.version));
  const outputMended = header.reason === 'output_failed' && target.version !== header.version;
  const ask = { ...request, outputMended, inputEdited: request.input !== undefined };
  const decision = decideRedrive(ended, target, ask);
  if (decision.kind !== 'redrive') return decision;

  const gen = header.gen + 1;
  const message: WorkMessage = { v: 1, ws, ex, kind: 'redriven', gen };
  await deps.queue.send([{ message, notBefore: epochMs(deps.clock.now() + GUARD_DELAY_MS) }]);
  const next = nextGeneration(deps, header, request, target, repairOf(decision));
  if (!(await deps.store.replaceHeader(next))) return redrive(deps, request);
  await closeRepeated(deps, target, next);
  const expire = { message: { v: 1, ws, ex, kind: 'expire' } as const, notBefore: next.deadline };
  await deps.queue.send([{ message }, ...(target.timeoutExplicit ? [expire] : [])]);
  deps.log.info('execution redriven', { execution: ex, workspace: ws, generation: gen });
  return { kind: 'accepted', header: next };
}

/** What nodes of each generation ran as. One whose version cannot be loaded any more is taken for unchanged. */
async function plansOf({ plans }: EngineDeps, { header, plan }: Session): Promise<(generation: number) => Plan> {
  const { workspace, workflow, redrives } = header;
  const loaded = new Map<number, Plan>([[header.version, plan]]);
  for (const generation of [FIRST_GENERATION, ...redrives.map(({ gen }) => gen)]) {
    const version = versionAt(header, generation);
    const found = loaded.get(version) ?? (await plans.load(workspace, workflow, version).catch(unlessGone));
    if (found !== undefined) loaded.set(version, found);
  }
  return (generation) => loaded.get(versionAt(header, generation)) ?? plan;
}

function unlessGone(error: unknown): undefined {
  if (!(error instanceof StoredDefinitionError)) throw error;
}

function areOfGeneration({ run }: Session, expected: readonly NodeKey[]): boolean {
  return expected.every(({ node, gen }) => {
    const index = run.plan.indexOf.get(node);
    return index !== undefined && run.generation(index) === gen;
  });
}

function repairOf({ repair, given }: Extract<RedriveDecision, { kind: 'redrive' }>): Repair {
  return Object.keys(given).length === 0 ? repair : { ...repair, given: { at: 'record', value: given } };
}

/** Attempts and timeouts start anew; how the run before ended is kept for the history. */
function nextGeneration(
  { clock, ids }: EngineDeps,
  header: Header,
  { from, input }: RedriveRequest,
  target: Plan,
  repair: Repair,
): Header {
  const { stop, reason, error: _error, output: _output, progress: _progress, endedAt, ...kept } = header;
  invariant(endedAt !== undefined, 'only what has ended is redriven');
  const now = clock.now();
  const after = {
    version: header.version,
    status: header.status,
    endedAt,
    ...(reason !== undefined && { reason }),
    ...(stop !== undefined && { stop }),
  };
  const op = ids.operation();
  const entry = { gen: header.gen + 1, at: now, version: target.version, after, op };
  const asked = {
    ...(from !== undefined && { from: from.slice(0, FROM_KEPT_MAX) }),
    ...(input !== undefined && { input }),
  };
  return {
    ...kept,
    version: target.version,
    status: 'running',
    gen: header.gen + 1,
    redrives: [...header.redrives, { ...entry, ...asked }],
    repair,
    startedAt: header.startedAt ?? now,
    deadline: clock.after(target.timeoutMs),
    check: epochMs(now + CHECK_AFTER_MS),
    rev: header.rev + 1,
    op,
  };
}
