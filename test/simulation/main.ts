import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Failure, Job, Outcome } from './cli/jobs.ts';
import { readOptions, USAGE, type Options } from './cli/options.ts';
import { performAll } from './cli/pool.ts';
import { exploreJobs, runTrial } from './exhaustive/explore.ts';
import { DAGS } from './exhaustive/dags.ts';
import { runSeed } from './seeds.ts';
import { FAULT_KINDS } from './world/faults.ts';

const SEEDS_PER_JOB = 50;
const SHOWN_MAX = 20;

/** `npm run sim`: the engine under everything that can go wrong. */
async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if ('problem' in options) return usage(options.problem);
  if (options.exhaustive) return explore(options);
  return options.verbose && options.runs === 1 ? replay(options) : simulateSeeds(options);
}

async function simulateSeeds({ runs, seed, json, processes }: Options): Promise<number> {
  const jobs: Job[] = [];
  for (let from = 0; from < runs; from += SEEDS_PER_JOB)
    jobs.push({ kind: 'seeds', from: seed + from, count: Math.min(SEEDS_PER_JOB, runs - from) });
  const report = await run(jobs, json, processes);
  const { failures, outcomes, ...counts } = report;
  const faults = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, counts.faults[kind] ?? 0]));
  const digest = createHash('sha256')
    .update(outcomes.flatMap(({ digests }) => digests).join('\n'))
    .digest('hex');
  print(json, {
    runs,
    violations: failures.length,
    faults,
    steps: counts.steps,
    seed,
    digest,
    seconds: counts.seconds,
  });
  return show(failures, json);
}

async function explore({ dag, trial, recovery, json, processes }: Options): Promise<number> {
  const names = Object.keys(DAGS).filter((name) => dag === undefined || name === dag);
  if (names.length === 0) return usage(`there is no DAG "${dag}"; there are ${Object.keys(DAGS).join(', ')}.`);
  if (trial !== undefined) return replayTrial(dag, recovery, trial);
  const jobs = (await exploreJobs(names)).map((share): Job => ({ kind: 'explore', ...share }));
  const { failures, outcomes, ...counts } = await run(jobs, json, processes);
  const slowest = outcomes.reduce<Outcome | undefined>(
    (most, outcome) => ((outcome.recoveryMsMax ?? 0) > (most?.recoveryMsMax ?? 0) ? outcome : most),
    undefined,
  );
  print(json, {
    dags: names.length,
    runs: counts.runs,
    violations: failures.length,
    recoveryMsMax: slowest?.recoveryMsMax ?? 0,
    slowest: slowest?.slowest ?? null,
    faults: counts.faults,
    steps: counts.steps,
    seconds: counts.seconds,
  });
  return show(failures, json);
}

async function replayTrial(dag: string | undefined, recovery: Options['recovery'], trial: number): Promise<number> {
  if (dag === undefined) return usage('--trial is one of a DAG; name it with --dag.');
  const { log, problems } = await runTrial(dag, recovery, trial);
  process.stdout.write(`${log.join('\n')}\n`);
  return show(problems.length > 0 ? [{ replay: `${dag}, ${recovery} alone, trial ${trial}`, problems }] : [], false);
}

/** One seed with its log. */
async function replay({ seed, json }: Options): Promise<number> {
  const { log, problems, steps, digest, faults } = await runSeed(seed, true);
  if (!json) process.stdout.write(`${log.join('\n')}\n\n`);
  print(json, {
    runs: 1,
    violations: Math.min(problems.length, 1),
    faults: Object.fromEntries(faults),
    steps,
    seed,
    digest,
  });
  const again = `npm run sim -- --seed ${seed} --runs 1 --verbose`;
  return show(problems.length > 0 ? [{ replay: again, problems }] : [], json);
}

async function run(jobs: readonly Job[], quiet: boolean, processes = availableParallelism()) {
  const began = performance.now();
  const faults: Record<string, number> = {};
  let runs = 0;
  let steps = 0;
  let violations = 0;
  const outcomes = await performAll(jobs, processes, (outcome) => {
    runs += outcome.runs;
    steps += outcome.steps;
    violations += outcome.failures.length;
    for (const [kind, times] of Object.entries(outcome.faults)) faults[kind] = (faults[kind] ?? 0) + times;
    if (!quiet && process.stderr.isTTY) process.stderr.write(`\r${runs} runs, ${violations} with violations `);
  });
  if (!quiet && process.stderr.isTTY) process.stderr.write('\n');
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  return { outcomes, failures: outcomes.flatMap(({ failures }) => failures), faults, runs, steps, seconds };
}

function print(json: boolean, report: Readonly<Record<string, unknown>>): void {
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  const lines = Object.entries(report).map(([name, value]) => `${name.padEnd(14)} ${text(value)}`);
  process.stdout.write(`${json ? JSON.stringify(report) : lines.join('\n')}\n`);
}

/** Answers the exit code. With `--json` the only object on stdout is the report; what failed goes to stderr. */
function show(failures: readonly Failure[], json: boolean): number {
  const out = json ? process.stderr : process.stdout;
  for (const { replay: again, problems } of failures.slice(0, SHOWN_MAX)) {
    out.write(`\n${again}\n`);
    for (const { invariant, message } of problems.slice(0, SHOWN_MAX)) out.write(`  ${invariant}: ${message}\n`);
  }
  return failures.length > 0 ? 1 : 0;
}

function usage(problem: string): number {
  process.stderr.write(`${problem}\n\n${USAGE}\n`);
  return 2;
}

process.exitCode = await main();
