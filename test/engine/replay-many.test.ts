import { describe, expect, test } from 'vitest';
import type { ExecutionKey } from '../../shared/domain/execution/records.ts';
import { epochMs } from '../../shared/domain/time.ts';
import type { WorkQueue } from '../../shared/engine/ports.ts';
import { buryMessage } from '../../shared/engine/bury-message.ts';
import { replay } from '../../shared/engine/replay.ts';
import type { DeadLetterFilter, ReplayJob } from '../../shared/engine/replay-jobs.ts';
import { startExecution } from '../../shared/engine/start-execution.ts';
import { startReplay } from '../../shared/engine/start-replay.ts';
import { work } from '../../shared/engine/work.ts';
import { compile, EngineHarness, type HarnessOptions, type Nodes } from '../support/engine-harness.ts';
import { FaultPlan, type Call, type Fault } from '../support/faulty-ports.ts';

const FAILS = { type: 'fail', with: { code: 'boom', message: 'no' } };

/** Many executions that have failed, and what is replayed of them. */
class Failed {
  readonly harness: EngineHarness;
  readonly keys: ExecutionKey[] = [];
  #job: ReplayJob | undefined;

  private constructor(nodes: Nodes, options: HarnessOptions) {
    this.harness = new EngineHarness(compile(nodes), options);
  }

  static async executions(count: number, nodes: Nodes = { a: FAILS }, options: HarnessOptions = {}): Promise<Failed> {
    const failed = new Failed(nodes, options);
    for (let at = 0; at < count; at += 1) await failed.#start(`e${at}`);
    return failed;
  }

  async #start(name: string): Promise<void> {
    const { harness } = this;
    const key = { workspace: 'ws', execution: name };
    this.keys.push(key);
    const input = { at: 'record', value: null } as const;
    const start = { ...key, plan: harness.plan, input, hold: false, tags: {}, trigger: 'api', request: 'r' };
    await harness.request((deps) => startExecution(deps, start));
    await harness.runToEnd();
    harness.clock.advance(1);
  }

  async replay(ratePerSecond: number, filter: DeadLetterFilter = {}): Promise<void> {
    await this.harness.request(async (deps) => {
      this.#job = await startReplay(deps, { workspace: 'ws', filter, ratePerSecond });
    });
    await this.harness.runToEnd();
  }

  async job(): Promise<ReplayJob | undefined> {
    return this.#job && this.harness.replays.readJob(this.#job);
  }

  async redrives(): Promise<readonly number[]> {
    return (await this.#headers()).map(({ redrives }) => redrives.length);
  }

  /** When they were redriven, in the order of time. */
  async times(): Promise<readonly number[]> {
    return (await this.#headers()).flatMap(({ redrives }) => redrives.map(({ at }) => at)).sort((a, b) => a - b);
  }

  async #headers() {
    const headers = await Promise.all(this.keys.map((key) => this.harness.store.readHeader(key)));
    return headers.flatMap((header) => header ?? []);
  }
}

const each = (count: number, times: number) => Array.from({ length: count }, () => times);

test('every open letter once, though each fails again', async () => {
  const failed = await Failed.executions(120);
  await failed.replay(100);
  expect(await failed.redrives()).toEqual(each(120, 1));
  expect(await failed.job()).toMatchObject({ status: 'done', counts: { replayed: 120, skipped: 0, failed: 0 } });
  await failed.replay(100);
  expect(await failed.redrives()).toEqual(each(120, 2));
});

test('no faster than the rate, over many slices', async () => {
  const failed = await Failed.executions(40);
  await failed.replay(2);
  const times = await failed.times();
  const pauses = times.slice(1).map((at, index) => at - (times[index] ?? 0));
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(500);
  expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeLessThan(39 * 500 + 10_000);
  expect((await failed.job())?.slice).toBeGreaterThan(3);
});

test('letters of one execution are replayed together, and take as many turns', async () => {
  const failed = await Failed.executions(3, { a: FAILS, b: FAILS, c: FAILS });
  await failed.replay(1);
  expect(await failed.redrives()).toEqual([1, 1, 1]);
  expect((await failed.job())?.counts.replayed).toBe(9);
  const times = await failed.times();
  expect(times.slice(1).every((at, index) => at - (times[index] ?? 0) >= 3_000)).toBe(true);
});

test('of several failed nodes only those that are meant', async () => {
  const failed = await Failed.executions(1, { a: FAILS, b: { ...FAILS, with: { code: 'other', message: 'no' } } });
  await failed.replay(10, { codes: ['other'] });
  const letters = await failed.harness.store.deadLettersOf({ workspace: 'ws', execution: 'e0' });
  expect(letters.map(({ node, gen, status }) => `${node} ${gen} ${status}`).sort()).toEqual([
    'a 1 open',
    'b 1 replayed',
    'b 2 open',
  ]);
});

test('an execution that runs is skipped', async () => {
  const failed = await Failed.executions(4, { a: FAILS, wait: { type: 'approval' } });
  await failed.replay(10);
  expect(await failed.redrives()).toEqual(each(4, 0));
  expect((await failed.job())?.counts).toEqual({ replayed: 0, skipped: 4, failed: 0 });
});

test('one that cannot be replayed keeps no other from it', async () => {
  const refusing = ({ name, args }: Call): Fault | undefined =>
    name === 'deadLettersOf' && (args[0] as ExecutionKey).execution === 'e2' ? 'refused' : undefined;
  const failed = await Failed.executions(5, { a: FAILS }, { faults: new FaultPlan(refusing) });
  await failed.replay(10);
  expect(await failed.redrives()).toEqual([1, 1, 0, 1, 1]);
  expect((await failed.job())?.counts).toEqual({ replayed: 4, skipped: 0, failed: 1 });
});

test('only what failed before it began, and in its time', async () => {
  const failed = await Failed.executions(6);
  const letters = await Promise.all(failed.keys.map((key) => failed.harness.store.deadLettersOf(key)));
  const until = letters[4]?.[0]?.createdAt;
  const since = letters[1]?.[0]?.createdAt;
  await failed.replay(10, { ...(since !== undefined && { since }), ...(until !== undefined && { until }) });
  expect(await failed.redrives()).toEqual([0, 1, 1, 1, 0, 0]);
});

test('a letter that somebody else replays meanwhile is not replayed again', async () => {
  const failed = await Failed.executions(3);
  for (const key of failed.keys)
    await failed.harness.request((deps) => replay(deps, { key: { ...key, node: 'a', gen: 1 }, requestId: 'r' }));
  await failed.replay(10, { until: failed.harness.clock.now() });
  expect(await failed.redrives()).toEqual(each(3, 1));
});

describe('whatever call goes wrong', () => {
  const COUNT = 8;

  /** Eight letters at one a second are two slices; the `nth` call of all that follows goes wrong. */
  async function replayedWith(fault: Fault | undefined, nth: number, options: HarnessOptions = {}) {
    let calls = -Infinity;
    const faults = new FaultPlan(() => ((calls += 1) === nth ? fault : undefined));
    const failed = await Failed.executions(COUNT, { a: FAILS }, { faults, stallMs: 20_000, ...options });
    calls = 0;
    await failed.replay(1);
    return { failed, calls };
  }

  test.each(['refused', 'answer_lost', 'died_before', 'died_after', 'stalled_before', 'stalled_after'] as const)(
    '%s: each letter is replayed once, and the job comes to its end',
    async (fault) => {
      const { calls } = await replayedWith(undefined, 0);
      expect(calls).toBeGreaterThan(80);
      for (let nth = 1; nth <= calls; nth += 1) {
        const { failed } = await replayedWith(fault, nth);
        expect([fault, nth, await failed.redrives()]).toEqual([fault, nth, each(COUNT, 1)]);
        expect([fault, nth, (await failed.job())?.status]).toEqual([fault, nth, 'done']);
      }
    },
  );

  test('messages that come twice, in any order', async () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const failed = await Failed.executions(COUNT, { a: FAILS }, { duplicates: true });
      let state = seed;
      const choose = (count: number) => (state = (state * 48_271) % 2_147_483_647) % count;
      await failed.harness.request((deps) => startReplay(deps, { workspace: 'ws', filter: {}, ratePerSecond: 1 }));
      await failed.harness.runToEnd(choose);
      expect([seed, await failed.redrives()]).toEqual([seed, each(COUNT, 1)]);
    }
  });
});

test('a message of a job that there is not, or of a slice long past, does nothing', async () => {
  const failed = await Failed.executions(2);
  await failed.replay(10);
  const job = await failed.job();
  for (const [name, slice] of [
    ['rp_none', 1],
    [job?.job ?? '', 1],
    [job?.job ?? '', 0],
  ] as const)
    await failed.harness.queue.send([{ message: { v: 1, ws: 'ws', kind: 'replay', job: name, slice } }]);
  await failed.harness.runToEnd();
  expect(await failed.redrives()).toEqual([1, 1]);
  expect(await failed.job()).toEqual(job);
  expect(failed.harness.queue.messages).toEqual([]);
  expect(epochMs(job?.endedAt ?? 0)).toBeGreaterThanOrEqual(job?.createdAt ?? 0);
});

test('a message that used up its deliveries goes on from where they came to', async () => {
  const failed = await Failed.executions(8);
  const { harness } = failed;
  await harness.request((deps) => startReplay(deps, { workspace: 'ws', filter: {}, ratePerSecond: 1 }));
  const [first] = harness.queue.messages;
  const { message, delivery } = harness.queue.receive(first?.id ?? '', 1);
  harness.queue.lose(delivery.id);
  // Its worker gets as far as the progress.
  const deps = harness.deps();
  const send: WorkQueue['send'] = (sent) =>
    sent.some((one) => one.message.kind === 'replay') ? Promise.reject(new Error('no')) : deps.queue.send(sent);
  const worked = work({ ...deps, queue: { ...deps.queue, send } }, message, delivery, 900_000).catch(String);
  await harness.runToEnd();
  expect(await worked).toBe('Error: no');
  expect((await failed.redrives()).filter((times) => times === 0).length).toBeGreaterThan(0);
  await buryMessage(harness.deps(), message, { id: 'buried', receiveCount: 1, isolated: false }, 60_000);
  await harness.runToEnd();
  expect(await failed.redrives()).toEqual(each(8, 1));
});
