import { Worker } from 'node:worker_threads';
import type { Endpoints } from '../../../local/local-environment.ts';
import type { InFront } from '../../../local/stack-options.ts';
import type { Template } from '../../../local/template/template.ts';
import type { Denials } from './examiner.ts';
import { describeRefusals, Ledger } from './ledger.ts';
import type { ThreadData, ThreadMessage } from './thread.ts';

export interface GuardOptions {
  /** Where in the tests we are. */
  readonly place: () => string;
  readonly denials: Denials;
}

/**
 * Stands between the functions and the emulators, which permit everything, and permits what AWS would. In a thread of its
 * own: in that of the functions, which may be busy for seconds, each request would wait twice as often, and the SDK's
 * time limits run out.
 */
export class Guard {
  readonly ledger = new Ledger();
  readonly #options: GuardOptions;

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  readonly putInFront = async (servers: Endpoints, template: Template): Promise<InFront> => {
    const { place, denials } = this.#options;
    const workerData: ThreadData = { servers, template, denials };
    const thread = new Worker(new URL('./thread.ts', import.meta.url), { workerData });
    const ready = Promise.withResolvers<Endpoints>();
    const stopped = Promise.withResolvers<undefined>();
    stopped.promise.catch(() => undefined);
    thread.on('error', (error) => {
      ready.reject(error);
      stopped.reject(error);
    });
    thread.on('message', (message: ThreadMessage) => {
      if (message.kind === 'ready') ready.resolve(message.endpoints);
      else if (message.kind === 'stopped') stopped.resolve(undefined);
      else this.ledger.enter(message, place());
    });
    const endpoints = await ready.promise;
    return {
      endpoints,
      stop: async () => {
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, no window
        thread.postMessage('stop');
        // Messages come in order: nothing that it saw is missing after this one.
        await stopped.promise;
        await thread.terminate();
      },
    };
  };

  /** @throws if AWS would have denied anything so far. */
  check(): void {
    const { refusals } = this.ledger;
    if (refusals.length > 0) throw new Error(describeRefusals(refusals));
  }
}
