import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MUTANTS } from './catalogue.ts';
import type { Mutant } from './mutant.ts';

/**
 * `npm run sim:mutants`: puts one bug after the other into the engine and asks the simulator to find it. A simulator that
 * lets one pass would let the same mistake pass when somebody makes it.
 */
const SIMULATOR = join(import.meta.dirname, '../main.ts');
const APPLY = join(import.meta.dirname, 'apply.ts');
const LAST_SEED = 1_000_000_000;

interface Verdict {
  readonly name: string;
  readonly bug: string;
  readonly file: string;
  readonly caught: boolean;
  /** Which invariant it broke first, and in which run. */
  readonly by?: string;
  readonly seed?: number;
  readonly seconds: number;
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    runs: { type: 'string', default: '3000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
});

const chosen = MUTANTS.filter(({ name }) => values.only === undefined || values.only.split(',').includes(name));
if (chosen.length === 0) {
  console.error(`There is no mutant '${values.only}'. There are: ${MUTANTS.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
const verdicts = await inParallel(chosen, judge);
const caught = verdicts.filter((verdict) => verdict.caught).length;
if (values.json) console.log(JSON.stringify({ mutants: verdicts.length, caught, verdicts }));
else console.log(`${caught} of ${verdicts.length} mutants caught`);
process.exitCode = caught === verdicts.length ? 0 : 1;

async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = [...items.entries()];
  const workers = Array.from({ length: Math.max(1, availableParallelism()) }, async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) results[next[0]] = await work(next[1]);
  });
  await Promise.all(workers);
  return results;
}

async function judge(mutant: Mutant): Promise<Verdict> {
  const began = performance.now();
  const { name, bug, file } = mutant;
  const found = await simulate(mutant);
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  const verdict = { name, bug, file, caught: found !== undefined, ...found, seconds };
  if (!values.json)
    console.log(
      `${verdict.caught ? 'caught' : 'MISSED'}  ${name.padEnd(32)} ${(found?.by ?? '').padEnd(12)} ${seconds} s`,
    );
  return verdict;
}

/** Seeds in turn until one of them shows the bug. */
function simulate(mutant: Mutant): Promise<{ readonly by: string; readonly seed: number } | undefined> {
  const seed = Number(values.seed) % LAST_SEED;
  const args = [
    '--import',
    APPLY,
    SIMULATOR,
    '--runs',
    values.runs,
    '--seed',
    String(seed),
    '--stop-at-first',
    '--json',
  ];
  const env = { ...process.env, MUTANT: mutant.name, SIM_PROCESSES: '1' };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { env, maxBuffer: 64 * 1_024 * 1_024 }, (_, stdout, stderr) => {
      try {
        const report = JSON.parse(stdout) as { violations: number; first?: { invariant: string; seed: number } };
        const { first } = report;
        resolve(first === undefined ? undefined : { by: first.invariant, seed: first.seed });
      } catch {
        reject(new Error(`the simulator did not report on mutant '${mutant.name}':\n${stderr.slice(-2_000)}`));
      }
    });
  });
}
