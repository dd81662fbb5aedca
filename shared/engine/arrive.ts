import { chunkOf, edgeElement, levelsOf, setSize, summaryElement, tallySet } from '../domain/execution/arrival-set.ts';
import type { Arrival } from '../domain/execution/closure.ts';
import { skipReason } from '../domain/execution/frontier.ts';
import { joinDecision, tally, type EdgeTally } from '../domain/execution/settled.ts';
import { edgeAt, nodeAt, type PlanNode } from '../domain/workflow/plan.ts';
import type { Session } from './session.ts';
import { settleSkipped } from './settle.ts';

/**
 * Writes arrivals at one join and acts on what the set then holds (protocol §6.5).
 *
 * A1. Adding is idempotent: a lost answer, a duplicate or recovery adds the same elements again.
 * A2. The set is a hint: a decision to run is checked against the records by the claim.
 * A3. Whoever knows the ends of all sources needs no hint, and nobody needs one of him: he decides the join himself, and if
 *     he dies before that, recovery finds it ready by the records. So joins within one invocation cost no arrivals.
 */
export async function arriveAt(session: Session, join: PlanNode, arrivals: readonly Arrival[]): Promise<void> {
  const known = edgesKnown(session, join);
  if (known !== undefined) return actOn(session, join, known);
  const byChunk = Map.groupBy(arrivals, ({ slot }) => chunkOf(slot));
  await Promise.all(
    [...byChunk].map(([chunk, members]) =>
      addElements(session, join, 0, chunk, new Set(members.map(({ slot, state }) => edgeElement(slot, state)))),
    ),
  );
}

/** Undefined unless all are. A `first` join is decided before; its stragglers, and the drains of others, are told by sets. */
function edgesKnown(session: Session, join: PlanNode): EdgeTally | undefined {
  if (join.join === 'first' || join.in.some((edge) => edgeAt(session.plan, edge).selector.kind === 'drain'))
    return undefined;
  const edges = tally(session.statesOf(join));
  return edges.complete ? edges : undefined;
}

async function addElements(
  session: Session,
  join: PlanNode,
  level: number,
  chunk: number,
  elements: ReadonlySet<string>,
): Promise<void> {
  const gen = session.generation(join);
  const all = await session.deps.store.arrive(session.key, { join: join.id, gen, level, chunk }, [...elements]);
  const size = setSize(join.in.length, level, chunk);
  const held = tallySet(all, size);
  const isTop = level === levelsOf(join.in.length).length - 1;
  if (held.complete && !isTop) {
    await addElements(session, join, level + 1, chunkOf(chunk), new Set([summaryElement(chunk, held)]));
  }
  if (join.join === 'first' && isOursToClaim(all, elements)) session.push({ kind: 'claim', node: join });
  if (isTop) actOn(session, join, held);
}

/**
 * Whether it is ours to claim the `first` join for this set: the least of its live edges is. Somebody always finds his own
 * the least, whatever order the answers come in; not "nobody was here before", which a repeated write would never find.
 */
function isOursToClaim(all: ReadonlySet<string>, ours: ReadonlySet<string>): boolean {
  const live = [...all].filter((element) => !element.includes(':') && element.endsWith('l'));
  const least = live.sort((one, other) => Number.parseInt(one, 10) - Number.parseInt(other, 10))[0];
  return least !== undefined && ours.has(least);
}

function actOn(session: Session, join: PlanNode, edges: EdgeTally): void {
  if (join.kind === 'end') {
    if (edges.complete) session.push({ kind: 'finish' });
    return;
  }
  if (edges.complete && join.join === 'first') drain(session, join);
  const decision = joinDecision(join.join, edges);
  // A `first` join is claimed at its first live edge (above), not again at each that follows.
  if (decision === 'run' && join.join !== 'first') session.push({ kind: 'claim', node: join, isNew: true });
  else if (decision === 'skip' || decision === 'blocked') session.push({ kind: 'skip', node: join });
}

/** All edges of a `first` join have arrived: its stragglers no longer keep the execution from ending. */
function drain(session: Session, join: PlanNode): void {
  const { plan } = session;
  for (const index of join.out) {
    const edge = edgeAt(plan, index);
    if (edge.selector.kind === 'drain')
      session.held.add([{ join: nodeAt(plan, edge.to), slot: edge.slot, state: 'live' }]);
  }
}

/** A join that its edges leave out. Which kind of skip it is follows from the sources' records, not from the set (A2). */
export async function skipJoin(session: Session, join: PlanNode): Promise<void> {
  await session.ensureSettled(session.sourcesOf(join));
  const decision = joinDecision(join.join, tally(session.statesOf(join)));
  if (decision === undefined || decision === 'run') return;
  await settleSkipped(session, join, {
    status: 'skipped',
    reason: skipReason(session.plan, join, decision, session.settledAt),
  });
}
