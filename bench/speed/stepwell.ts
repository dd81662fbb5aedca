import * as z from 'zod';
import { chain, fanOut } from '../harness/definitions.ts';
import { JsonClient } from '../harness/json-client.ts';
import { until } from '../harness/poll.ts';
import { Target } from '../harness/target.ts';
import { FAN_WIDTH, SHAPES, type Contender } from './contender.ts';
import { StackProcess } from './stack-process.ts';

const Started = z.object({ id: z.string() });
const Status = z.object({ status: z.string() });
const Page = z.object({ items: z.array(Status), cursor: z.string().optional() });

const API_KEY = 'key-of-a-stack-that-lives-for-some-minutes';
const POLL_MS = 1;
/** A list is a query of the table: asked every millisecond it would be a part of what is measured. */
const LIST_POLL_MS = 5;
const PAGE_MAX = 200;

/** Stepwell as a contender; beyond that, what else is measured of a running stack. */
export interface Stepwell extends Contender {
  readonly client: JsonClient;
  readonly target: Target;
  /** Saves a definition. */
  save(definition: unknown): Promise<void>;
  /** Starts an execution of it and answers with its id. */
  begin(workflow: string, input: unknown): Promise<string>;
}

export async function startStepwell(target: Target): Promise<Stepwell> {
  const stack = await StackProcess.start('local/main.ts', {
    STEPWELL_API_KEY: API_KEY,
    STEPWELL_HTTP_ALLOW: target.host,
  });
  const client = new JsonClient(stack.url, API_KEY);
  let started = 0;
  const begin = async (workflow: string, input: unknown): Promise<string> => {
    started += 1;
    const { text } = await client.post(`/v1/workflows/${workflow}/executions`, { input });
    return Started.parse(JSON.parse(text)).id;
  };
  const save = async (definition: unknown): Promise<void> => void (await client.post('/v1/workflows', definition));
  const last = `${target.url}${Target.lastPath('{{ input.tag }}')}`;
  await save(chain('chain10', SHAPES.chain10.nodes, `${target.url}/x`, last));
  await save(fanOut('fan100', FAN_WIDTH, `${target.url}/x`, last));
  return {
    name: 'stepwell',
    client,
    target,
    save,
    begin,
    start: (shape, tag) => begin(shape, { tag }),
    ended: (execution) =>
      until(`execution ${execution} ends`, POLL_MS, async () => {
        const { status } = Status.parse(JSON.parse((await client.get(`/v1/executions/${execution}?nodes=none`)).text));
        return status !== 'pending' && status !== 'running';
      }),
    drained: () =>
      until('no execution is running', LIST_POLL_MS, async () => {
        const { items } = Page.parse(JSON.parse((await client.get('/v1/executions?status=running&limit=1')).text));
        return items.length === 0;
      }),
    async verify() {
      const succeeded = await countSucceeded(client);
      if (succeeded !== started) throw new Error(`of ${started} executions only ${succeeded} succeeded`);
    },
    processorTime: () => stack.processorTime(),
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]();
      await stack[Symbol.asyncDispose]();
    },
  };
}

async function countSucceeded(client: JsonClient): Promise<number> {
  let count = 0;
  let cursor: string | undefined;
  do {
    const from = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const { text } = await client.get(`/v1/executions?status=succeeded&limit=${PAGE_MAX}${from}`);
    const page = Page.parse(JSON.parse(text));
    count += page.items.length;
    cursor = page.cursor;
  } while (cursor !== undefined);
  return count;
}
