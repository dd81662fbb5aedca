// npm run demo: every workflow in `examples/` on a throw-away local stack, against services that this process plays.
import { parseArgs } from 'node:util';
import { startLocalStack } from '../stack.ts';
import type { LocalStack } from '../stack-options.ts';
import { Api } from './api.ts';
import type { DemoRun } from './examples.ts';
import { EXAMPLES_DIR, readExamples } from './examples.ts';
import type { Demo, RunResult } from './perform.ts';
import { perform } from './perform.ts';
import { progressOn, SILENT } from './progress.ts';
import { reportText } from './report.ts';
import { type Services, startServices } from './services.ts';

/** An hour in six seconds: short enough to watch, long enough for somebody's decision to come in time. */
const CLOCK_RATE = 600;
const INTERRUPTED_EXIT_CODE = 130;

class Interruption extends Error {
  override readonly name = 'Interruption';
}

const USAGE = `npm run demo [-- [--json] [--examples folder] [name …]]

Runs every workflow in examples/ on a throw-away local stack; exits with 0 only if each ended as its example says.

  --json      one JSON document on stdout, nothing else
  --examples  another folder with <name>/workflow.yaml and <name>/example.json
  name        only the runs whose name contains it, e.g. order-fulfilment or card-declined
`;

interface Options {
  readonly json: boolean;
  readonly runs: readonly DemoRun[];
}

function readOptions(): Options | undefined {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      examples: { type: 'string', default: EXAMPLES_DIR },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const all = readExamples(values.examples);
  const runs = positionals.length === 0 ? all : all.filter(({ id }) => positionals.some((name) => id.includes(name)));
  if (runs.length > 0) return { json: values.json, runs };
  const what =
    positionals.length === 0
      ? `There is no example in ${values.examples}.`
      : `No example is called ${positionals.join(' or ')}.`;
  throw new Error([what, ...all.map(({ id }) => `  ${id}`)].join('\n'));
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) {
    process.stdout.write(USAGE);
    return 0;
  }
  const { json, runs } = options;
  const stop = new AbortController();
  // The second one is from somebody impatient.
  const onSignal = (): void => {
    if (stop.signal.aborted) process.exit(INTERRUPTED_EXIT_CODE);
    stop.abort(new Interruption('interrupted'));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  const startedAt = performance.now();
  await using cleanup = new AsyncDisposableStack();
  const services = await startServices(runs);
  cleanup.use(services.target);
  if (!json) process.stdout.write(`Starting a throw-away stack for ${runs.length} executions …\n`);
  const stack = await startStack(services);
  cleanup.defer(() => stack.stop());
  void stack.failed.then((error) => stop.abort(error));
  try {
    stop.signal.throwIfAborted();
    const results = await performAll(runs, stack, services, { json, signal: stop.signal });
    const ok = results.every(({ mismatches }) => mismatches.length === 0);
    const report = { ok, clockRate: CLOCK_RATE, durationMs: Math.round(performance.now() - startedAt), runs: results };
    await print(json ? `${JSON.stringify(report, undefined, 2)}\n` : `\n${reportText(report)}`);
    return ok ? 0 : 1;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    // Everything that is waited for ends with the same abort; why it came is what matters.
    const reason: unknown = stop.signal.reason;
    if (reason instanceof Interruption) console.error('Interrupted; stopping the throw-away stack …');
    return reason instanceof Interruption ? INTERRUPTED_EXIT_CODE : failed(reason);
  }
}

/** Waits until it is out: where pipes are asynchronous, exiting at once would cut a long document. */
function print(text: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(text, () => resolve());
  });
}

function failed(error: unknown): number {
  console.error(error instanceof Error ? error.message : error);
  return 1;
}

function startStack({ target }: Services): Promise<LocalStack> {
  return startLocalStack({
    dataDir: undefined,
    port: 0,
    clockRate: CLOCK_RATE,
    httpAllow: target.host,
    createApiHandler: async (env) => (await import('../../lambdas/api/handler.ts')).createApiHandler(env),
    createWorkerHandler: async (env) => (await import('../../lambdas/worker/handler.ts')).createWorkerHandler(env),
    createDeadLettersHandler: async (env) =>
      (await import('../../lambdas/dead-letters/handler.ts')).createDeadLettersHandler(env),
    registerApiKey: async (key, env) => (await import('../register-api-key.ts')).registerApiKey(key, env),
  });
}

async function performAll(
  runs: readonly DemoRun[],
  stack: LocalStack,
  services: Services,
  { json, signal }: { readonly json: boolean; readonly signal: AbortSignal },
): Promise<readonly RunResult[]> {
  using observer = json ? SILENT : progressOn(process.stdout, Math.max(...runs.map(({ id }) => id.length)));
  const api = new Api(stack.url, stack.apiKey, signal);
  const demo: Demo = { api, targetUrl: services.urlOf, callsOf: services.callsOf, observer, signal };
  // Each definition once: its runs share it.
  const saved = new Map(runs.map(({ definition }) => [definition.text, definition]));
  const refs = new Map(
    await Promise.all(
      Array.from(saved, async ([text, definition]) => [text, await api.saveWorkflow(definition)] as const),
    ),
  );
  return await Promise.all(
    runs.map((run) => {
      const ref = refs.get(run.definition.text);
      if (ref === undefined) throw new Error(`${run.id} was not saved`);
      return perform(run, ref, demo);
    }),
  );
}

try {
  process.exitCode = await main();
} catch (error) {
  process.exitCode = failed(error);
}
// Not left to the event loop: a handler that still waits for something would keep the process.
process.exit();
