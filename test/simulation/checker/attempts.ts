import { isDeepStrictEqual } from 'node:util';
import { isSettledRecord, type NodeRecord, type SettledRecord } from '../../../shared/domain/execution/records.ts';
import type { Effect, Evidence, ExecutionEvidence, FaultEvidence } from './evidence.ts';
import type { Report } from './invariants.ts';
import type { Model, ModelNode } from './model.ts';
import { byNodeAndGeneration, type PlacedEffect } from './placed-effects.ts';

const LEDGER_TYPES: ReadonlySet<string> = new Set(['task', 'http']);
/** Nobody loses work by these. */
const HARMLESS = /duplicat|order|stale|timer/;
const KILLED = 'killed_by_node';
/** One covered start, and three claims that each find a dead worker. */
const STARTS_MAX = 4;
/** A worker that stood still, or whose clock is wrong, may go on beside another. */
const OVERLAPPING = /zombie|skew|stall|pause|hang/;

/** I4 (outputs), I7, I8 (overlaps), I13 and I14: records and ledger side by side. */
export function checkAttempts(
  evidence: Evidence,
  execution: ExecutionEvidence,
  model: Model,
  placed: readonly PlacedEffect[],
  report: Report,
): void {
  const faults = evidence.faults.filter(
    (fault) => fault.execution === undefined || fault.execution === execution.key.execution,
  );
  const ledger = evidence.ledgerTypes ?? LEDGER_TYPES;
  const nodes = byNodeAndGeneration(placed);
  for (const record of execution.nodes) {
    const node = model.byId.get(record.node);
    if (node === undefined) continue;
    checkRecord(node, record, report);
    if (ledger.has(node.type) && isSettledRecord(record))
      checkCommitted(record, nodes.get(node.id)?.get(record.gen) ?? [], report);
  }
  for (const [id, generations] of nodes) {
    const node = model.byId.get(id);
    for (const [gen, effects] of generations) {
      if (node !== undefined) checkCounts(node, gen, effects, report);
      checkRepeats(effects, faults, evidence.skewed, report);
      const timedOut = attemptsThatTimedOut(execution, id, gen);
      if (!evidence.skewed && !faults.some(({ kind }) => OVERLAPPING.test(kind)))
        checkOverlaps(effects, timedOut, report);
    }
    checkKeys(execution.key.execution, id, generations, report);
  }
}

function checkRecord(node: ModelNode, record: NodeRecord, report: Report): void {
  if (record.attempt > node.attempts)
    report('I7', `${node.id} got to attempt ${record.attempt}; its policy allows ${node.attempts}`);
  // What a breaker refused was none.
  const numbers = record.attempts.filter(({ refusals }) => refusals === undefined).map(({ attempt }) => attempt);
  if (new Set(numbers).size < numbers.length || numbers.some((number) => number > record.attempt))
    report('I7', `the record of ${node.id} lists attempts ${numbers.join(', ')} at attempt ${record.attempt}`);
}

/** What succeeded was done, and is what was done. */
function checkCommitted(record: SettledRecord, effects: readonly Effect[], report: Report): void {
  if (record.status !== 'succeeded') return;
  const own = effects.filter(({ attempt }) => attempt === record.attempt);
  if (own.length === 0)
    report('I4', `${record.node} succeeded at attempt ${record.attempt}, which nobody saw at the target`);
  else if (
    record.callback === undefined &&
    own.every(({ output }) => output !== undefined) &&
    !own.some(({ output }) => isDeepStrictEqual(output, record.output))
  )
    report('I4', `the output of ${record.node} is not what attempt ${record.attempt} produced`);
}

function checkCounts(node: ModelNode, gen: number, effects: readonly Effect[], report: Report): void {
  if (node.atMostOnce && effects.length > 1)
    report('I13', `${node.id} is at-most-once and had ${effects.length} effects in generation ${gen}`);
  const most = effects.reduce((max, { attempt }) => Math.max(max, attempt), 0);
  if (most > node.attempts)
    report('I7', `${node.id} had an effect at attempt ${most}; its policy allows ${node.attempts}`);
}

/** Each repetition within one attempt needs a fault between the two. */
function checkRepeats(
  effects: readonly Effect[],
  faults: readonly FaultEvidence[],
  skewed: boolean,
  report: Report,
): void {
  if (effects.length < 2) return;
  const attempts = Map.groupBy(effects, ({ attempt }) => attempt);
  const kills = faults.filter(({ kind }) => kind === KILLED).length;
  for (const [attempt, repeated] of attempts) {
    const extra = repeated.length - 1;
    if (extra === 0) continue;
    // Every other fault may have hidden from the node's record that it killed a worker.
    if (kills > 0 && repeated.length > STARTS_MAX + faults.length - kills)
      report(
        'I7',
        `attempt ${attempt} of ${repeated[0]?.node ?? ''} was started ${repeated.length} times and killed its workers`,
      );
    const what = `attempt ${attempt} of ${repeated[0]?.node ?? ''} had ${repeated.length} effects`;
    const repeating = faults.filter(({ kind, repeats }) => repeats ?? !HARMLESS.test(kind));
    // Clocks that differ are a fault that has no time.
    if (skewed) continue;
    if (extra > repeating.length) report('I7', `${what} and ${repeating.length} faults that could repeat it`);
    else {
      const unexplained = repeated.slice(1).some((effect, index) => {
        const since = repeated[index]?.startedAt ?? 0;
        return !repeating.some(({ at }) => at >= since && at <= effect.startedAt);
      });
      if (unexplained) report('I7', `${what}, and no fault hit it between two of them`);
    }
  }
}

/** An attempt whose time was over is given up; the target may still be at it. */
function attemptsThatTimedOut({ nodes }: ExecutionEvidence, node: string, gen: number): ReadonlySet<number> {
  const record = nodes.find((candidate) => candidate.node === node && candidate.gen === gen);
  const given = record?.attempts.filter(({ error }) => error?.category === 'timeout') ?? [];
  return new Set(given.map(({ attempt }) => attempt));
}

function checkOverlaps(effects: readonly Effect[], timedOut: ReadonlySet<number>, report: Report): void {
  let busy: Effect | undefined;
  for (const effect of effects) {
    if (busy?.endedAt !== undefined && busy.endedAt > effect.startedAt)
      report('I8', `attempt ${effect.attempt} of ${effect.node} began while attempt ${busy.attempt} was under way`);
    const end = timedOut.has(effect.attempt) ? undefined : effect.endedAt;
    if (end !== undefined && end >= (busy?.endedAt ?? end)) busy = effect;
  }
}

function checkKeys(
  execution: string,
  node: string,
  generations: ReadonlyMap<number, readonly Effect[]>,
  report: Report,
): void {
  let least = 1;
  const inOrder = Array.from(generations).sort(([one], [other]) => one - other);
  for (const [gen, effects] of inOrder) {
    const keys = new Set(effects.map(({ key }) => key));
    if (keys.size > 1) report('I14', `${node} used ${keys.size} idempotency keys in generation ${gen}`);
    for (const key of keys) {
      const prefix = `${execution}:${node}:`;
      const number = key.startsWith(prefix) ? key.slice(prefix.length) : '';
      if (!/^[1-9]\d*$/.test(number)) report('I14', `${key} is no idempotency key of ${node}`);
      else if (Number(number) < least)
        report('I14', `the key of ${node} fell from ${least} to ${number} in generation ${gen}`);
      else least = Number(number);
    }
  }
}
