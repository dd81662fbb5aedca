import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Json } from '../../shared/domain/json.ts';
import { jsonBytes, jsonBytesAbove } from '../../shared/engine/json-bytes.ts';

test('a value has more bytes than that exactly if its text has', () => {
  const value = fc.oneof(fc.jsonValue(), fc.jsonValue({ maxDepth: 30 }), fc.string({ unit: 'binary', maxLength: 50 }));
  fc.assert(
    fc.property(value, fc.integer({ min: -3, max: 3 }), fc.integer({ min: 0, max: 400 }), (any, near, bytesMax) => {
      const json = any as Json;
      const bytes = jsonBytes(json);
      expect(jsonBytesAbove(json, bytes + near)).toBe(near >= 0 ? undefined : bytes);
      expect(jsonBytesAbove(json, bytesMax)).toBe(bytes <= bytesMax ? undefined : bytes);
    }),
  );
});

test.each([
  ['the longest escapes', '\u0000\u001f\ud800'.repeat(100)],
  ['the longest numbers', Array(100).fill(-1.7976931348623157e308)],
  ['small numbers', Array(100).fill(-2.2250738585072014e-308)],
  ['words', Array(100).fill(false)],
  ['keys', Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`\u0001${at}`, null]))],
  ['brackets', Array.from({ length: 100 }, () => [[]])],
] satisfies [string, Json][])('%s do not take more than was reckoned with', (_, value) => {
  const bytes = jsonBytes(value);
  expect(jsonBytesAbove(value, bytes - 1)).toBe(bytes);
  expect(jsonBytesAbove(value, bytes)).toBeUndefined();
});
