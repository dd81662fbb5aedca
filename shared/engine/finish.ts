import { evaluateValue } from '../domain/expression/template.ts';
import { computeFrontier, type Frontier } from '../domain/execution/frontier.ts';
import { countProgress } from '../domain/execution/progress.ts';
import type { ExecutionError } from '../domain/execution/records.ts';
import { uncaughtError } from '../domain/execution/settled.ts';
import { failure } from '../domain/failure.ts';
import type { Json } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { isVirtual, nodeAt } from '../domain/workflow/plan.ts';
import { closeRepeated, ensureDeadLetters, type UncaughtFailure } from './dead-letters.ts';
import { endExecution, type End } from './end-execution.ts';
import { jsonBytesAbove } from './json-bytes.ts';
import { buildScope, referencedIndices } from './scope.ts';
import type { Session } from './session.ts';

/**
 * Ends an execution whose every node has settled (protocol §8). The status comes from the records, never from the
 * arrivals at `$end`. Dead letters first: an execution that has failed has its entries. If we die before the write, the
 * arrivals at `$end` are complete: recovery or the sweeper gets here again. The condition lets exactly one end through.
 */
export async function finish(session: Session): Promise<void> {
  const frontier = await settledFrontier(session);
  if (frontier === undefined) return;
  const failed = failuresOf(session, frontier);
  if (failed.length > 0) await session.refreshHeader();
  // A stopped execution is closed when this invocation's branches have all ended (drive.ts).
  if (!session.mayStart) return;
  await ensureDeadLetters(session, failed);
  await closeRepeated(session.deps, session.plan, session.header);
  const end = await outcome(session, frontier, failed);
  const view = { now: session.deps.clock.now(), leaseEpoch: session.deps.leaseEpoch, terminal: true };
  const progress = countProgress(session.plan, frontier.standings, view);
  const ended = await endExecution(session.deps, session.header, { ...end, progress });
  if (ended === undefined) {
    // Somebody wrote the header meanwhile: a cancel, the sweeper's check, or another finisher.
    await session.refreshHeader();
    return finish(session);
  }
  session.adoptHeader(ended);
  session.deps.log.info('execution ended', { ...session.key, status: ended.status });
}

/** Undefined while something is open. What this invocation knows to have settled need not be read again. */
async function settledFrontier(session: Session): Promise<Frontier | undefined> {
  const { plan } = session;
  const known = plan.nodes.flatMap((node) => {
    const settled = node.kind === 'end' ? undefined : session.settledAt(node.index);
    return settled === undefined ? [] : [{ at: 'settled' as const, settled }];
  });
  if (known.length === plan.nodes.length - 1)
    return { standings: [...known, { at: 'ready' }], active: [], allSettled: true };
  const { nodes } = await session.deps.store.readAll(session.key, 'statuses');
  const frontier = computeFrontier(plan, session.recordLookup(nodes));
  return frontier.allSettled ? frontier : undefined;
}

async function outcome(session: Session, { standings }: Frontier, [failed]: readonly UncaughtFailure[]): Promise<End> {
  if (failed !== undefined) {
    // Of a virtual node (a message for it could not be worked) the user knows nothing.
    const error = isVirtual(failed.node) ? failed.error : { node: failed.node.id, ...failed.error };
    return { status: 'failed', reason: 'node_failed', error };
  }
  const { output } = session.plan;
  if (output === undefined) return { status: 'succeeded' };
  standings.forEach((standing, index) => {
    if (standing.at === 'settled' && session.settledAt(index) === undefined)
      session.learn(nodeAt(session.plan, index), standing.settled);
  });
  await session.ensureKnown(referencedIndices(session, [output]));
  const scope = await buildScope(session, [output], { generation: session.header.gen, now: session.deps.clock.now() });
  const value = evaluateValue(output, scope);
  if (!value.ok) return { status: 'failed', reason: 'output_failed', error: value.error };
  const tooLarge = sizeProblem(value.value);
  if (tooLarge !== undefined) return { status: 'failed', reason: 'output_failed', error: tooLarge };
  return { status: 'succeeded', output: { at: 'record', value: value.value } };
}

function sizeProblem(output: Json): ExecutionError | undefined {
  const bytes = jsonBytesAbove(output, LIMITS.outputBytesMax);
  if (bytes === undefined) return undefined;
  return failure(
    'output_too_large',
    'input',
    `the workflow's output has ${bytes} bytes; at most ${LIMITS.outputBytesMax} are allowed`,
  );
}

/** Failures that nobody caught or tolerated, in topological order. */
function failuresOf({ plan }: Session, { standings }: Frontier): UncaughtFailure[] {
  return standings.flatMap((standing, index) => {
    if (standing.at !== 'settled') return [];
    const node = nodeAt(plan, index);
    const error = uncaughtError(node, standing.settled);
    return error === undefined ? [] : [{ node, error }];
  });
}
