import * as z from 'zod';
import type { Json, JsonObject } from '../../shared/domain/json.ts';
import { sizeOf, type Definition } from '../harness/definitions.ts';
import { inLanes } from '../harness/lanes.ts';
import { until } from '../harness/poll.ts';
import { ExecutionAnswer, type CostAnswer } from './cost-answer.ts';
import type { MeteredStack } from './metered-stack.ts';
import { addCounts, countsBetween, noCounts, type WireCounts } from './wire-counts.ts';

export interface Case {
  readonly definition: Definition;
  readonly executions: number;
  /** The input of each execution; those that warm up are counted on. */
  readonly input: (execution: number) => JsonObject;
  /** `waiting`: counted until each has a node that waits. Default: until they have succeeded. */
  readonly until?: 'waiting';
}

/** What a number of executions of one workflow used, all together. */
export interface Measured {
  readonly executions: number;
  readonly nodes: number;
  /** Of starting and working; not of looking how far it is. */
  readonly wire: { readonly api: WireCounts; readonly worker: WireCounts; readonly sweeper: WireCounts };
  readonly invocations: { readonly api: number; readonly worker: number };
  /** As long as the handlers took here. */
  readonly gbSecondsHere: number;
  /** What Stepwell says of single executions: of all, or of some of many. */
  readonly told: readonly CostAnswer[];
}

const Started = z.object({ id: z.string() });
const Waiting = z.object({ progress: z.object({ waiting: z.number() }) });
const Page = z.object({ items: z.array(z.unknown()) });

/** Starts at once: a burst, but not so many that clients wait for one another. */
const START_CONCURRENCY = 16;
const LOOK_EVERY_MS = 25;
/** What Lambda's poller does after an invocation, deleting messages, is over by then. */
const QUIET_MS = 100;
const QUIET_POLL_MS = 10;
const TOLD_MAX = 100;
/** So many are under way at once: of more, this machine would let some wait for the minute after which the sweeper looks. */
const BURST_MAX = 1_000;
/** Not measured: functions are warm then and know the definition. In a large one nobody could see the difference. */
export const WARM_UP_EXECUTIONS = START_CONCURRENCY;
const WARM_UP_NODES_MAX = 50;

/** Runs the executions, counts, and then looks whether all came to the end that they should. */
export async function measure(stack: MeteredStack, work: Case): Promise<Measured> {
  const { definition, executions, input } = work;
  const arrive = work.until === 'waiting' ? allWaiting : allSucceeded;
  await stack.client.post('/v1/workflows', definition);
  const isNeeded = sizeOf(definition) <= WARM_UP_NODES_MAX && !stack.known.has(definition.name);
  const warmUp = isNeeded ? Array.from({ length: WARM_UP_EXECUTIONS }, (_, at) => input(executions + at)) : [];
  stack.known.add(definition.name);
  await arrive(stack, definition.name, await startAll(stack, definition.name, warmUp));
  await quiet(stack);
  stack.reset();
  const api = { wire: noCounts(), invocations: 0, gbSeconds: 0 };
  const ids: string[] = [];
  for (let from = 0; from < executions; from += BURST_MAX) {
    const inputs = Array.from({ length: Math.min(BURST_MAX, executions - from) }, (_, at) => input(from + at));
    const before = { wire: stack.wire('api'), invocations: stack.api.invocations, gbSeconds: stack.api.gbSeconds };
    const started = await startAll(stack, definition.name, inputs);
    // Up to here nobody has asked how far they are.
    addCounts(api.wire, countsBetween(before.wire, stack.wire('api')));
    api.invocations += stack.api.invocations - before.invocations;
    api.gbSeconds += stack.api.gbSeconds - before.gbSeconds;
    await arrive(stack, definition.name, started);
    ids.push(...started);
  }
  await quiet(stack);
  return {
    executions,
    nodes: executions * sizeOf(definition),
    wire: { api: api.wire, worker: stack.wire('worker'), sweeper: stack.wire('sweeper') },
    invocations: { api: api.invocations, worker: stack.worker.invocations },
    gbSecondsHere: api.gbSeconds + stack.worker.gbSeconds,
    told: await told(stack, ids),
  };
}

async function startAll(
  { client }: MeteredStack,
  workflow: string,
  inputs: readonly Json[],
): Promise<readonly string[]> {
  const ids: string[] = [];
  await inLanes(inputs.length, START_CONCURRENCY, async (at) => {
    const { text } = await client.post(`/v1/workflows/${workflow}/executions`, { input: inputs[at] });
    ids.push(Started.parse(JSON.parse(text)).id);
  });
  return ids;
}

async function allSucceeded({ client }: MeteredStack, workflow: string): Promise<void> {
  const hasSome = async (statuses: string): Promise<boolean> => {
    const { text } = await client.get(`/v1/executions?workflow=${workflow}&status=${statuses}&limit=1`);
    return Page.parse(JSON.parse(text)).items.length > 0;
  };
  await until(`all executions of ${workflow} end`, LOOK_EVERY_MS, async () => !(await hasSome('pending,running')));
  if (await hasSome('failed,cancelled,timed_out')) throw new Error(`not all executions of ${workflow} succeeded`);
}

async function allWaiting({ client }: MeteredStack, workflow: string, ids: readonly string[]): Promise<void> {
  for (const id of ids)
    await until(`execution ${id} of ${workflow} waits`, LOOK_EVERY_MS, async () => {
      const { text } = await client.get(`/v1/executions/${id}?nodes=none`);
      return Waiting.parse(JSON.parse(text)).progress.waiting > 0;
    });
}

/** Nobody works, and nobody has for a while. */
async function quiet({ worker }: MeteredStack): Promise<void> {
  let quietSince = performance.now();
  await until('the worker has nothing to do', QUIET_POLL_MS, () => {
    if (worker.underWay > 0) quietSince = performance.now();
    return Promise.resolve(performance.now() - quietSince > QUIET_MS);
  });
}

async function told({ client }: MeteredStack, ids: readonly string[]): Promise<readonly CostAnswer[]> {
  const every = Math.ceil(ids.length / TOLD_MAX);
  const costs: CostAnswer[] = [];
  for (const id of ids.filter((_, at) => at % every === 0)) {
    const { text } = await client.get(`/v1/executions/${id}?nodes=none`);
    costs.push(ExecutionAnswer.parse(JSON.parse(text)).cost);
  }
  return costs;
}
