import { describe, expect, test } from 'vitest';
import { SWEEPER } from '../../shared/config/functions.ts';
import { epochMs } from '../../shared/domain/time.ts';
import { PATIENCE_MAX_MS } from '../../shared/engine/look.ts';
import { sweep } from '../../shared/engine/sweep.ts';
import { SetAside } from '../../shared/engine/set-aside.ts';
import { LOOKS_PER_RUN_MAX, LOOKS_PER_SECOND, MESSAGES_PER_TURN, SweepPace } from '../../shared/engine/sweep-pace.ts';
import { CHECK_AFTER_MS } from '../../shared/engine/time-budget.ts';
import { UnreadableError } from '../../shared/engine/unreadable.ts';
import { running } from '../domain/execution/records.ts';
import { SweepBench } from '../support/sweep-bench.ts';

const MINUTE_MS = 60_000;

function throttled(): Promise<never> {
  return Promise.reject(new Error('throttled'));
}

/** Whoever's name begins with `new` was written by a newer deployment. */
function withNewer(bench: SweepBench): SweepBench {
  bench.intercept = {
    readHeader: (key) =>
      key.execution.startsWith('new')
        ? Promise.reject(new UnreadableError('version 2; this deployment reads up to 1'))
        : bench.memory.readHeader(key),
  };
  return bench;
}

describe('who cannot be helped keeps nobody else from it (W1)', () => {
  test('a hundred unreadable executions in one shard do not keep the 101st waiting', async () => {
    const bench = withNewer(new SweepBench());
    const newer = SweepBench.inOneShard(100, 'new');
    for (const [at, execution] of newer.entries()) await bench.put(execution, MINUTE_MS + at);
    await bench.put(SweepBench.inOneShard(1, 'wen')[0]!, 1_000);
    expect(new Set((await bench.shardsOf()).values()).size).toBe(1);
    expect(await bench.sweep()).toMatchObject({ looked: 101, failed: 100, leftOver: 0 });
    expect(bench.helped).toEqual(SweepBench.inOneShard(1, 'wen'));
  });

  test('more of them than a sweep has turns are set aside, so that the next sweeps get past them', async () => {
    const bench = withNewer(new SweepBench());
    for (let at = 0; at < LOOKS_PER_RUN_MAX + 300; at += 1) await bench.put(`new${at}`, MINUTE_MS + at);
    await bench.put('old', 1_000);
    expect(await bench.sweep()).toMatchObject({ looked: LOOKS_PER_RUN_MAX, stopped: 'turns' });
    expect(bench.helped).toEqual([]);
    const second = await bench.sweep();
    expect(second).toMatchObject({ looked: 301, failed: 300, leftOver: 0 });
    expect(bench.helped).toEqual(['old']);
  });

  test('their failures make one line with totals and an example', async () => {
    const bench = withNewer(new SweepBench());
    for (let at = 0; at < 30; at += 1) await bench.put(`new${at}`, MINUTE_MS);
    await bench.sweep();
    expect(bench.warnings).toHaveLength(1);
    expect(bench.warnings[0]).toMatchObject({
      message: 'executions could not be swept',
      details: { failed: 30, troubles: { UnreadableError: { count: 30, example: { workspace: 'ws' } } } },
    });
  });

  test('whose plan does not load is put off, longer each time, and not beyond a quarter of an hour and a quarter of that', async () => {
    const bench = new SweepBench();
    bench.plans = { load: () => Promise.reject(new Error('version 1 is not stored')) };
    await bench.put('ex', 0);
    const delays: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      await bench.sweep();
      const { check } = await bench.header('ex');
      delays.push(check! - bench.clock.now());
      bench.clock.advanceTo(check!);
    }
    const bounds = [1, 2, 4, 8, 15, 15].map((minutes) => minutes * MINUTE_MS);
    for (const [at, delay] of delays.entries()) {
      expect(delay).toBeGreaterThanOrEqual(bounds[at]!);
      expect(delay).toBeLessThanOrEqual(bounds[at]! * 1.25);
    }
  });

  test('whom somebody has touched since is looked at again at once', () => {
    const setAside = new SetAside();
    const key = { workspace: 'ws', execution: 'ex' };
    const now = epochMs(1_000_000);
    setAside.add({ key, check: epochMs(500) }, now, 0);
    expect(setAside.waitingSince({ key, check: epochMs(500) }, now)).toBeUndefined();
    expect(setAside.waitingSince({ key, check: epochMs(501) }, now)).toBe(501);
    const later = epochMs(now + CHECK_AFTER_MS);
    expect(setAside.waitingSince({ key, check: epochMs(500) }, later)).toBe(later);
  });
});

describe('what is looked at', () => {
  test('the oldest check of a shard comes first', async () => {
    const bench = new SweepBench();
    const ages = [3, 9, 1, 7, 5, 2, 8, 4, 6, 0];
    for (const age of ages) await bench.put(SweepBench.inOneShard(10, 'ex')[age]!, age * 1_000);
    await bench.sweep();
    const order = [...new Set(bench.looks.map(({ execution }) => execution))];
    expect(order).toEqual(SweepBench.inOneShard(10, 'ex').reverse());
  });

  test('an entry that is stale leads to nothing: the header says that its time has not come', async () => {
    const bench = new SweepBench();
    await bench.put('ex', -30_000);
    const stale = { key: { workspace: 'ws', execution: 'ex' }, check: epochMs(bench.clock.now() - 1_000) };
    bench.intercept = { dueForCheck: ({ shard }) => Promise.resolve({ due: shard === 0 ? [stale] : [] }) };
    const before = await bench.header('ex');
    expect(await bench.sweep()).toMatchObject({ looked: 1, failed: 0 });
    expect([await bench.header('ex'), bench.helped]).toEqual([before, []]);
  });

  test('an entry of an execution that is gone leads to nothing', async () => {
    const bench = new SweepBench();
    const gone = { key: { workspace: 'ws', execution: 'gone' }, check: epochMs(1) };
    bench.intercept = { dueForCheck: ({ shard }) => Promise.resolve({ due: shard === 0 ? [gone] : [] }) };
    expect(await bench.sweep()).toMatchObject({ looked: 1, failed: 0 });
  });

  test('two sweeps at once send what one sends, twice at most, and move each check once', async () => {
    const bench = new SweepBench();
    const names = Array.from({ length: 40 }, (_, at) => `ex${at}`);
    for (const name of names) await bench.put(name, 1_000);
    const reports = await Promise.all([
      sweep(bench.deps(), 'due', SWEEPER.timeoutSeconds * 1_000),
      sweep(bench.deps(), 'due', SWEEPER.timeoutSeconds * 1_000),
    ]);
    expect(reports.map(({ failed }) => failed)).toEqual([0, 0]);
    for (const name of names) {
      const sent = bench.helped.filter((execution) => execution === name).length;
      expect(sent).toBeGreaterThanOrEqual(1);
      expect(sent).toBeLessThanOrEqual(2);
      expect(await bench.header(name)).toMatchObject({ rev: 2 });
    }
  });
});

describe('how fast (W2)', () => {
  test(`no more than ${LOOKS_PER_SECOND} looks a second after the first second, ${LOOKS_PER_RUN_MAX} a sweep, the rest is left to the next`, async () => {
    const bench = new SweepBench();
    for (let at = 0; at < LOOKS_PER_RUN_MAX + 100; at += 1) await bench.put(`ex${at}`, MINUTE_MS + at);
    const begun = bench.clock.now();
    const report = await bench.sweep();
    expect(report).toMatchObject({ looked: LOOKS_PER_RUN_MAX, failed: 0, stopped: 'turns' });
    expect(report.leftOver).toBeGreaterThan(0);
    const first = new Map<string, number>();
    for (const { execution, at } of bench.looks) if (!first.has(execution)) first.set(execution, at);
    const bySecond = Map.groupBy(first.values(), (at) => Math.floor((at - begun) / 1_000));
    const counts = [...bySecond.values()].map((looks) => looks.length);
    expect(counts[0]).toBeLessThanOrEqual(2 * LOOKS_PER_SECOND);
    expect(Math.max(...counts.slice(1))).toBeLessThanOrEqual(LOOKS_PER_SECOND);
    expect(bench.clock.now() - begun).toBeLessThan(SWEEPER.timeoutSeconds * 1_000);
    expect(await bench.sweep()).toMatchObject({ looked: 100, leftOver: 0 });
  });

  test('the turns of a sweep fit into its time, with ten seconds to spare', () => {
    const neededMs = (LOOKS_PER_RUN_MAX / LOOKS_PER_SECOND) * 1_000;
    expect(neededMs).toBeLessThanOrEqual(SWEEPER.timeoutSeconds * 1_000 - 10_000);
  });

  test('messages that a look sent delay the looks that follow', async () => {
    const { clock } = new SweepBench();
    const pace = new SweepPace(clock, LOOKS_PER_SECOND);
    pace.charge(LOOKS_PER_SECOND * MESSAGES_PER_TURN * 3);
    const turn = pace.turn();
    expect(clock.nextWake! - clock.now()).toBeGreaterThanOrEqual(2_000);
    clock.advance(3_000);
    await turn;
  });

  test('those that were due together are not due together again', async () => {
    const bench = new SweepBench();
    const names = Array.from({ length: 40 }, (_, at) => `ex${at}`);
    for (const name of names) await bench.put(name, 1_000);
    await bench.sweep();
    const checks = await Promise.all(names.map(async (name) => (await bench.header(name)).check! - bench.clock.now()));
    expect(new Set(checks).size).toBeGreaterThan(30);
    expect(Math.min(...checks)).toBeGreaterThanOrEqual(CHECK_AFTER_MS);
    expect(Math.max(...checks) - Math.min(...checks)).toBeGreaterThan(CHECK_AFTER_MS / 10);
  });

  test('what still stands after it was sent for is left alone twice as long each time: its messages may wait in a backlog', async () => {
    const bench = new SweepBench();
    await bench.put('ex', 0);
    const gaps: number[] = [];
    for (let round = 0; round < 12; round += 1) {
      await bench.sweep();
      const { check } = await bench.header('ex');
      gaps.push(check! - bench.clock.now());
      bench.clock.advanceTo(check!);
    }
    for (const [at, gap] of gaps.entries())
      expect(gap).toBeGreaterThanOrEqual(Math.min(1.4 * (gaps[at - 1] ?? 0), PATIENCE_MAX_MS));
    expect(gaps[0]).toBeLessThan(2 * CHECK_AFTER_MS);
    expect(gaps.at(-1)).toBeLessThanOrEqual(1.25 * (PATIENCE_MAX_MS + 1_000));
  });

  test('a lease that has ended since begins that anew', async () => {
    const bench = new SweepBench();
    await bench.put('ex', 6 * 3_600_000);
    const now = bench.clock.now();
    const lease = { until: epochMs(now - 1_000), since: epochMs(now - 61_000), by: 'm1' };
    await bench.memory.writeNode(
      { workspace: 'ws', execution: 'ex' },
      { ...running('$start'), status: 'running', lease },
      'absent',
    );
    await bench.sweep();
    expect((await bench.header('ex')).check! - bench.clock.now()).toBeLessThan(2 * CHECK_AFTER_MS);
  });
});

describe('a store in trouble (W3)', () => {
  test('is left alone after a few faults in a row, and the sweep says so', async () => {
    const bench = new SweepBench();
    for (let at = 0; at < 500; at += 1) await bench.put(`ex${at}`, MINUTE_MS);
    bench.intercept = { readHeader: throttled };
    const report = await bench.sweep();
    expect(report).toMatchObject({ stopped: 'store' });
    expect(report.looked).toBeLessThan(10);
    expect(report.looked + report.leftOver).toBe(500);
    expect(bench.calls).toBeLessThan(30);
    expect(bench.warnings.at(-1)).toMatchObject({ message: 'a sweep ended early', details: { why: 'store' } });
  });

  test('whose index answers for no shard fails the sweep: nobody then knows that all is well', async () => {
    const bench = new SweepBench();
    bench.intercept = { dueForCheck: throttled };
    await expect(bench.sweep()).rejects.toThrow('throttled');
  });

  test('whose index answers for some shards is swept there', async () => {
    const bench = new SweepBench();
    for (let at = 0; at < 40; at += 1) await bench.put(`ex${at}`, MINUTE_MS);
    const whole = [...(await bench.shardsOf()).values()].filter((shard) => shard !== 2).length;
    bench.intercept = {
      dueForCheck: (query) => (query.shard === 2 ? throttled() : bench.memory.dueForCheck(query)),
    };
    expect(await bench.sweep()).toMatchObject({ looked: whole, failed: 0 });
  });

  test('that fails now and then stops nothing', async () => {
    const bench = new SweepBench();
    for (let at = 0; at < 40; at += 1) await bench.put(`ex${at}`, MINUTE_MS);
    let reads = 0;
    bench.intercept = {
      readHeader: (key) => ((reads += 1) % 7 === 0 ? throttled() : bench.memory.readHeader(key)),
    };
    const report = await bench.sweep();
    expect(report.stopped).toBeUndefined();
    expect(report.failed).toBeGreaterThan(0);
    expect(report).toMatchObject({ looked: 40, leftOver: 0 });
  });
});

describe('the lag', () => {
  test('is how long the oldest due check was overdue when the sweep began', async () => {
    const bench = new SweepBench();
    for (const age of [5_000, 420_000, 60_000]) await bench.put(`ex${age}`, age);
    expect(await bench.sweep()).toEqual({ lagMs: 420_000, looked: 3, failed: 0, leftOver: 0 });
  });

  test('is nothing where nothing is due', async () => {
    const bench = new SweepBench();
    await bench.put('ex', -6_000);
    expect(await bench.sweep()).toEqual({ lagMs: 0, looked: 0, failed: 0, leftOver: 0 });
  });

  test('counts nothing that comes due while the sweep is under way; that is looked at when it does', async () => {
    const bench = new SweepBench();
    await bench.put('soon', -4_000);
    const due = bench.clock.after(4_000);
    expect(await bench.sweep()).toEqual({ lagMs: 0, looked: 1, failed: 0, leftOver: 0 });
    expect(bench.looks.map(({ at }) => at >= due)).not.toContain(false);
  });

  test('of what could not be helped counts from when it was to be tried again', async () => {
    const bench = withNewer(new SweepBench());
    await bench.put('new', 3_600_000);
    expect(await bench.sweep()).toMatchObject({ lagMs: 3_600_000, failed: 1 });
    bench.clock.advance(30_000);
    expect(await bench.sweep()).toMatchObject({ lagMs: 0, looked: 0 });
    bench.clock.advance(60_000);
    const { lagMs, failed } = await bench.sweep();
    expect([failed, lagMs < 60_000]).toEqual([1, true]);
  });
});
