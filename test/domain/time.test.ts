import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EpochMs, epochMs, parseRfc3339, toRfc3339 } from '../../shared/domain/time.ts';

test.each<[string, string]>([
  ['2026-12-24T18:00:00Z', '2026-12-24T18:00:00.000Z'],
  ['2026-12-24t18:00:00.5z', '2026-12-24T18:00:00.500Z'],
  ['2026-12-24 18:00:00+01:00', '2026-12-24T17:00:00.000Z'],
  ['2026-12-24T18:00-05:30', '2026-12-24T23:30:00.000Z'],
  ['2026-12-24', '2026-12-24T00:00:00.000Z'],
  ['2024-02-29', '2024-02-29T00:00:00.000Z'],
])('%s is %s', (text, instant) => {
  expect(toRfc3339(parseRfc3339(text)!)).toBe(instant);
});

test.each([
  '',
  'tomorrow',
  '2026-02-30',
  '2025-02-29',
  '2026-00-10',
  '2026-13-10',
  '2026-01-00',
  '2026-01-32',
  '2026-12-24T25:00:00Z',
  '2026-12-24T18:61:00Z',
  '2026-12-24T18:00:00',
  '2026-12-24T18Z',
  '1969-12-31',
  '24.12.2026',
])('%j is no instant that Stepwell takes', (text) => {
  expect(parseRfc3339(text)).toBeUndefined();
});

test('what is written is read back', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }), (date) => {
      const at = epochMs(date.getTime());
      expect(parseRfc3339(toRfc3339(at))).toBe(at);
    }),
  );
});

test('an instant is a whole, non-negative number of milliseconds', () => {
  expect(EpochMs.safeParse(1.5).success).toBe(false);
  expect(EpochMs.safeParse(-1).success).toBe(false);
  expect(EpochMs.parse(0)).toBe(0);
  expect(epochMs(1.6)).toBe(2);
});

test('instants are written as Date writes them, whichever was written before', () => {
  const instants = fc.array(fc.oneof(fc.integer({ min: 0, max: 8.64e15 }), fc.integer({ min: 1_000, max: 5_000 })));
  fc.assert(
    fc.property(instants, (all) => {
      for (const ms of all) expect(toRfc3339(epochMs(ms))).toBe(new Date(ms).toISOString());
    }),
  );
});

test('a time that no calendar has is refused, also at once after another', () => {
  for (let time = 0; time < 2; time += 1) expect(() => toRfc3339(epochMs(8.64e15 + 1_000))).toThrow(RangeError);
});
