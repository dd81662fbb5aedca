import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../shared/adapters/memory/clock.ts';
import { MemoryWorkQueue } from '../../shared/adapters/memory/work-queue.ts';
import { epochMs } from '../../shared/domain/time.ts';
import type { WorkMessage } from '../../shared/engine/messages.ts';
import { sleep } from '../../shared/engine/sleep.ts';

/** What the memory ports have beyond their ports' contracts (test/contracts): a test's own hands. */
describe('the queue', () => {
  const message: WorkMessage = { v: 1, ws: 'ws', ex: 'ex', kind: 'expire' };

  test('delays, hides what is worked, and brings back what was not deleted', async () => {
    const clock = new VirtualClock(1_000);
    const queue = new MemoryWorkQueue(clock);
    await queue.send([{ message }, { message, notBefore: epochMs(1_500) }]);
    expect(queue.visible.map(({ id }) => id)).toEqual(['m1']);
    expect(queue.nextVisibleAt).toBe(1_500);
    expect(queue.receive('m1', 2_000).delivery).toEqual({ id: 'm1', receiveCount: 1, isolated: false });
    clock.advance(500);
    expect(queue.visible.map(({ id }) => id)).toEqual(['m2']);
    clock.advance(1_500);
    const again = queue.receive('m1', 1_000).delivery;
    expect(again.receiveCount).toBe(2);
    queue.delete({ id: 'm1', receiveCount: 1 });
    queue.release({ id: 'm1', receiveCount: 1 });
    expect(queue.visible.map(({ id }) => id)).toEqual(['m2']);
    queue.release(again);
    expect(queue.visible.map(({ id }) => id)).toEqual(['m1', 'm2']);
    queue.delete(again);
    queue.lose('m2');
    expect([queue.messages, queue.sent, queue.nextVisibleAt]).toEqual([[], 2, undefined]);
    expect(() => queue.receive('m1', 1)).toThrow('no message m1');
  });
});

describe('the clock', () => {
  test('stands still until it is moved, and wakes sleepers in order, each at its time', async () => {
    const clock = new VirtualClock(1_000);
    const woken: string[] = [];
    const nap = (ms: number) => sleep(clock, ms).then(() => woken.push(`${ms} at ${clock.now()}`));
    const all = Promise.all([nap(300), nap(100), nap(900)]);
    expect([clock.nextWake, clock.after(50)]).toEqual([1_100, 1_050]);
    clock.advanceTo(epochMs(1_100));
    await Promise.resolve();
    await Promise.resolve();
    expect(woken).toEqual(['100 at 1100']);
    clock.advance(10_000);
    await all;
    expect(woken.map((text) => text.split(' ')[0])).toEqual(['100', '300', '900']);
    clock.advanceTo(epochMs(5));
    expect(clock.now()).toBe(11_100);
  });

  test('ends a sleep early when told so', async () => {
    const clock = new VirtualClock();
    const stop = new AbortController();
    const asleep = sleep(clock, 1_000, stop.signal);
    stop.abort();
    await asleep;
    await sleep(clock, 1_000, stop.signal);
    expect(clock.nextWake).toBeUndefined();
  });
});
