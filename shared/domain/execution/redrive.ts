import { at, valueOf } from '../at.ts';
import { isWrittenAlike } from '../expression/written-form.ts';
import type { Json } from '../json.ts';
import { edgeAt, isVirtual, type Plan, type PlanNode } from '../workflow/plan.ts';
import type { Standing } from './frontier.ts';
import type { Run } from './generation.ts';
import type { Numbered, Repair } from './records.ts';
import { uncaughtError, type Settled } from './settled.ts';

/** What somebody asks for (contract §3 "Redrive"). */
export interface RedriveAsk {
  /** Discard what these nodes and all their descendants did; absent: repeat what failed, keep what succeeded. */
  readonly from?: readonly string[];
  /** Of the failed nodes, repeat these alone (replay of dead letters). */
  readonly only?: readonly string[];
  /** The execution's input is replaced. */
  readonly inputEdited: boolean;
  readonly freshKeys: boolean;
  /** The output could not be evaluated and is another one now: there is something to do even if nothing is repeated. */
  readonly outputMended?: boolean;
  /** What replaces the `with` of one node. */
  readonly given?: { readonly node: string; readonly value: Json };
}

/** The run that has ended, and where its nodes stood. */
export interface EndedRun extends Run {
  readonly gen: number;
  readonly standings: readonly Standing[];
  readonly given: Given;
  /** The latest generation for which the input was replaced; 1 if it never was. */
  readonly inputSince: number;
  /** What a node of this generation ran as: another version may have come since. */
  readonly planAt: (generation: number) => Plan;
}

/** What replaces nodes' `with`, by node id. */
export type Given = Readonly<Record<string, Json>>;

export type RedriveDecision =
  | { readonly kind: 'redrive'; readonly repair: Omit<Repair, 'given'>; readonly given: Given }
  /** Nothing failed that could be repeated. */
  | { readonly kind: 'nothing' }
  /** Kept nodes that the other version does not have, or has with another type. */
  | { readonly kind: 'incompatible'; readonly nodes: readonly string[] };

/**
 * Which nodes run again, under which generation and idempotency key. Pure.
 *
 * D1. A committed result is discarded only where somebody named it (`from`) or a node above it, or where it is that of a
 *     `first` or `always` node right below something that is repeated. All other successes stay, whatever is above them.
 * D2. Whatever has no committed result belongs to the new generation: late messages of the old one name other keys.
 * D3. A key grows where a target must do something again that it was told before: a success is discarded, or what the
 *     node is given may differ. An unchanged repetition of a failure keeps it, so that the target can recognise it.
 */
export function decideRedrive(ended: EndedRun, target: Plan, ask: RedriveAsk): RedriveDecision {
  const fates = fatesOf(ended, target, ask);
  const isAsked = ask.from !== undefined || ask.outputMended === true;
  // Also where the node that failed is not there any more: what waited for it may run now.
  if (!isAsked && !ended.plan.nodes.some(({ index }) => isCause(ended, index, ask))) return { kind: 'nothing' };
  const incompatible = incompatibleNodes(ended, target, fates, ask);
  if (incompatible.length > 0) return { kind: 'incompatible', nodes: incompatible };
  const gen = ended.gen + 1;
  const generations = generationsOf(ended, fates, gen);
  const given = givenTo(ended, target, fates, ask);
  const keys = keyNumbers(ended, target, fates, ask, given);
  const repair = { generations: grouped(generations, target.end), keys: grouped(keys, target.end) };
  return { kind: 'redrive', repair, given };
}

interface Fate {
  /** In the run that ended; undefined: this version has brought the node. */
  readonly before: number | undefined;
  readonly committed: boolean;
  readonly succeeded: boolean;
  readonly named: boolean;
  readonly repeated: boolean;
}

function fatesOf(ended: EndedRun, target: Plan, ask: RedriveAsk): Fate[] {
  const fates: Fate[] = [];
  const namedIds = withGates(ask.from);
  for (const node of target.nodes) {
    const before = ended.plan.indexOf.get(node.id);
    const status = before === undefined ? undefined : statusOf(ended, before);
    const committed = status === 'succeeded' || status === 'failed';
    const above = node.in.map((edge) => at(fates, edgeAt(target, edge).from));
    const named = namedIds.has(node.id) || above.some((source) => source.named);
    const runsRegardless = node.join === 'first' || node.join === 'always' || isBehindGate(target, node);
    const follows = above.some(({ repeated }) => repeated) && (!committed || runsRegardless);
    const repeated = named || follows || (before !== undefined && isCause(ended, before, ask));
    fates.push({ before, committed, succeeded: status === 'succeeded', named, repeated });
  }
  return fates;
}

/** The gate has taken over the node's join; where it is asked again, that is the node's own repetition. */
function isBehindGate(plan: Plan, node: PlanNode): boolean {
  return node.in.some((edge) => edgeAt(plan, edge).selector.kind === 'gate');
}

/** Whether a node has a reason of its own to be repeated: it failed, or was never brought to an end. */
function isCause(ended: EndedRun, index: number, ask: RedriveAsk): boolean {
  const { id, kind } = at(ended.plan.nodes, index);
  if (kind === 'end') return false;
  const status = statusOf(ended, index);
  if (status === undefined || status === 'cancelled') return true;
  if (ask.from !== undefined || !hasFailed(ended, index)) return false;
  return ask.only === undefined || withGates(ask.only).has(id);
}

function statusOf({ standings }: EndedRun, index: number): Settled['status'] | undefined {
  const standing = standings[index];
  return standing?.at === 'settled' ? standing.settled.status : undefined;
}

/** An `if` is asked again with its node. */
function withGates(ids: readonly string[] | undefined): ReadonlySet<string> {
  return new Set(ids?.flatMap((id) => [id, `${id}?`]));
}

/** Failed, or the gate of a node that did, in a way that failed the execution. */
function hasFailed({ plan, standings }: EndedRun, index: number): boolean {
  const { id, kind } = at(plan.nodes, index);
  const judged = kind === 'gate' ? valueOf(plan.indexOf, id.slice(0, -1)) : index;
  const standing = standings[judged];
  return standing?.at === 'settled' && uncaughtError(at(plan.nodes, judged), standing.settled) !== undefined;
}

function incompatibleNodes(ended: EndedRun, target: Plan, fates: readonly Fate[], ask: RedriveAsk): string[] {
  const discarded = discardedNodes(ended.plan, ask);
  return ended.plan.nodes.flatMap((node) => {
    if (isVirtual(node)) return [];
    const now = target.indexOf.get(node.id);
    if (now !== undefined) return isKept(at(fates, now)) && at(target.nodes, now).type !== node.type ? [node.id] : [];
    if (discarded.has(node.index)) return [];
    const status = statusOf(ended, node.index);
    return status === 'succeeded' || (status === 'failed' && !hasFailed(ended, node.index)) ? [node.id] : [];
  });
}

/** What was named and what was below it, in the version that ran. */
function discardedNodes(plan: Plan, { from }: RedriveAsk): ReadonlySet<number> {
  const named = withGates(from);
  const discarded = new Set<number>();
  for (const node of plan.nodes) {
    if (named.has(node.id) || node.in.some((edge) => discarded.has(edgeAt(plan, edge).from))) discarded.add(node.index);
  }
  return discarded;
}

function isKept({ committed, repeated }: Fate): boolean {
  return committed && !repeated;
}

function generationsOf(ended: EndedRun, fates: readonly Fate[], gen: number): number[] {
  return fates.map((fate) => (isKept(fate) && fate.before !== undefined ? ended.generation(fate.before) : gen));
}

function keyNumbers(ended: EndedRun, target: Plan, fates: readonly Fate[], ask: RedriveAsk, kept: Given): number[] {
  const grown: boolean[] = [];
  return target.nodes.map((node) => {
    const { before, repeated, succeeded } = at(fates, node.index);
    const above = node.in.some((edge) => at(grown, edgeAt(target, edge).from));
    const isEdited = ask.freshKeys || ask.inputEdited || isOtherRequest(ended, before, node, kept, ask);
    // A gate that is asked again tells no target anything.
    const isDiscarded = succeeded && node.kind !== 'gate';
    const grows = repeated && (isDiscarded || isEdited || above);
    grown.push(grows);
    return before === undefined ? 1 : ended.keyNumber(before) + (grows ? 1 : 0);
  });
}

/** Whether the node is given something else than when it last ran: that may be several redrives ago. */
function isOtherRequest(
  ended: EndedRun,
  before: number | undefined,
  node: PlanNode,
  given: Given,
  ask: RedriveAsk,
): boolean {
  if (ask.given?.node === node.id) return true;
  if (before === undefined) return false;
  const wasGiven = Object.hasOwn(ended.given, node.id);
  if (wasGiven !== Object.hasOwn(given, node.id)) return true;
  return ended.inputSince > ended.generation(before) || isChanged(ended, before, node);
}

/** Whether this version gives the node something else to do than the one that it last ran as. */
function isChanged(ended: EndedRun, before: number, node: PlanNode): boolean {
  const ran = ended.planAt(ended.generation(before));
  const old = at(ran.nodes, ran.indexOf.get(node.id) ?? before);
  return (
    old.type !== node.type || !isWrittenAlike(old.with, node.with) || !isWrittenAlike(old.condition, node.condition)
  );
}

/** Edited input stays with a node that is repeated as it is, until somebody names it or its definition changes. */
function givenTo(ended: EndedRun, target: Plan, fates: readonly Fate[], ask: RedriveAsk): Given {
  const kept = Object.entries(ended.given).filter(([id]) => {
    const index = target.indexOf.get(id);
    if (index === undefined) return false;
    const { before, named } = at(fates, index);
    return !named && (before === undefined || !isChanged(ended, before, at(target.nodes, index)));
  });
  return Object.fromEntries(ask.given === undefined ? kept : [...kept, [ask.given.node, ask.given.value]]);
}

function grouped(numbers: readonly number[], end: number): Numbered[] {
  const byNumber = new Map<number, number[]>();
  numbers.forEach((number, index) => {
    if (number === 1 || index === end) return;
    const nodes = byNumber.get(number);
    if (nodes === undefined) byNumber.set(number, [index]);
    else nodes.push(index);
  });
  return [...byNumber].map(([number, nodes]) => ({ number, nodes })).sort((one, other) => one.number - other.number);
}
