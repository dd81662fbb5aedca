import { describe, expect, test } from 'vitest';
import { DAGS } from './exhaustive/dags.ts';
import { exploreJobs, exploreShare } from './exhaustive/explore.ts';
import { Random } from './random.ts';
import { simulate } from './run.ts';
import { workflowOf, type Scenario } from './scenario/scenario.ts';
import { runSeed } from './seeds.ts';
import { NO_FAULTS } from './world/faults.ts';
import { FUNCTIONS, type FunctionConfig } from './world/functions.ts';

/** A share of what `npm run sim` does; more seeds: `npm run sim -- --runs 10000 --seed 1`. */
const FIRST_SEED = 1;
const SEEDS = 150;

/** Seeds that once failed, each with what it found; a seed that fails stays here for good. */
const REGRESSIONS: readonly (readonly [number, string])[] = [
  [22_811, 'the very first message of an execution is buried'],
];

test(`${SEEDS} random scenarios keep every invariant`, { timeout: 300_000 }, async () => {
  const violations: unknown[] = [];
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed += 1) {
    const { problems } = await runSeed(seed);
    if (problems.length > 0) violations.push({ seed, problems: problems.slice(0, 3) });
  }
  expect(violations).toEqual([]);
});

test.each(REGRESSIONS)('seed %d: %s', async (seed) => {
  const { problems } = await runSeed(seed);
  expect(problems).toEqual([]);
});

test('the same seed gives the same log, line by line; another one gives another', async () => {
  const [one, again, other] = [await runSeed(7, true), await runSeed(7, true), await runSeed(8, true)];
  expect(one.log.length).toBeGreaterThan(10);
  expect(again.log).toEqual(one.log);
  expect(again.digest).toBe(one.digest);
  expect(other.digest).not.toBe(one.digest);
});

describe('one fault at each call of a canonical DAG', () => {
  test('there are enough of them', () => {
    expect(Object.keys(DAGS).length).toBeGreaterThanOrEqual(14);
  });

  test.each(['diamond', 'at-most-once', 'callback-versus-timeout', 'redrive'])(
    '%s',
    { timeout: 120_000 },
    async (dag) => {
      const failures = [];
      for (const share of await exploreJobs([dag])) failures.push(...(await exploreShare(share)).failures);
      expect(failures).toEqual([]);
    },
  );
});

describe('a chain of 40 messages', () => {
  const task = (needs?: string) => ({ type: 'task', timeout: '5m', ...(needs !== undefined && { needs: [needs] }) });
  const nodes = Object.fromEntries(
    Array.from({ length: 40 }, (_, at) => [`n${at}`, task(at === 0 ? undefined : `n${at - 1}`)]),
  );
  const scenario: Scenario = {
    executions: [
      {
        key: { workspace: 'alpha', execution: 'ex1' },
        // An attempt that may take minutes has an invocation, and thus a message, of its own.
        workflow: workflowOf('alpha', 'chain', nodes),
        input: null,
        startMs: 0,
        startAgainMs: [],
        startAttempts: 1,
        answers: [],
        repairs: [],
      },
    ],
    afterFailure: 'when_visible',
    sweeper: false,
    clientAttempts: 1,
    coldStarts: 0,
  };
  const run = (recursiveLoop: FunctionConfig['recursiveLoop']) =>
    simulate(scenario, {
      random: new Random(1),
      faults: (now) => ({ ...NO_FAULTS, horizon: now, skewed: false }),
      keepLog: false,
      functions: { worker: { ...FUNCTIONS.worker, recursiveLoop } },
    });

  test('passes through a worker that may loop', async () => {
    const { evidence, faults, problems } = await run('Allow');
    expect(problems).toEqual([]);
    expect(evidence.executions[0]?.header?.status).toBe('succeeded');
    expect(faults.get('recursion_refused')).toBeUndefined();
  });

  test('is ended by Lambda after sixteen hops where the worker may not', async () => {
    const { evidence, faults } = await run('Terminate');
    expect(faults.get('recursion_refused')).toBeGreaterThan(0);
    expect(evidence.executions[0]?.header?.status).toBe('failed');
    expect(new Set(evidence.effects.map(({ node }) => node)).size).toBeLessThan(20);
  });

  test('the deployed worker may', () => {
    expect(FUNCTIONS.worker.recursiveLoop).toBe('Allow');
    expect(FUNCTIONS.isolated.recursiveLoop).toBe('Allow');
  });
});
