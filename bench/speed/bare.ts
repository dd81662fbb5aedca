import * as z from 'zod';
import { JsonClient } from '../harness/json-client.ts';
import { until } from '../harness/poll.ts';
import { Target } from '../harness/target.ts';
import type { BareWork } from './bare-loop.ts';
import { FAN_WIDTH, SHAPES, type Contender, type Shape } from './contender.ts';
import { StackProcess } from './stack-process.ts';

const Counts = z.object({ sent: z.number(), worked: z.number() });
const POLL_MS = 1;

/** The bare loop as a contender. */
export async function startBare(target: Target): Promise<Contender> {
  const stack = await StackProcess.start('bench/speed/bare-main.ts', {});
  const client = new JsonClient(stack.url, 'nobody asks');
  const drained = (): Promise<void> =>
    until('the bare loop has nothing to do', POLL_MS, async () => {
      const { sent, worked } = Counts.parse(JSON.parse((await client.get('/')).text));
      return sent === worked;
    });
  return {
    name: 'bare',
    async start(shape, tag) {
      await client.post('/', workOf(shape, tag, target));
      return tag;
    },
    // It knows of messages, not of executions: alone is what it has to be.
    ended: drained,
    drained,
    // A message that failed would come again and fail again: then nothing is ever drained.
    verify: drained,
    processorTime: () => stack.processorTime(),
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]();
      await stack[Symbol.asyncDispose]();
    },
  };
}

function workOf(shape: Shape, execution: string, { url: target }: Target): BareWork {
  const last = Target.lastPath(execution).slice(1);
  return shape === 'chain10'
    ? { execution, target, last, kind: 'chain', nodes: SHAPES.chain10.nodes }
    : { execution, target, last, kind: 'fan', nodes: FAN_WIDTH };
}
