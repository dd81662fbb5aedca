import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { ApiClient } from '../support/api-client.ts';
import { messagesLeft, type Left } from './queues.ts';

const LOOK_MS = 200;
const SAY_EVERY_MS = 10_000;

const Item = z.object({ id: z.string(), status: z.string() });
const Page = z.object({ items: z.array(Item), cursor: z.string().optional() });
export type ListedExecution = z.infer<typeof Item>;

/** Every execution that the list shows. */
export async function listed(api: ApiClient, filter = ''): Promise<readonly ListedExecution[]> {
  const items: ListedExecution[] = [];
  let cursor = '';
  do {
    const { body } = await api.call('GET', `/v1/executions?limit=200${filter}${cursor}`);
    const page = Page.parse(body);
    items.push(...page.items);
    cursor = page.cursor === undefined ? '' : `&cursor=${encodeURIComponent(page.cursor)}`;
  } while (cursor !== '');
  return items;
}

export interface Rest {
  readonly left: Left;
  /** Undefined if it did not come to rest in time. */
  readonly afterMs: number | undefined;
}

export interface RestOptions {
  /** Somebody will ask for more. */
  readonly isWanted: () => boolean;
  readonly withinMs: number;
  /** Also wait for what only looks after ended executions. */
  readonly guards: boolean;
  readonly say: (line: string) => void;
}

/** Waits until no execution runs and the queues are empty. */
export async function comeToRest(
  api: ApiClient,
  sqs: string,
  { isWanted, withinMs, guards, say }: RestOptions,
): Promise<Rest> {
  const began = Date.now();
  for (let saidAt = began; ;) {
    const left = await messagesLeft(sqs);
    const running = await listed(api, '&status=running,pending');
    if (Date.now() - saidAt > SAY_EVERY_MS) {
      saidAt = Date.now();
      const messages = [...left.messages.values()].flat().length;
      say(`${running.length} executions run, ${messages} messages and ${left.guards} guards are in the queues`);
    }
    const isEmpty = left.messages.size === 0 && (!guards || left.guards === 0);
    if (isEmpty && running.length === 0 && !isWanted()) {
      // A message may have been under way between two looks.
      const again = await messagesLeft(sqs);
      if (again.messages.size === 0) return { left: again, afterMs: Date.now() - began };
    }
    if (Date.now() - began > withinMs) return { left, afterMs: undefined };
    await sleep(LOOK_MS);
  }
}
