import { isDeepStrictEqual } from 'node:util';
import { WORKER } from '../../../shared/config/functions.ts';
import { isTerminal } from '../../../shared/domain/execution/records.ts';
import type { Failure, Outcome } from '../cli/jobs.ts';
import type { Change } from '../checker/evidence.ts';
import { endsOf, outputsOf } from '../ends.ts';
import { Random } from '../random.ts';
import { simulate, type Problem, type Run } from '../run.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { NO_FAULTS, type FaultPlan, type IoFault } from '../world/faults.ts';
import { EPOCH } from '../world/scheduler.ts';
import { DAGS, scenarioOf, type Recovery } from './dags.ts';

/** Which part of all that is to be tried. */
export interface ExploreShare {
  readonly dag: string;
  readonly recovery: Recovery;
  /** Numbers of trials: each is one call and one outcome. */
  readonly from: number;
  readonly count: number;
}

const VISIBILITY_MS = WORKER.visibilityTimeoutSeconds * 1_000;
const BEYOND_LEASE_MS = 70_000;
const BEYOND_VISIBILITY_MS = VISIBILITY_MS + 60_000;

/** All that one call can come to. */
const OUTCOMES: Readonly<Record<string, IoFault>> = {
  refused: { kind: 'refused' },
  throttled: { kind: 'throttled' },
  'answer-lost': { kind: 'answer_lost' },
  'crash-before': { kind: 'crash_before' },
  'crash-after': { kind: 'crash_after' },
  'zombie-beyond-lease-before': { kind: 'zombie_before', ms: BEYOND_LEASE_MS },
  'zombie-beyond-lease-after': { kind: 'zombie_after', ms: BEYOND_LEASE_MS },
  'zombie-beyond-visibility-before': { kind: 'zombie_before', ms: BEYOND_VISIBILITY_MS },
  'zombie-beyond-visibility-after': { kind: 'zombie_after', ms: BEYOND_VISIBILITY_MS },
  'duplicate-delivery': { kind: 'duplicate_delivery' },
};
const OUTCOME_NAMES = Object.keys(OUTCOMES);
/** A target's refusal is the node's business; whether its request was held up before it left nobody can know. */
const NOT_OF_EFFECTS = new Set(['refused', 'throttled', 'answer_lost', 'zombie_before']);
const TRIALS_PER_JOB = 250;

/** Divides everything into jobs. */
export async function exploreJobs(dags: readonly string[]): Promise<ExploreShare[]> {
  const jobs: ExploreShare[] = [];
  for (const dag of dags) {
    for (const recovery of DAGS[dag]?.recoveries ?? (['redelivery', 'sweeper'] as const)) {
      const clean = await runWith(dag, recovery, undefined);
      const trials = clean.world.calls.length * OUTCOME_NAMES.length;
      for (let from = 0; from < trials; from += TRIALS_PER_JOB)
        jobs.push({ dag, recovery, from, count: Math.min(TRIALS_PER_JOB, trials - from) });
    }
  }
  return jobs;
}

/** The run without faults, and then one for each call and each outcome: all must end alike. */
export async function exploreShare({ dag, recovery, from, count }: ExploreShare): Promise<Outcome> {
  const clean = await runWith(dag, recovery, undefined);
  const wanted = endOf(clean, recovery, dag);
  const faults: Record<string, number> = {};
  const failures: Failure[] = [];
  let [runs, steps, recoveryMsMax] = [0, 0, 0];
  let slowest: string | undefined;
  if (from === 0) fail('the run without faults', clean.problems);
  for (let trial = from; trial < from + count; trial += 1) {
    const name = OUTCOME_NAMES[trial % OUTCOME_NAMES.length] ?? '';
    const number = Math.floor(trial / OUTCOME_NAMES.length) + 1;
    const call = clean.world.calls[number - 1];
    const fault = OUTCOMES[name];
    if (call === undefined || fault === undefined) continue;
    if (call.name === 'effect' && NOT_OF_EFFECTS.has(fault.kind)) continue;
    const run = await runWith(dag, recovery, { number, fault });
    runs += 1;
    steps += run.steps;
    for (const [kind, times] of run.faults) faults[kind] = (faults[kind] ?? 0) + times;
    const label = `call ${number} (${call.name} of ${call.by}): ${name}`;
    const got = endOf(run, recovery, dag);
    const differs = isDeepStrictEqual(got, wanted) || wasInterrupted(run, dag) ? [] : [difference(got, wanted)];
    fail(label, [...run.problems, ...differs], trial);
    const recoveryMs = recoveryTime(clean, run, recovery, call.at, fault);
    if (recoveryMs <= recoveryMsMax) continue;
    recoveryMsMax = recoveryMs;
    slowest = `${dag}, ${recovery} alone, ${label}`;
  }
  return { runs, steps, faults, failures, digests: [], recoveryMsMax, ...(slowest !== undefined && { slowest }) };

  function fail(label: string, problems: readonly Problem[], trial = 0): void {
    const replay = `npm run sim -- --exhaustive --dag ${dag} --recovery ${recovery} --trial ${trial}   # ${label}`;
    if (problems.length > 0) failures.push({ replay, problems });
  }
}

/** One trial, with its log. */
export function runTrial(dag: string, recovery: Recovery, trial: number): Promise<Run> {
  const fault = OUTCOMES[OUTCOME_NAMES[trial % OUTCOME_NAMES.length] ?? ''];
  const number = Math.floor(trial / OUTCOME_NAMES.length) + 1;
  return runWith(dag, recovery, fault === undefined ? undefined : { number, fault }, true);
}

/** One run of a canonical DAG, with at most one fault. */
function runWith(
  dag: string,
  recovery: Recovery,
  hit: { readonly number: number; readonly fault: IoFault } | undefined,
  keepLog = false,
): Promise<Run> {
  const plan: FaultPlan = { ...NO_FAULTS, io: ({ number }) => (number === hit?.number ? hit.fault : undefined) };
  return simulate(scenarioOf(dag, recovery), {
    random: new Random(1).stream(dag),
    faults: (now) => ({ ...plan, horizon: now, skewed: false }),
    keepLog,
  });
}

function endOf({ evidence }: Run, recovery: Recovery, name: string): unknown {
  const { dag, executions } = scenarioOf(name, recovery);
  const [found] = evidence.executions;
  const { plan } = workflow({ executions });
  if (found === undefined) return undefined;
  const ends = endsOf(plan, found);
  if (dag.same === 'status') return { status: ends.status, reason: found.header?.reason };
  const all = { ...ends, outputs: outputsOf(plan, found), output: found.header?.output };
  return dag.same === 'nodes' ? all : { ...all, gen: found.header?.gen };
}

function workflow({ executions }: Pick<Scenario, 'executions'>) {
  const [execution] = executions;
  if (execution === undefined) throw new Error('there is no execution');
  return execution.workflow;
}

/** Ended in the other way that the DAG allows. */
function wasInterrupted({ evidence }: Run, name: string): boolean {
  const same = DAGS[name]?.same;
  if (same === undefined || typeof same === 'string') return false;
  const records = evidence.executions.flatMap(({ nodes }) => nodes);
  return records.some(
    ({ node, ...record }) => node === same.but && 'error' in record && record.error?.code === same.mayBe,
  );
}

function difference(got: unknown, wanted: unknown): Problem {
  return { invariant: 'same_end', message: `${JSON.stringify(got)} instead of ${JSON.stringify(wanted)}` };
}

/**
 * How long recovery took: from the moment when nothing was in its way any more to the execution's end, less what was left
 * of the run without faults. In the way are, as far as they end before the execution:
 * - the leases that the hit process held (its messages' or its request's), and how long it stood still;
 * - with redelivery alone, the visibility timeout of the messages that it did not finish;
 * - with the sweeper alone, the first check: a start or a redrive has a minute before anybody looks after it.
 * These are lengths that are configured. What remains is the wait for the sweeper's next round, its margin after a lease,
 * and the work itself. A retry's delay does not count that an attempt brought about which stood still beyond its timeout:
 * it failed, and its definition says what comes then.
 */
function recoveryTime(clean: Run, run: Run, recovery: Recovery, faultAt: number, fault: IoFault): number {
  const hit = run.world.ledger.lastHit;
  const [changes, cleanChanges] = [run, clean].map(({ evidence }) => evidence.executions[0]?.changes ?? []);
  if (hit === undefined || changes === undefined || cleanChanges === undefined) return 0;
  const leases = changes.flatMap((change) => leaseOf(change) ?? []).filter(({ by }) => hit.holders.includes(by));
  const fed = hit.by === 'worker' || hit.by === 'isolated';
  const obstacles = [
    ...leases.map(({ until }) => until),
    ...('ms' in fault ? [faultAt + fault.ms] : []),
    ...(recovery === 'redelivery' && fed ? [hit.startedAt + VISIBILITY_MS] : []),
    ...(recovery === 'sweeper' ? changes.flatMap((change) => firstCheckOf(change) ?? []) : []),
  ];
  const end = endTime(changes);
  const free = Math.max(faultAt, ...obstacles.filter((time) => time < end));
  const extraMs = Math.max(0, retryDelays(changes) - retryDelays(cleanChanges));
  return Math.max(0, end - free - extraMs - (endTime(cleanChanges) - faultAt));
}

function firstCheckOf(change: Change): number | undefined {
  if (change.kind !== 'header' || change.before?.gen === change.after.gen) return undefined;
  return change.after.check;
}

function retryDelays(changes: readonly Change[]): number {
  return changes.reduce(
    (sum, change) =>
      change.kind === 'node' && change.after.status === 'retrying' ? sum + change.after.due - change.at : sum,
    0,
  );
}

function leaseOf(change: Change) {
  if (change.kind === 'group') return change.after.lease;
  return change.kind === 'node' && 'lease' in change.after ? change.after.lease : undefined;
}

function endTime(changes: readonly Change[]): number {
  return changes.findLast((change) => change.kind === 'header' && isTerminal(change.after.status))?.at ?? EPOCH;
}
