import { runOf } from '../domain/execution/generation.ts';
import type { DeadLetter, Header, SettledRecord } from '../domain/execution/records.ts';
import { uncaughtError } from '../domain/execution/settled.ts';
import { settledFrom } from '../domain/execution/frontier.ts';
import type { Failure } from '../domain/failure.ts';
import type { Json } from '../domain/json.ts';
import type { EpochMs } from '../domain/time.ts';
import { isVirtual, nodeAt, type Plan, type PlanNode } from '../domain/workflow/plan.ts';
import type { EngineDeps } from './engine-deps.ts';
import { resolveWith } from './resolve-with.ts';
import type { Session } from './session.ts';

export interface UncaughtFailure {
  readonly node: PlanNode;
  readonly error: Failure;
}

/**
 * Files the failures of a unit that fail the execution: right after the commit that they follow from, so that nobody
 * waits for the end of a long execution to hear of them. Should we die in between, {@link ensureDeadLetters} files them
 * before the execution ends. The key is the node's, so that filing twice makes one entry.
 */
export async function fileDeadLetters(session: Session, record: SettledRecord): Promise<void> {
  const index = session.plan.indexOf.get(record.node);
  if (index === undefined) return;
  const root = nodeAt(session.plan, index);
  const members = root.members.map((member) => nodeAt(session.plan, member));
  for (const node of [root, ...members]) {
    const settled = node === root ? settledFrom(record, root) : record.pure[node.id];
    const error = settled === undefined ? undefined : uncaughtError(node, settled);
    if (error !== undefined && !isVirtual(node)) await file(session, record, { node, error });
  }
  if (session.filed.size > 0) await closeIfLate(session);
}

/** We may have stood still before we filed: meanwhile somebody may have repeated what the entry tells of. */
async function closeIfLate(session: Session): Promise<void> {
  const header = await session.refreshHeader();
  if (!session.superseded) return;
  const plan = await session.deps.plans.load(header.workspace, header.workflow, header.version);
  await closeRepeated(session.deps, plan, header);
}

/** Files what was not filed when the nodes failed. One read, and only for executions that failed. */
export async function ensureDeadLetters(session: Session, failed: readonly UncaughtFailure[]): Promise<void> {
  const { store } = session.deps;
  const unfiled = failed.filter(({ node }) => !session.filed.has(node.index));
  if (unfiled.length === 0) return;
  const letters = new Set((await store.deadLettersOf(session.key)).map(({ gen, node }) => `${gen}#${node}`));
  const missing = unfiled.filter(({ node }) => !letters.has(`${session.generation(node)}#${node.id}`));
  const units = [...new Set(missing.map(({ node }) => node.unit))].map((unit) => nodeAt(session.plan, unit));
  for (const unit of units) {
    const record = await store.readNode(session.key, session.nodeKey(unit));
    if (record === undefined || !('endedAt' in record)) continue;
    session.learnRecord(record);
    await fileDeadLetters(session, record);
  }
}

async function file(session: Session, record: SettledRecord, { node, error }: UncaughtFailure): Promise<void> {
  const { header, deps } = session;
  const isRoot = node.id === record.node;
  const input = await inputOf(session, record, { node, error });
  const letter: DeadLetter = {
    ...session.key,
    node: node.id,
    gen: record.gen,
    workflow: header.workflow,
    version: header.version,
    error,
    attempt: isRoot ? record.attempt : 1,
    attempts: isRoot ? record.attempts : [],
    startedAt: isRoot ? record.startedAt : record.endedAt,
    createdAt: record.endedAt,
    ...(input !== undefined && { input: { at: 'record', value: input } }),
    status: 'open',
  };
  await deps.store.fileDeadLetter(letter);
  deps.telemetry.deadLetterFiled(letter.workspace);
  session.filed.add(node.index);
}

/**
 * What the node saw: where it has just failed, nothing need be read for that. An entry without it is better than none: a
 * value that cannot be read may be what the node failed of. And not of a node that killed its worker, since evaluating its
 * templates may be what does that.
 */
async function inputOf(
  session: Session,
  record: SettledRecord,
  { node, error }: UncaughtFailure,
): Promise<Json | undefined> {
  if (error.code === 'poisoned') return undefined;
  const startedAt: EpochMs = node.kind === 'effect' ? record.startedAt : record.endedAt;
  try {
    const { value } = await resolveWith(session, { node, attempt: record.attempt, startedAt, via: record.via });
    return value.ok ? value.value : undefined;
  } catch (fault) {
    session.deps.log.warn('a dead letter is filed without its input', {
      ...session.key,
      node: node.id,
      error: String(fault),
    });
    return undefined;
  }
}

/**
 * Closes the entries of what a redrive repeats: they belong to generations that are past. Derived from the header alone,
 * so that it may be done again, late, or by somebody else.
 */
export async function closeRepeated({ store, clock, ids }: EngineDeps, plan: Plan, header: Header): Promise<void> {
  if (header.repair === undefined) return;
  for (const letter of await store.deadLettersOf(header)) {
    if (letter.status === 'open' && isRepeated(plan, header, letter))
      await store.closeDeadLetter(letter, { status: 'replayed', at: clock.now(), op: ids.operation() });
  }
}

/** Whether a redrive has reset the node since this entry was filed, or goes on with a version that does not have it. */
export function isRepeated(plan: Plan, header: Header, { node, gen }: DeadLetter): boolean {
  const index = plan.indexOf.get(node);
  return index === undefined || runOf(plan, header).generation(index) > gen;
}
