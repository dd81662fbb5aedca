import { beforeEach, describe, expect, test } from 'vitest';
import { MemoryBreakerStore } from '../../shared/adapters/memory/breaker-store.ts';
import { VirtualClock } from '../../shared/adapters/memory/clock.ts';
import { BREAKER_FORGET_MS } from '../../shared/domain/breaker.ts';
import { Breakers, type BreakerStore } from '../../shared/engine/breakers.ts';

const KEY = { workspace: 'ws', target: 'https://pay.example' };
const CALL_MS = 34_000;

let clock: VirtualClock;
let store: MemoryBreakerStore;
let operations = 0;
const warnings: string[] = [];

beforeEach(() => {
  clock = new VirtualClock();
  store = new MemoryBreakerStore();
  operations = 0;
  warnings.length = 0;
});

/** One worker process. */
function worker(of: BreakerStore = store): Breakers {
  const ids = { operation: () => `op${(operations += 1)}`, random: () => 0 };
  return new Breakers({
    store: of,
    clock,
    ids,
    log: { info: () => undefined, warn: (message) => void warnings.push(message) },
  });
}

async function admitted(breakers: Breakers) {
  const admission = await breakers.admit(KEY, CALL_MS);
  if (admission.kind !== 'admitted') throw new Error('refused');
  return admission.permit;
}

async function fail(breakers: Breakers, times = 1): Promise<void> {
  for (let time = 0; time < times; time += 1) await (await admitted(breakers)).report('down');
}

const stateOf = async () => (await store.readBreaker(KEY))?.state;

test('failures that end at once, in one process and in several, are all counted', async () => {
  const [one, two] = [worker(), worker()];
  const permits = await Promise.all([one, one, one, two, two].map(admitted));
  await Promise.all(permits.map((permit) => permit.report('down')));
  expect(await stateOf()).toMatchObject({ status: 'open', failures: 5 });
  expect((await one.admit(KEY, CALL_MS)).kind).toBe('refused');
  expect(warnings).toEqual(['a circuit breaker opened']);
});

test('of any number of workers that see that it is time, one probes', async () => {
  await fail(worker(), 5);
  clock.advance(60_000);
  const all = await Promise.all(Array.from({ length: 20 }, () => worker().admit(KEY, CALL_MS)));
  expect(all.filter(({ kind }) => kind === 'admitted')).toHaveLength(1);
});

test('a worker that waited for a probe of another sees at once that it has ended', async () => {
  await fail(worker(), 5);
  clock.advance(60_000);
  const [probing, waiting] = [worker(), worker()];
  const permit = await admitted(probing);
  expect(await waiting.admit(KEY, CALL_MS)).toMatchObject({ kind: 'refused' });
  await permit.report('alive');
  expect(await waiting.admit(KEY, CALL_MS)).toMatchObject({ kind: 'admitted' });
});

test('what was read is good for five seconds where all is well, for one where something fails', async () => {
  const breakers = worker();
  const readsOf = async (seconds: number) => {
    const before = store.reads;
    for (let second = 0; second < seconds; second += 1) {
      await (await admitted(breakers)).report('alive');
      clock.advance(1_000);
    }
    return store.reads - before;
  };
  expect(await readsOf(20)).toBe(4);
  await fail(worker());
  clock.advance(5_000);
  const reader = worker();
  await admitted(reader);
  const before = store.reads;
  clock.advance(1_000);
  await admitted(reader);
  expect(store.reads - before).toBe(1);
});

test('a success is written by those alone that know of failures', async () => {
  const [ignorant, failing] = [worker(), worker()];
  const permit = await admitted(ignorant);
  await fail(failing, 2);
  const before = store.writes;
  await permit.report('alive');
  expect(store.writes).toBe(before);
  await (await admitted(failing)).report('alive');
  expect(await stateOf()).toEqual({ status: 'closed', failures: [] });
  expect(store.writes).toBe(before + 1);
});

test('failures of long ago are not in a row with those of now', async () => {
  await fail(worker(), 4);
  clock.advance(BREAKER_FORGET_MS);
  await fail(worker());
  expect(await stateOf()).toMatchObject({ status: 'closed', failures: [expect.any(String)] });
});

test('a breaker that was removed meanwhile begins anew', async () => {
  const breakers = worker();
  await fail(breakers, 2);
  const permit = await admitted(breakers);
  store.remove(KEY);
  await permit.report('down');
  expect(await store.readBreaker(KEY)).toMatchObject({ rev: 1, state: { failures: [expect.any(String)] } });
});

describe('a write whose answer is lost', () => {
  /** The write is applied, another worker writes, then the client's repetition is refused. */
  function overtaken(meanwhile: () => Promise<void>): BreakerStore {
    let lost = false;
    return {
      readBreaker: (key) => store.readBreaker(key),
      writeBreaker: async (key, next) => {
        const write = await store.writeBreaker(key, next);
        if (lost) return write;
        lost = true;
        await meanwhile();
        return store.writeBreaker(key, next);
      },
    };
  }

  test('and that was overtaken by another failure is not counted twice', async () => {
    await fail(worker(overtaken(() => fail(worker()))));
    const state = await stateOf();
    expect(state?.status === 'closed' && state.failures).toHaveLength(2);
  });

  test('as a probe that succeeded is one success', async () => {
    await fail(worker(), 5);
    clock.advance(60_000);
    const unsure = worker();
    const permit = await admitted(unsure);
    await permit.report('alive');
    await permit.report('alive');
    expect(await stateOf()).toMatchObject({ status: 'half_open', successes: 1 });
  });
});

test('a slot that another has taken over is none of the old holder', async () => {
  await fail(worker(), 5);
  clock.advance(60_000);
  const [late, next] = [worker(), worker()];
  const zombie = await admitted(late);
  clock.advance(CALL_MS);
  const permit = await admitted(next);
  await zombie.report('down');
  expect(await stateOf()).toMatchObject({ status: 'half_open', probe: {} });
  await permit.report('alive');
  expect(await stateOf()).toMatchObject({ status: 'half_open', successes: 1 });
});

test('a store that does not answer holds up nobody for longer than half a second', async () => {
  const silent: BreakerStore = {
    readBreaker: () => new Promise(() => undefined),
    writeBreaker: () => new Promise(() => undefined),
  };
  const breakers = worker(silent);
  const begun = clock.now();
  const waiting = admitted(breakers);
  clock.advance(500);
  const reporting = (await waiting).report('down');
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(500);
  await reporting;
  expect(clock.now() - begun).toBe(1_000);
  expect(warnings).toHaveLength(2);
});
