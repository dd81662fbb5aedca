import { expect, test } from 'vitest';
import { VirtualClock } from '../../shared/adapters/memory/clock.ts';
import type { Session } from '../../shared/engine/session.ts';
import { StopWatch } from '../../shared/engine/stop-watch.ts';
import { STOP_POLL_MS } from '../../shared/engine/time-budget.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('looks once in a while however attempts end and begin, also while a look is under way, and not at all without any', async () => {
  const clock = new VirtualClock();
  const looks: PromiseWithResolvers<void>[] = [];
  const refreshHeader = (): Promise<void> => {
    const look = Promise.withResolvers<void>();
    looks.push(look);
    return look.promise;
  };
  const log = { info: () => undefined, warn: () => undefined };
  const session: unknown = { deps: { clock, log }, mayStart: true, refreshHeader };
  const watch = new StopWatch(session as Session);
  const endFirst = watch.begin();
  clock.advance(STOP_POLL_MS);
  expect(looks).toHaveLength(1);
  endFirst();
  const endSecond = watch.begin();
  looks[0]?.resolve();
  await turn();
  clock.advance(STOP_POLL_MS);
  expect(looks).toHaveLength(2);
  looks[1]?.reject(new Error('not read'));
  await turn();
  clock.advance(STOP_POLL_MS);
  expect(looks).toHaveLength(3);
  looks[2]?.resolve();
  await turn();
  endSecond();
  expect(clock.nextWake).toBeUndefined();
});
