import { createApiHandler } from '../../lambdas/api/handler.ts';
import { createDeadLettersHandler } from '../../lambdas/dead-letters/handler.ts';
import { createSweeperHandler } from '../../lambdas/sweeper/handler.ts';
import { createWorkerHandler } from '../../lambdas/worker/handler.ts';
import { registerApiKey } from '../../local/register-api-key.ts';
import { startLocalStack } from '../../local/stack.ts';
import type { LocalStack } from '../../local/stack-options.ts';
import { API, WORKER } from '../../shared/config/functions.ts';
import { JsonClient } from '../harness/json-client.ts';
import { HandlerClock } from './handler-clock.ts';
import { instances } from './instances.ts';
import { SilentLogs } from './silent-logs.ts';
import type { WireCounts } from './wire-counts.ts';
import { WireMeter } from './wire-meter.ts';

/** The real handlers in this process, as many instances as Lambda would have; everything in memory, each call and each invocation counted. */
export class MeteredStack implements AsyncDisposable {
  readonly client: JsonClient;
  readonly api: HandlerClock;
  readonly worker: HandlerClock;
  /** Workflows that the functions have run before. */
  readonly known = new Set<string>();
  readonly #stack: LocalStack;
  readonly #meter: WireMeter;
  readonly #logs: SilentLogs;

  private constructor(
    stack: LocalStack,
    meter: WireMeter,
    logs: SilentLogs,
    clocks: { api: HandlerClock; worker: HandlerClock },
  ) {
    this.#stack = stack;
    this.#meter = meter;
    this.#logs = logs;
    this.api = clocks.api;
    this.worker = clocks.worker;
    this.client = new JsonClient(stack.url, stack.apiKey);
  }

  /** `hosts`: targets that http nodes may reach. */
  static async start(hosts: readonly string[]): Promise<MeteredStack> {
    const meter = new WireMeter();
    const logs = new SilentLogs();
    const api = new HandlerClock();
    const worker = new HandlerClock();
    const stack = await startLocalStack({
      dataDir: undefined,
      port: 0,
      httpAllow: hosts.join(','),
      putInFront: meter.putInFront,
      createApiHandler: (env) =>
        api.watch(
          instances(() => createApiHandler(env)),
          API.memoryMb,
        ),
      createWorkerHandler: (env) =>
        worker.watch(
          instances(() => createWorkerHandler(env)),
          WORKER.memoryMb,
        ),
      createDeadLettersHandler,
      createSweeperHandler,
      registerApiKey: async (key, env) => {
        await registerApiKey(key, env);
      },
    });
    return new MeteredStack(stack, meter, logs, { api, worker });
  }

  /** What the functions from this folder of `lambdas/` have asked of AWS since the last reset, and their pollers. */
  wire(folder: 'api' | 'worker' | 'sweeper'): WireCounts {
    return this.#meter.countsOf(this.#stack.resources.functions, folder);
  }

  reset(): void {
    this.#meter.reset();
    this.api.reset();
    this.worker.reset();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client[Symbol.dispose]();
    await this.#stack.stop();
    this.#logs[Symbol.dispose]();
  }
}
