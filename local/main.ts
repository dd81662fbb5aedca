import { relative } from 'node:path';
import { apiKeyFile } from './api-key.ts';
import type { Settings } from './settings.ts';
import { readSettings } from './settings.ts';
import { startLocalStack } from './stack.ts';
import type { LocalStack } from './stack-options.ts';
import { StartupProblem } from './startup-problem.ts';

async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const stack = await start(settings);
  const seconds = process.uptime().toFixed(1);
  console.log(`Stepwell is ready on ${stack.url} (started in ${seconds} s, state in ${settings.dataDir}). Try it:\n`);
  console.log(`  curl -s ${stack.url}/v1/workflows -H "Authorization: Bearer ${keyInShell(settings)}"\n`);
  const crash = await Promise.race([stack.failed, signalled()]);
  if (crash === undefined) console.log('Stopping …');
  else console.error(`${crash.message}\nThe stack stops; nothing acknowledged is lost. Start it again: npm start`);
  await stack.stop();
  // Not left to the event loop: a handler that is still waiting for something would keep the process.
  process.exit(crash === undefined ? 0 : 1);
}

async function start(settings: Settings): Promise<LocalStack> {
  // Loaded late, so that a taken port or a wrong setting is told at once.
  return await startLocalStack({
    ...settings,
    createApiHandler: async (env) => (await import('../lambdas/api/handler.ts')).createApiHandler(env),
    createWorkerHandler: async (env) => (await import('../lambdas/worker/handler.ts')).createWorkerHandler(env),
    createDeadLettersHandler: async (env) =>
      (await import('../lambdas/dead-letters/handler.ts')).createDeadLettersHandler(env),
    createSweeperHandler: async (env) => (await import('../lambdas/sweeper/handler.ts')).createSweeperHandler(env),
    registerApiKey: async (key, env) => {
      await (await import('./register-api-key.ts')).registerApiKey(key, env);
    },
  });
}

/** The key itself is never printed: terminals are shared and logged. */
function keyInShell({ apiKey, dataDir }: Settings): string {
  if (apiKey !== undefined) return '$STEPWELL_API_KEY';
  const file = apiKeyFile(dataDir);
  return `$(cat ${/^[\w./-]+$/.test(file) ? file : `'${relative('.', file)}'`})`;
}

/** The first signal ends the wait; a second one, from somebody impatient, the process. */
async function signalled(): Promise<undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let signals = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      signals += 1;
      if (signals > 1) process.exit(1);
      resolve(undefined);
    });
  }
  return await promise;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof StartupProblem)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
