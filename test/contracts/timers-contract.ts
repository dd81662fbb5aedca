import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { epochMs } from '../../shared/domain/time.ts';
import type { ScheduleTimers } from '../../shared/adapters/aws/scheduler-timers.ts';

export interface Scheduled {
  readonly name: string;
  readonly dueAt: number;
  readonly input: string;
}

/** Timers that have just been set up, and what they lead to. */
export interface OpenTimers {
  readonly timers: ScheduleTimers;
  pending(): Promise<readonly Scheduled[]>;
  /** The next body that is sent to the queue. */
  delivered(): Promise<string>;
}

export interface TimersSubject extends AsyncDisposable {
  open(): Promise<OpenTimers>;
}

const HOUR_MS = 3_600_000;
/** A schedule may come this much before what it is for: the queue's own delay does the rest. */
const EARLY_MS = 91_000;
const NAME = /^[0-9a-zA-Z-_.]{1,64}$/;

/** What the queue's adapter may rely on for what a queue cannot delay. */
export function describeTimersContract(name: string, start: () => Promise<TimersSubject>): void {
  describe(`timers: ${name}`, () => {
    let subject: TimersSubject;
    let opened: OpenTimers;
    beforeAll(async () => {
      subject = await start();
    });
    beforeEach(async () => {
      opened = await subject.open();
    });
    afterAll(() => subject[Symbol.asyncDispose]());
    const inAnHour = (more = 0) => epochMs(Date.now() + HOUR_MS + more);

    test('one set is one schedule, with the body as it is', async () => {
      await opened.timers.schedule('{"a":1}', inAnHour());
      expect((await opened.pending()).map(({ input }) => input)).toEqual(['{"a":1}']);
    });

    test('the same again is the same schedule', async () => {
      const at = inAnHour();
      await opened.timers.schedule('body', at);
      await opened.timers.schedule('body', at);
      expect(await opened.pending()).toHaveLength(1);
    });

    test('the same by ten at once is the same schedule', async () => {
      const at = inAnHour();
      await Promise.all(Array.from({ length: 10 }, () => opened.timers.schedule('body', at)));
      expect(await opened.pending()).toHaveLength(1);
    });

    test.each([
      ['body', 'other', 0],
      ['instant, be it a millisecond later', 'body', 1],
    ])('another %s is another schedule', async (_what, body, ms) => {
      const at = inAnHour();
      await opened.timers.schedule('body', at);
      await opened.timers.schedule(body, epochMs(at + ms));
      expect(await opened.pending()).toHaveLength(2);
    });

    test.each([
      ['a quarter of an hour', 900_001],
      ['an hour', HOUR_MS],
      ['a year', 365 * 24 * HOUR_MS],
    ])('one of %s comes a little early, never late', async (_what, ms) => {
      const at = epochMs(Date.now() + ms);
      await opened.timers.schedule('body', at);
      const dueAt = (await opened.pending())[0]?.dueAt;
      expect(dueAt).toBeLessThanOrEqual(at);
      expect(dueAt).toBeGreaterThan(at - EARLY_MS);
    });

    test.each([
      ['of many scripts', 'größe 支払い 👩‍👩‍👧 "quoted" <&> \\'],
      ['of some kilobytes', 'x'.repeat(5_000)],
    ])('a body %s has a name that Scheduler takes', async (_what, body) => {
      await opened.timers.schedule(body, inAnHour());
      const [scheduled] = await opened.pending();
      expect(scheduled?.input).toBe(body);
      expect(scheduled?.name).toMatch(NAME);
    });

    test('one that is due sends its body and is gone', async () => {
      const body = JSON.stringify({ text: 'größe 支払い' });
      await opened.timers.schedule(body, epochMs(Date.now() + EARLY_MS));
      expect(await opened.delivered()).toBe(body);
      await expect.poll(() => opened.pending()).toEqual([]);
    });
  });
}
