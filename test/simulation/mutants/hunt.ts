import { runSeed } from '../seeds.ts';

/**
 * One mutant's process (see apply.ts): seeds in turn until one shows the bug. Answers with one line of JSON. A bug may
 * also show as an exception that no fault explains, or as a run that never comes to rest.
 */
const [from = 1, count = 1] = process.argv.slice(2).map(Number);
const found = await hunt();
process.stdout.write(`${JSON.stringify(found ?? null)}\n`);

async function hunt(): Promise<
  { readonly seed: number; readonly invariant: string; readonly message: string } | undefined
> {
  for (let seed = from; seed < from + count; seed += 1) {
    const [first] = (await runSeed(seed)).problems;
    if (first !== undefined) return { seed, ...first };
  }
  return undefined;
}
