import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chaos } from './chaos.ts';
import { readOptions, USAGE } from './options.ts';

const SHOWN_MAX = 50;

/** `npm run chaos`: the real thing, roughly handled. */
async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if ('problem' in options) {
    process.stderr.write(`${options.problem}\n\n${USAGE}\n`);
    return 2;
  }
  const folder = await mkdtemp(join(tmpdir(), 'stepwell-chaos-'));
  const say = (line: string) => {
    if (!options.json) process.stdout.write(`${line}\n`);
  };
  const { violations, ...report } = await chaos({ ...options, folder, say });
  const shown = { ...report, violations: violations.length, leases: options.leases };
  if (options.json) process.stdout.write(`${JSON.stringify(shown)}\n`);
  else
    for (const [name, value] of Object.entries(shown))
      say(`${name.padEnd(14)} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`);
  if (violations.length === 0) {
    await rm(folder, { recursive: true, force: true });
    return 0;
  }
  for (const violation of violations.slice(0, SHOWN_MAX)) process.stderr.write(`${violation}\n`);
  process.stderr.write(`Ledger, database and the stack's log are in ${folder}\n`);
  return 1;
}

process.exitCode = await main();
