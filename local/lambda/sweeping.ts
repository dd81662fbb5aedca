import type { Context } from 'aws-lambda';
import { setTimeout as delay } from 'node:timers/promises';
import type { FunctionResource } from '../template/resources.ts';
import { lambdaContext } from './lambda-context.ts';

export type SweeperHandler = (event: { readonly scope?: 'due' | 'everything' }, context: Context) => Promise<unknown>;

/** On AWS the sweeper starts every minute; a person at a desk need not wait as long. */
const SWEEP_EVERY_MS = 5_000;

/**
 * Starts the sweeper as its schedule does, and once for everything at the beginning: an execution whose first message
 * was lost with the process that should have sent it goes on at once.
 */
export class Sweeping {
  readonly #stopping = new AbortController();
  readonly #loop: Promise<void>;

  constructor(fn: FunctionResource, handler: SweeperHandler, log: (line: string) => void) {
    this.#loop = this.#run(fn, handler, log);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  async #run(fn: FunctionResource, handler: SweeperHandler, log: (line: string) => void): Promise<void> {
    const { signal } = this.#stopping;
    for (let scope: 'due' | 'everything' = 'everything'; !signal.aborted; scope = 'due') {
      try {
        await handler({ scope }, lambdaContext(fn));
      } catch (error) {
        log(`The sweeper failed: ${error instanceof Error ? error.message : String(error)}`);
      }
      await delay(SWEEP_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
