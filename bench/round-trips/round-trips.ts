import { fanOut, http, type Definition } from '../harness/definitions.ts';
import { AWS_MODEL } from './aws-latencies.ts';
import { runVirtually, type VirtualOptions, type VirtualRun } from './virtual-stack.ts';

const URL = 'https://target.example/x';

/** Each call takes one unit of time, queues take none: the time between two effects is the number of sequential calls. */
const UNITS: VirtualOptions = { latency: { readMs: 1, writeMs: 1, sendMs: 1 }, hopMs: 0 };

const HALF_A_UNIT = 0.5;

/** More than a worker runs inline (ten), so that the last of them goes to another worker. */
const DISPATCHED_WIDTH = 11;

interface Way {
  readonly definition: Definition;
  readonly from: string;
  readonly to: string;
}

/** From the end of one node's effect to the start of the next one's, each way that there is. */
export const WAYS = {
  /** b is all that follows a: it runs in the same invocation. */
  inline: { definition: { name: 'inline', nodes: { a: http(URL, []), b: http(URL, ['a']) } }, from: 'a', to: 'b' },
  /** a and b run at once in one invocation, which then runs c. */
  localJoin: {
    definition: { name: 'join', nodes: { a: http(URL, []), b: http(URL, []), c: http(URL, ['a', 'b']) } },
    from: 'b',
    to: 'c',
  },
  /** One node too many follows a: a group message takes it to another worker. */
  dispatched: {
    definition: fanOut('dispatched', DISPATCHED_WIDTH, URL),
    from: 'a',
    to: `w${DISPATCHED_WIDTH - 1}`,
  },
} as const satisfies Readonly<Record<string, Way>>;
export type WayName = keyof typeof WAYS;

export interface RoundTrips {
  /** Sequential calls to store and queue. */
  readonly count: number;
  /** What they are, in order; those that are issued together are one. */
  readonly steps: readonly string[];
}

/** Runs the engine and counts. Nothing is timed: it comes to the same on any machine. */
export async function countRoundTrips(name: WayName): Promise<RoundTrips> {
  const way = WAYS[name];
  const run = await runVirtually(way.definition, UNITS);
  const { begin, end } = between(run, way);
  const count = Math.round(end - begin);
  return { count, steps: Array.from({ length: count }, (_, at) => callsAt(run, begin + at)) };
}

/** The same way in milliseconds as published latencies have it. */
export async function modelMs(name: WayName): Promise<number> {
  const { begin, end } = between(await runVirtually(WAYS[name].definition, AWS_MODEL), WAYS[name]);
  return Number((end - begin).toFixed(1));
}

function between({ effects }: VirtualRun, { from, to }: Way): { readonly begin: number; readonly end: number } {
  const timeOf = (node: string): number => {
    const effect = effects.find((candidate) => candidate.node === node);
    if (effect === undefined) throw new Error(`${node} did not run`);
    return effect.at;
  };
  return { begin: timeOf(from), end: timeOf(to) };
}

/** Calls that begin at this instant. Once a message was sent, only those of whoever receives it are on the way. */
function callsAt({ calls }: VirtualRun, time: number): string {
  const now = calls.filter(({ startedAt }) => Math.abs(startedAt - time) < HALF_A_UNIT);
  const latest = now.map(({ by }) => by).at(-1);
  return [...new Set(now.filter(({ by }) => by === latest).map(({ name }) => name))].sort().join(' + ');
}

export interface RoundTripReport extends Readonly<Record<WayName, number>> {
  readonly modelMs: Readonly<Record<WayName, number>>;
  readonly steps: Readonly<Record<WayName, readonly string[]>>;
}

export async function measureRoundTrips(): Promise<RoundTripReport> {
  const inline = await countRoundTrips('inline');
  const localJoin = await countRoundTrips('localJoin');
  const dispatched = await countRoundTrips('dispatched');
  return {
    inline: inline.count,
    localJoin: localJoin.count,
    dispatched: dispatched.count,
    modelMs: {
      inline: await modelMs('inline'),
      localJoin: await modelMs('localJoin'),
      dispatched: await modelMs('dispatched'),
    },
    steps: { inline: inline.steps, localJoin: localJoin.steps, dispatched: dispatched.steps },
  };
}
