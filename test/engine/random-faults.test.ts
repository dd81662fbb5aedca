import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { Audit } from '../support/audit.ts';
import { compile, EngineHarness, type Nodes } from '../support/engine-harness.ts';
import { FaultPlan, FAULTS, InjectedFault } from '../support/faulty-ports.ts';
import { definitionOf, expected, MODEL_INPUT } from '../support/join-oracle.ts';
import { seededChooser, seededRandom } from '../support/orders.ts';
import { randomModel } from '../support/random-model.ts';
import type { Outcome, Script } from '../support/scripted-task.ts';

/**
 * Random workflows, random orders, duplicates, and up to two faults in each: whatever happens on the way, the end is what
 * the contract's tables say. More seeds: `SEEDS=100000 FIRST_SEED=1 npx vitest run test/engine/random-faults.test.ts`.
 */
const SEEDS = Number(process.env['SEEDS'] ?? 4_000);
const FIRST_SEED = Number(process.env['FIRST_SEED'] ?? 1);
/** Fewer than the crashes that would declare a node the killer of its workers. */
const FAULTS_MAX = 2;

/** Some tasks fail once before they end as they should, or wait for a while first: that changes nothing of how all ends. */
function withDetours(
  { nodes, script }: ReturnType<typeof definitionOf>,
  random: () => number,
): { readonly nodes: Nodes; readonly script: Script } {
  const flaky: Outcome = { fail: 'http_503', category: 'transient', retryable: true };
  const detours = Object.entries(nodes).map(([id, spec]) => {
    const end = script[id] ?? {};
    const chance = random();
    if (spec['type'] !== 'task' || chance > 0.4) return [id, spec, end] as const;
    if (chance > 0.25) return [id, spec, end.fail === undefined ? { ...end, wait: 90_000 } : end] as const;
    const retry = { delays: [chance > 0.12 ? '0s' : '2m'] };
    return [id, { ...spec, retry }, [flaky, end]] as const;
  });
  return {
    nodes: Object.fromEntries(detours.map(([id, spec]) => [id, spec])),
    script: Object.fromEntries(detours.map(([id, , end]) => [id, end])),
  };
}

async function run(seed: number): Promise<string | undefined> {
  const random = seededRandom(seed ^ 0x5eed);
  const model = randomModel(seed, 8);
  const { nodes, script } =
    seed % 2 === 0 ? definitionOf(model) : withDetours(definitionOf(model), seededRandom(seed ^ 0xde70));
  const wanted = expected(model);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const happened: string[] = [];
  const faults = new FaultPlan(({ number, name }) => {
    if (happened.length >= FAULTS_MAX || random() > 0.06) return undefined;
    const fault = pick(FAULTS);
    happened.push(`${number} ${name} ${fault}`);
    return fault;
  });
  const afterFault = pick(['at_once', 'when_visible', 'lost'] as const);
  const plan = compile(nodes);
  const audit = new Audit(plan);
  const options = {
    faults,
    afterFault,
    stallMs: pick([70_000, 1_000_000]),
    duplicates: random() < 0.3,
    holds: () => random() < 0.5,
  };
  const harness = new EngineHarness(plan, { ...options, script, input: MODEL_INPUT, watch: audit.watch });
  const choose = seededChooser(seed);
  const describe = (problem: unknown) =>
    `seed ${seed}, ${afterFault}, faults [${happened.join('; ')}]: ${JSON.stringify(problem)}\n${JSON.stringify(model)}`;
  try {
    await harness.start();
    while ((await harness.store.readHeader(harness.key)) === undefined) await harness.start();
    await (afterFault === 'lost' ? harness.sweepToEnd(choose) : harness.runToEnd(choose));
    const { status, nodes: got } = await harness.result();
    const ends = Object.fromEntries(
      Object.entries(got).map(([id, { output: _output, error: _error, ...end }]) => [id, end]),
    );
    if (!isDeepStrictEqual({ status, ends }, { status: wanted.status, ends: wanted.nodes }))
      return describe({ status, ends, wanted });
    const bugs = harness.errors.filter((error) => !(error instanceof InjectedFault)).map(String);
    if (audit.violations.length + bugs.length > 0) return describe([...audit.violations, ...bugs]);
    const started = new Set(harness.runs.map(({ node }) => node));
    const skipped = model.filter(({ id }) => wanted.nodes[id]?.status === 'skipped' && started.has(id));
    return skipped.length > 0 ? describe({ ranAlthoughSkipped: skipped }) : undefined;
  } catch (error) {
    return describe(String(error));
  } finally {
    harness.dispose();
  }
}

/** Seeds that once failed. */
test.each([
  // A duplicate delivery that stalls between reading leases and judging them, while the first one claims more and dies.
  148_366,
])('seed %d', async (seed) => {
  expect(await run(seed)).toBeUndefined();
});

test(
  `${SEEDS} random workflows with up to ${FAULTS_MAX} faults each end as they do without`,
  { timeout: 3_600_000 },
  async () => {
    const problems: string[] = [];
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS && problems.length < 5; seed += 1) {
      const problem = await run(seed);
      if (problem !== undefined) problems.push(problem);
    }
    expect(problems).toEqual([]);
  },
);
