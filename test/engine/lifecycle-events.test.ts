import { afterEach, describe, expect, test } from 'vitest';
import type { LifecycleEvent } from '../../shared/domain/execution/lifecycle-event.ts';
import { isTerminal } from '../../shared/domain/execution/records.ts';
import { cancelExecution } from '../../shared/engine/cancel-execution.ts';
import { redrive } from '../../shared/engine/redrive.ts';
import { compile, EngineHarness, type HarnessOptions } from '../support/engine-harness.ts';
import { FaultPlan, FAULTS, type Fault } from '../support/faulty-ports.ts';

const plan = compile({ a: { type: 'task' }, b: { type: 'task', needs: ['a'] } });

const harnesses: EngineHarness[] = [];
afterEach(() => {
  for (const harness of harnesses.splice(0)) harness.dispose();
});

function announcing(options: Omit<HarnessOptions, 'announce'> = {}) {
  const events: LifecycleEvent[] = [];
  let works = true;
  const publish = (event: LifecycleEvent): Promise<void> => {
    if (!works) return Promise.reject(new Error('the bus does not answer'));
    events.push(event);
    return Promise.resolve();
  };
  const harness = new EngineHarness(plan, { ...options, announce: { publish } });
  harnesses.push(harness);
  return { harness, events, setWorks: (value: boolean) => void (works = value) };
}

/** Terminal, and nobody need look at it any more. */
async function atRest(harness: EngineHarness): Promise<boolean> {
  const { status, check } = await harness.header();
  return isTerminal(status) && check === undefined;
}

const sweepToRest = (harness: EngineHarness) => harness.sweepToEnd(undefined, () => atRest(harness), 30);

describe('what is told of an end', () => {
  test('once, with everything that identifies it and nothing that may be large or secret', async () => {
    const { harness, events } = announcing({ input: { secret: 'input' } });
    await harness.start();
    await harness.runToEnd();
    expect(await atRest(harness)).toBe(true);
    expect(events).toEqual([
      {
        ...harness.key,
        workflow: 'test',
        version: 1,
        generation: 1,
        status: 'succeeded',
        createdAt: expect.stringMatching(/^\d{4}-.*Z$/) as string,
        startedAt: expect.stringMatching(/^\d{4}-.*Z$/) as string,
        endedAt: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      },
    ]);
  });

  test('a failure says which node and why', async () => {
    const { harness, events } = announcing({ script: { a: { fail: 'declined' } } });
    await harness.start();
    await harness.sweepToEnd(undefined, () => atRest(harness), 30);
    expect(events).toMatchObject([{ status: 'failed', reason: 'node_failed', error: { node: 'a', code: 'declined' } }]);
  });

  test('a held execution that is cancelled, or whose time is over, has ended too', async () => {
    const cancelled = announcing();
    await cancelled.harness.start({ hold: true });
    await cancelled.harness.request((deps) => cancelExecution(deps, cancelled.harness.key, 'r'));
    expect(cancelled.events).toMatchObject([{ status: 'cancelled' }]);
    const late = announcing();
    await late.harness.start({ hold: true });
    late.harness.clock.advanceTo((await late.harness.header()).deadline);
    await sweepToRest(late.harness);
    expect(late.events).toMatchObject([{ status: 'timed_out', reason: 'hold_expired' }]);
  });

  test('each generation tells of its own end', async () => {
    const { harness, events } = announcing({ script: { b: { fail: 'declined' } } });
    await harness.start();
    await sweepToRest(harness);
    harness.retell({});
    await harness.request((deps) => redrive(deps, { ...harness.key, freshKeys: false, requestId: 'r' }));
    await sweepToRest(harness);
    expect(events.map(({ generation, status }) => [generation, status])).toEqual([
      [1, 'failed'],
      [2, 'succeeded'],
    ]);
  });
});

describe('a bus that does not answer', () => {
  test('neither fails what has ended nor is forgotten: the sweeper announces', async () => {
    const { harness, events, setWorks } = announcing();
    setWorks(false);
    await harness.start();
    await harness.runToEnd();
    expect((await harness.header()).status).toBe('succeeded');
    expect(harness.errors).toEqual([]);
    expect(await atRest(harness)).toBe(false);
    setWorks(true);
    await sweepToRest(harness);
    expect(events).toHaveLength(1);
  });

  test('a redrive announces first: nobody would hear of that end any more', async () => {
    const { harness, events, setWorks } = announcing({ script: { b: { fail: 'declined' } } });
    setWorks(false);
    await harness.start();
    await harness.runToEnd();
    setWorks(true);
    harness.retell({});
    await harness.request((deps) => redrive(deps, { ...harness.key, freshKeys: false, requestId: 'r' }));
    expect(events).toMatchObject([{ generation: 1, status: 'failed' }]);
    await sweepToRest(harness);
    expect(events.map(({ generation }) => generation)).toEqual([1, 2]);
  });
});

describe('every call of an execution fails in turn, in every way', () => {
  const cases = FAULTS.flatMap((fault) =>
    Array.from({ length: 16 }, (_, at): [fault: Fault, number: number] => [fault, at + 1]),
  );

  test.each(cases)('%s at call %d: its end is announced all the same', async (fault, number) => {
    const faults = new FaultPlan((call) => (call.number === number ? fault : undefined));
    const { harness, events } = announcing({ faults, stallMs: 120_000, afterFault: 'when_visible' });
    await harness.start();
    await sweepToRest(harness);
    expect(new Set(events.map(({ generation, status }) => `${generation} ${status}`))).toEqual(
      new Set(['1 succeeded']),
    );
    expect(events.length).toBeLessThanOrEqual(2);
  });

  test('there are no more calls than that', async () => {
    const faults = new FaultPlan();
    const { harness } = announcing({ faults });
    await harness.start();
    await harness.runToEnd();
    expect(faults.names).toContain('publish');
    expect(faults.calls).toBeLessThanOrEqual(16);
  });
});
