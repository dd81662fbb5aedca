import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MUTANTS } from './catalogue.ts';
import type { Mutant } from './mutant.ts';

/**
 * `npm run sim:mutants`: puts one bug after the other into the engine and has the simulator find it. A simulator that lets
 * one pass would let the same mistake pass when somebody makes it.
 */
const USAGE = 'npm run sim:mutants -- [--runs 3000] [--seed 1] [--only name,…] [--json]';
const HUNT = join(import.meta.dirname, 'hunt.ts');
const APPLY = join(import.meta.dirname, 'apply.ts');

interface Verdict {
  readonly name: string;
  readonly bug: string;
  readonly files: readonly string[];
  readonly caught: boolean;
  /** Which invariant it broke first, in which run, and in the words of the checker. */
  readonly invariant?: string;
  readonly seed?: number;
  readonly message?: string;
  readonly seconds: number;
}

const options = readOptions();
if ('problem' in options) {
  console.error(`${options.problem}\n\n${USAGE}`);
  process.exitCode = 2;
} else {
  const { chosen, json } = options;
  const verdicts = await inParallel(chosen, (mutant) => judge(mutant, options));
  const caught = verdicts.filter((verdict) => verdict.caught).length;
  if (json) console.log(JSON.stringify({ mutants: verdicts.length, caught, verdicts }));
  else console.log(`${caught} of ${verdicts.length} mutants caught`);
  process.exitCode = caught === verdicts.length ? 0 : 1;
}

interface Options {
  readonly chosen: readonly Mutant[];
  readonly runs: number;
  readonly seed: number;
  readonly json: boolean;
}

function readOptions(): Options | { readonly problem: string } {
  try {
    const { values } = parseArgs({
      options: {
        json: { type: 'boolean', default: false },
        runs: { type: 'string', default: '3000' },
        seed: { type: 'string', default: '1' },
        only: { type: 'string' },
      },
    });
    const names = values.only?.split(',');
    const unknown = names?.find((name) => !MUTANTS.some((mutant) => mutant.name === name));
    if (unknown !== undefined)
      return { problem: `There is no mutant '${unknown}'; there are ${MUTANTS.map(({ name }) => name).join(', ')}.` };
    const chosen = MUTANTS.filter(({ name }) => names?.includes(name) ?? true);
    const [runs, seed] = [Number(values.runs), Number(values.seed)];
    if (!Number.isSafeInteger(runs) || runs < 1)
      return { problem: `--runs is "${values.runs}"; it is a whole number from 1.` };
    if (!Number.isSafeInteger(seed) || seed < 0)
      return { problem: `--seed is "${values.seed}"; it is a whole number from 0.` };
    return { chosen, runs, seed, json: values.json };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = [...items.entries()];
  const workers = Array.from({ length: availableParallelism() }, async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) results[next[0]] = await work(next[1]);
  });
  await Promise.all(workers);
  return results;
}

async function judge(mutant: Mutant, { runs, seed, json }: Options): Promise<Verdict> {
  const began = performance.now();
  const { name, bug, edits } = mutant;
  const found = await hunt(mutant, seed, runs);
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  const caught = found !== undefined;
  if (!json) {
    const how = caught ? `${found.invariant} in seed ${found.seed}` : `not in ${runs} runs`;
    console.log(`${caught ? 'caught' : 'MISSED'}  ${name.padEnd(32)} ${how.padEnd(24)} ${seconds} s`);
  }
  return { name, bug, files: edits.map(({ file }) => file), caught, ...found, seconds };
}

type Found = Required<Pick<Verdict, 'seed' | 'invariant' | 'message'>>;

function hunt(mutant: Mutant, seed: number, runs: number): Promise<Found | undefined> {
  const args = ['--import', APPLY, HUNT, String(seed), String(runs)];
  const env = { ...process.env, MUTANT: mutant.name };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { env }, (error, stdout, stderr) => {
      if (error === null) resolve((JSON.parse(stdout) as Found | null) ?? undefined);
      else reject(new Error(`the simulator broke down with mutant '${mutant.name}':\n${stderr.slice(-2_000)}`));
    });
  });
}
