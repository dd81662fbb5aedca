// npm run bench: what a node costs, how fast it is, what both come to in large, and what is uploaded.
import { measureBundles } from './bundles/bundles.ts';
import { measureCost } from './cost/cost.ts';
import { thisMachine } from './harness/machine.ts';
import { readOptions, type Options } from './options.ts';
import { reportJson, type BenchReport } from './report/report.ts';
import { reportText } from './report/text.ts';
import { measureRoundTrips } from './round-trips/round-trips.ts';
import { measureScale } from './scale/scale.ts';
import { measureSpeed } from './speed/speed.ts';

const USAGE_EXIT_CODE = 2;
const INTERRUPTED_EXIT_CODE = 130;

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if ('problem' in options) {
    console.error(options.problem);
    return USAGE_EXIT_CODE;
  }
  // Child processes and folders go with this one (`harness/temporary-folder.ts`, `speed/stack-process.ts`).
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => process.exit(INTERRUPTED_EXIT_CODE));
  const report = await measure(options);
  await print(options.json ? reportJson(report) : reportText(report));
  return 0;
}

/** Speed first: what comes after it leaves a process that is larger and warmer. */
async function measure({ effort }: Options): Promise<BenchReport> {
  const machine = thisMachine();
  const startedAt = performance.now();
  const speed = await measureSpeed(effort);
  const cost = await measureCost(effort);
  const scale = await measureScale(effort);
  const roundTrips = await measureRoundTrips();
  const bundles = await measureBundles(effort);
  const seconds = (performance.now() - startedAt) / 1_000;
  return {
    effort,
    seconds,
    cost,
    scale: scale.rows,
    scaleRatio: scale.usdRatio,
    speed,
    roundTrips,
    bundles,
    machine,
  };
}

/** Waits until it is out: where pipes are asynchronous, exiting at once would cut it. */
function print(text: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(text, () => resolve());
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
// Not left to the event loop: a handler that still waits for something would keep the process.
process.exit();
