import { checkAnnounced } from './announcements.ts';
import { checkAttempts } from './attempts.ts';
import { Books } from './books.ts';
import { checkCallbacks } from './callbacks.ts';
import type { Effect, Evidence, ExecutionEvidence } from './evidence.ts';
import { checkInputs } from './inputs.ts';
import { INVARIANTS, type InvariantId, type Report, type Violation } from './invariants.ts';
import { watchPermissions } from './permissions.ts';
import { placeByTime, watchPlaces, type PlacedEffect } from './placed-effects.ts';
import { checkTimes, watchReadiness } from './readiness.ts';
import { checkDeadLetters, checkNothingDue, checkRedrives } from './repair.ts';
import { replay, viewOf } from './replay.ts';
import { checkRest, checkStrays, watchEnd } from './rest.ts';
import { checkStored, watchTransitions } from './transitions.ts';

export { INVARIANTS, type InvariantId, type Violation } from './invariants.ts';

export interface Verdict {
  readonly violations: readonly Violation[];
  /** What the evidence was enough for, at least in part. */
  readonly judged: readonly InvariantId[];
}

export function check(evidence: Evidence): readonly Violation[] {
  return judge(evidence).violations;
}

/**
 * Judges what happened by records, log and ledger alone. Shares no code with the engine but the records' shapes, so that
 * what the engine gets wrong is not got wrong here as well.
 */
export function judge(evidence: Evidence): Verdict {
  const violations = new Map<string, Violation>();
  const reportOf =
    (execution?: string): Report =>
    (invariant, message) =>
      violations.set(`${execution ?? ''} ${invariant} ${message}`, {
        invariant,
        message,
        ...(execution !== undefined && { execution }),
      });
  const ledger = Map.groupBy(evidence.effects, ({ execution }) => execution);
  for (const execution of evidence.executions) {
    const { execution: id } = execution.key;
    checkExecution(evidence, execution, inOrder(ledger.get(id) ?? []), reportOf(id));
    ledger.delete(id);
  }
  for (const [unknown, effects] of ledger) {
    // One that nobody was told of may have been left out of the evidence; its effects would then be nobody's.
    reportOf(unknown)('I1', `${effects.length} effects belong to an execution that does not exist`);
  }
  if (evidence.messagesLeft > 0) reportOf()('I10', `${evidence.messagesLeft} messages are left in the queues`);
  checkWorkspaces(evidence, reportOf());
  return { violations: [...violations.values()], judged: judgedBy(evidence) };
}

function inOrder(effects: readonly Effect[]): Effect[] {
  return [...effects].sort((one, other) => one.startedAt - other.startedAt);
}

function checkExecution(
  evidence: Evidence,
  execution: ExecutionEvidence,
  effects: readonly Effect[],
  report: Report,
): void {
  const { header, changes } = execution;
  const places = new Map<Effect, PlacedEffect>();
  if (changes !== undefined) {
    const last = replay(execution, changes, effects, [
      watchPlaces(places),
      watchTransitions(report),
      watchEnd(report),
      watchReadiness(report, evidence.skewed),
      watchPermissions(report, evidence.skewed),
    ]);
    checkStored(execution, last, report);
  }
  if (header === undefined) {
    if (execution.accepted) report('I1', 'a start that was accepted has left nothing behind');
    if (effects.length > 0) report('I1', `${effects.length} effects belong to an execution that does not exist`);
    return;
  }
  const books = new Books();
  const planIds = execution.planIds?.get(header.version);
  for (const record of execution.nodes) books.put(record, 0, planIds);
  for (const group of execution.groups) books.putGroup(group);
  const view = viewOf(execution, header, books);
  checkRest(execution, header, view, report);
  checkNothingDue(header, report);
  checkAnnounced(execution, header, report);
  if (execution.callbacks !== undefined) checkCallbacks(execution, report);
  if (view === undefined) return;
  checkRedrives(execution, header, report);
  checkDeadLetters(execution, header, view, report);
  const placed = effects.map((effect) => places.get(effect) ?? placeByTime(execution, header, view, effect));
  checkStrays(execution, view, placed, report);
  checkAttempts(evidence, execution, view.model, placed, report);
  checkInputs(evidence, execution, view, placed, report);
  if (!evidence.skewed) checkTimes(execution, view, effects, report);
}

/** I12. A touched name is a workspace, or a partition key with the workspace in it. */
function checkWorkspaces({ executions, workspacesTouched }: Evidence, report: Report): void {
  const known = new Set(executions.map(({ key }) => key.workspace));
  for (const touched of workspacesTouched ?? []) {
    if (!touched.split('#').some((part) => known.has(part)))
      report('I12', `${touched} was touched and belongs to nobody here`);
  }
  for (const { key, header } of executions) {
    if (header !== undefined && (header.workspace !== key.workspace || header.execution !== key.execution))
      report('I12', `the header of ${key.execution} says ${header.workspace}#${header.execution}`);
  }
}

const OF_THE_LOG: ReadonlySet<InvariantId> = new Set(['I2', 'I3', 'I9']);

function judgedBy({ executions, workspacesTouched }: Evidence): readonly InvariantId[] {
  const logged = executions.some(({ changes }) => changes !== undefined);
  const called = executions.some(({ callbacks }) => callbacks !== undefined);
  const filed = executions.some(({ letters }) => letters !== undefined);
  const announced = executions.some((execution) => execution.announced !== undefined);
  return INVARIANTS.map(({ id }) => id).filter(
    (id) =>
      (logged || !OF_THE_LOG.has(id)) &&
      (filed || id !== 'I17') &&
      (announced || id !== 'I18') &&
      (called || id !== 'I15') &&
      (workspacesTouched !== undefined || id !== 'I12'),
  );
}
