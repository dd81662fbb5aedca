import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDurationMs } from '../../shared/domain/duration.ts';

test.each<[string, number]>([
  ['500ms', 500],
  ['0s', 0],
  ['30s', 30_000],
  ['1.5s', 1_500],
  ['0.0004s', 0],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['7d', 604_800_000],
  ['PT90S', 90_000],
  ['PT1H30M', 5_400_000],
  ['PT0.25S', 250],
  ['P7D', 604_800_000],
  ['P2W', 1_209_600_000],
  ['P1W1DT1H1M1S', 694_861_000],
])('%s is %d ms', (text, ms) => {
  expect(parseDurationMs(text)).toBe(ms);
});

test.each([
  '',
  's',
  '5',
  '5 s',
  '-5s',
  '5S',
  '5sec',
  '1h30m',
  '1e3s',
  '.5s',
  '5.s',
  'P',
  'PT',
  'P1Y',
  'P1M',
  'PT1H1D',
  'P1.5D',
  'P1DT',
  'pt1h',
  ' 5s',
  '5s\n',
  '٣s',
])('%j is no duration', (text) => {
  expect(parseDurationMs(text)).toBeUndefined();
});

test('whatever is parsed is a whole, finite number of milliseconds', () => {
  const text = fc.tuple(
    fc.nat(),
    fc.option(fc.nat(999_999), { nil: undefined }),
    fc.constantFrom('ms', 's', 'm', 'h', 'd'),
  );
  fc.assert(
    fc.property(text, ([whole, part, unit]) => {
      const ms = parseDurationMs(`${whole}${part === undefined ? '' : `.${part}`}${unit}`);
      expect(Number.isInteger(ms)).toBe(true);
      expect(ms).toBeGreaterThanOrEqual(0);
    }),
  );
});
