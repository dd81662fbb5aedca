import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WORKER } from '../../shared/config/functions.ts';
import type { Plan } from '../../shared/domain/workflow/plan.ts';
import { LOOKS_PER_RUN_MAX } from '../../shared/engine/sweep-pace.ts';
import { compile } from '../support/engine-harness.ts';
import { Fleet } from '../support/fleet.ts';
import type { Outcome, Script } from '../support/scripted-task.ts';

/**
 * The drill: for three hours every request to the store is throttled, while the queue goes on handing out messages that
 * nobody can work and the sweeper goes on starting. Then it works again, everything is due at once, and what was in the
 * queue comes back twice: by itself, and sent again by the sweeper.
 */
const EXECUTIONS = 2_000;
const UNDER_WAY_MIN = 1_000;
const SATURATED_MS = 20_000;
const OUTAGE_MS = 3 * 3_600_000;
/** What the queue holds comes back at the latest after its visibility timeout. */
const DRAIN_MS_MAX = 2 * WORKER.visibilityTimeoutSeconds * 1_000;
/** Four shards, three tries each; and what a sweep had under way when it began. */
const SWEEP_REQUESTS_MAX = 15;

const task = (...needs: string[]) => ({ type: 'task', ...(needs.length > 0 && { needs }) });
const quick: Outcome = { takesMs: 200 };
const refused: Outcome = { fail: 'http_503', category: 'transient', retryable: true, takesMs: 200 };
const leaves = Array.from({ length: 25 }, (_, at) => `f${at}`);

interface Kind {
  readonly plan: Plan;
  readonly script: Script;
}

/** a → b → c → d → e, one inline after the other under one lease. */
const line: Kind = {
  plan: compile({ a: task(), b: task('a'), c: task('b'), d: task('c'), e: task('d') }),
  script: Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((node) => [node, quick])),
};
/** Leaves in group messages, and a join. */
const wide: Kind = {
  plan: compile({
    a: task(),
    ...Object.fromEntries(leaves.map((leaf) => [leaf, task('a')])),
    z: task(...leaves),
  }),
  script: Object.fromEntries(['a', ...leaves, 'z'].map((node) => [node, quick])),
};
const retrying: Kind = {
  plan: compile({ a: { ...task(), retry: { delays: ['30s', '2m', '10m'] } }, b: task('a') }),
  script: { a: [refused, refused, quick], b: quick },
};
const waiting: Kind = {
  plan: compile({ a: task(), w: { type: 'wait', needs: ['a'], with: { duration: '10m' } }, b: task('w') }),
  script: { a: quick, b: quick },
};
/** Claimed with a lease of its own. */
const long: Kind = {
  plan: compile({ a: { ...task(), timeout: '5m' }, b: task('a') }),
  script: { a: { takesMs: 120_000 }, b: quick },
};
const MIX = [line, wide, retrying, waiting, long];

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

interface Drill {
  readonly underWay: number;
  readonly steady: number;
  readonly requestsPerSweep: number;
  readonly drainRates: readonly number[];
  readonly unfinished: number;
  readonly minutes: number;
  readonly queueMax: number;
}

async function drill(fleet: Fleet): Promise<Drill> {
  for (let at = 0; at < EXECUTIONS; at += 1) {
    const { plan, script } = MIX[at % MIX.length]!;
    await fleet.start(plan, script);
  }
  const saturated = fleet.clock.now();
  await fleet.run(saturated + SATURATED_MS);
  const outage = fleet.clock.now();
  const underWay = await fleet.unfinished();
  const steady = mean(fleet.rates(saturated, outage));
  fleet.throttled = true;
  fleet.byCaller.clear();
  await fleet.run(outage + OUTAGE_MS);
  const requestsPerSweep = (fleet.byCaller.get('sweep') ?? 0) / (OUTAGE_MS / 60_000);
  fleet.throttled = false;
  const healed = fleet.clock.now();
  let ended: number | undefined;
  let queueMax = 0;
  await fleet.run(healed + DRAIN_MS_MAX, async () => {
    queueMax = Math.max(queueMax, fleet.queue.size);
    if (ended === undefined && (await fleet.unfinished()) === 0) ended = fleet.clock.now();
    return ended !== undefined && fleet.queue.size === 0;
  });
  return {
    underWay,
    steady,
    requestsPerSweep,
    drainRates: fleet.rates(healed, fleet.clock.now()),
    unfinished: await fleet.unfinished(),
    minutes: ((ended ?? Infinity) - healed) / 60_000,
    queueMax,
  };
}

describe(`${EXECUTIONS} executions and a store that is throttled for three hours`, () => {
  const fleet = new Fleet();
  let result: Drill;

  beforeAll(async () => {
    result = await drill(fleet);
  }, 120_000);

  afterAll(() => {
    const { underWay, steady, drainRates, minutes, queueMax } = result;
    console.log(
      `brown-out: ${underWay} under way, ${Math.round(steady)} requests/s before, at most ${Math.max(...drainRates)} after; drained in ${minutes.toFixed(1)} min, at most ${queueMax} messages`,
    );
    fleet.dispose();
  });

  test('it strikes a thousand of them on their way, in every state', () => {
    expect(result.underWay).toBeGreaterThanOrEqual(UNDER_WAY_MIN);
  });

  test('every one of them succeeds in the end, and the queue empties', async () => {
    expect(result.unfinished).toBe(0);
    const headers = await Promise.all(fleet.keys.map((key) => fleet.memory.readHeader(key)));
    expect(headers.filter((header) => header?.status !== 'succeeded')).toEqual([]);
    expect(fleet.queue.size).toBe(0);
  });

  test('no message is received so often that it is given up', () => {
    expect(fleet.queue.deadLetters).toEqual([]);
  });

  test('what comes after is no storm: never twice the requests that there were before', () => {
    expect(Math.max(...result.drainRates)).toBeLessThanOrEqual(2 * result.steady);
  });

  test('the queue does not fill with repetitions: about two messages for each execution under way', () => {
    expect(result.queueMax).toBeLessThanOrEqual(2.5 * result.underWay);
  });

  test('while it lasts, a sweep asks each shard once (three times with the repetitions by the SDK), and gives up', () => {
    expect(result.requestsPerSweep).toBeLessThanOrEqual(SWEEP_REQUESTS_MAX);
  });

  test('the sweeps that follow stay within their turns, and the lag goes back to what is usual', () => {
    const busy = fleet.sweeps.filter(({ looked }) => looked > 0);
    const worst = busy.findIndex(({ lagMs }) => lagMs > OUTAGE_MS - 120_000);
    expect(worst).toBeGreaterThanOrEqual(0);
    expect(Math.max(...busy.map(({ looked }) => looked))).toBeLessThanOrEqual(LOOKS_PER_RUN_MAX);
    expect(fleet.sweeps.at(-1)).toMatchObject({ failed: 0, leftOver: 0 });
    for (const { lagMs } of busy.slice(worst + 2)) expect(lagMs).toBeLessThan(120_000);
  });
});
