import { describe, expect, test } from 'vitest';
import { PRICES } from '../../shared/config/prices.ts';
import { Ledger } from '../../shared/metering/ledger.ts';
import { charge, currentTally, Tally, withTally } from '../../shared/metering/tally.ts';
import { usdOf } from '../../shared/metering/usd.ts';
import { NO_USAGE, plus, UNITS, usageOf, usageText, type Usage } from '../../shared/metering/usage.ts';

const one: Usage = plus(NO_USAGE, { writeUnits: 17, indexWriteUnits: 4, queueRequests: 0.3, gbSeconds: 0.0123456789 });

describe('usage as text', () => {
  test('comes back as it was, to six digits', () => {
    expect(usageText(one)).toBe('17,4,,,0.3,,,,,,,0.012346');
    expect(usageOf(usageText(one))).toEqual({ ...one, gbSeconds: 0.012346 });
    expect(usageText(NO_USAGE)).toBe('');
    expect(usageOf(undefined)).toEqual(NO_USAGE);
  });

  test('of a later version, or of nobody, is no reason to fail', () => {
    expect(usageOf(`${'1,'.repeat(UNITS.length)}99`)).toEqual(Object.fromEntries(UNITS.map((unit) => [unit, 1])));
    expect(usageOf('five,,NaN,2')).toEqual({ ...NO_USAGE, indexReadUnits: 2 });
  });
});

describe('what usage costs', () => {
  test('is the price table times the units; what indexes take is in the sum already', () => {
    const million = plus(NO_USAGE, { writeUnits: 1e6, indexWriteUnits: 1e6 });
    expect(usdOf(million)).toBeCloseTo(PRICES.dynamodb.usdPerMillionWriteUnits, 9);
    expect(usdOf(plus(NO_USAGE, { readUnits: 1e6, indexReadUnits: 5 }))).toBeCloseTo(0.125, 9);
    expect(usdOf(plus(NO_USAGE, { queueRequests: 1e6 }))).toBeCloseTo(0.5, 9);
    expect(usdOf(plus(NO_USAGE, { gbSeconds: 1e6 }))).toBeCloseTo(13.3334, 9);
    expect(usdOf(plus(NO_USAGE, { logBytes: 1_024 ** 3 }))).toBeCloseTo(0.5, 9);
  });

  test('knows a price of every unit but of those that are parts of others', () => {
    const free = UNITS.filter((unit) => usdOf(plus(NO_USAGE, { [unit]: 1 })) === 0);
    expect(free).toEqual(['indexWriteUnits', 'indexReadUnits']);
  });
});

describe('a tally', () => {
  test('is charged from wherever its message is worked, and hands out what nothing carries yet once', async () => {
    const tally = new Tally('acme');
    await withTally(tally, async () => {
      charge({ writeUnits: 1 });
      await Promise.resolve();
      charge({ writeUnits: 2, readUnits: 1 });
      expect(currentTally()).toBe(tally);
    });
    expect(tally.take()).toEqual(plus(NO_USAGE, { writeUnits: 3, readUnits: 1 }));
    expect(tally.take()).toEqual(NO_USAGE);
  });

  test('keeps those who are under way at once apart', async () => {
    const tallies = [new Tally('a'), new Tally('b')];
    await Promise.all(
      tallies.map((tally, at) =>
        withTally(tally, async () => {
          await Promise.resolve();
          charge({ readUnits: at + 1 });
        }),
      ),
    );
    expect(tallies.map((tally) => tally.take().readUnits)).toEqual([1, 2]);
  });

  test('outside of any, nobody is charged', () => {
    expect(currentTally()).toBeUndefined();
    charge({ writeUnits: 1 });
  });
});

test('a ledger sums up by workspace, is emptied by who publishes, and takes back what could not be', () => {
  const ledger = new Ledger();
  ledger.use('a', { writeUnits: 1 });
  ledger.use('a', { writeUnits: 2 });
  ledger.count('a', 'executions.started');
  ledger.use('b', { readUnits: 5 });
  const taken = ledger.takeAll();
  expect([...taken.keys()]).toEqual(['a', 'b']);
  expect(ledger.unpublished('a')).toEqual({ usage: NO_USAGE, counts: {} });
  ledger.count('a', 'executions.started', 2);
  for (const [workspace, totals] of taken) ledger.putBack(workspace, totals);
  expect(ledger.unpublished('a')).toEqual({
    usage: plus(NO_USAGE, { writeUnits: 3 }),
    counts: { 'executions.started': 3 },
  });
});
