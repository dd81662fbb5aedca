import { expect, test } from 'vitest';
import { ActiveGauge } from '../../lambdas/sweeper/active-gauge.ts';
import type { App } from '../../lambdas/runtime/bootstrap.ts';
import { epochMs } from '../../shared/domain/time.ts';
import { CHECK_SHARDS, type DueQuery } from '../../shared/engine/due.ts';

const MINUTE_MS = 60_000;

/** The shard 0 holds `state.active` entries. */
function gauge() {
  const state = { active: 0, now: 10 * MINUTE_MS, queries: 0, fails: false };
  const published: number[] = [];
  const warned: string[] = [];
  const dueForCheck = ({ shard }: DueQuery) => {
    state.queries += 1;
    if (state.fails) return Promise.reject(new Error('throttled'));
    const due = Array.from({ length: shard === 0 ? state.active : 0 }, (_, at) => ({
      key: { workspace: 'ws', execution: String(at) },
      check: epochMs(1),
    }));
    return Promise.resolve({ due });
  };
  const app = {
    engine: { clock: { now: () => epochMs(state.now) }, store: { dueForCheck } },
    metrics: { active: (count: number) => void published.push(count) },
    logger: { warn: (message: string) => void warned.push(message) },
  } as unknown as App;
  return { state, published, warned, gauge: new ActiveGauge(app) };
}

test('an idle stack is not counted', async () => {
  const { gauge: active, state } = gauge();
  for (let at = 0; at < 10; at += 1, state.now += MINUTE_MS) await active.publish(false);
  expect(state.queries).toBe(0);
});

test('once a sweep found something it is counted each five minutes, until there are none', async () => {
  const { gauge: active, state, published } = gauge();
  state.active = 3;
  await active.publish(true);
  for (let at = 0; at < 9; at += 1) {
    state.now += MINUTE_MS;
    await active.publish(at === 0);
  }
  expect(published).toEqual([3, 3]);
  state.active = 0;
  for (let at = 0; at < 20; at += 1, state.now += MINUTE_MS) await active.publish(false);
  expect(published).toEqual([3, 3]);
  expect(state.queries).toBe(3 * CHECK_SHARDS);
});

test('a count that fails keeps nobody from being swept, and is made again', async () => {
  const { gauge: active, state, published, warned } = gauge();
  state.active = 2;
  state.fails = true;
  await active.publish(true);
  expect(warned).toEqual(['active executions could not be counted']);
  state.fails = false;
  await active.publish(true);
  expect(published).toEqual([2]);
});
