import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, isJsonArray, isJsonObject, pointer, type Json } from '../../shared/domain/json.ts';

const anyJson = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;

function shuffled(value: Json): Json {
  if (isJsonArray(value)) return value.map(shuffled);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, shuffled(item)]),
  );
}

test('canonical text is the same whatever the order of keys, and still the same value', () => {
  fc.assert(
    fc.property(anyJson, (value) => {
      expect(canonicalJson(shuffled(value))).toBe(canonicalJson(value));
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('different values have different canonical texts', () => {
  expect(canonicalJson({ a: [1, 2] })).toBe('{"a":[1,2]}');
  expect(canonicalJson({ a: [2, 1] })).not.toBe(canonicalJson({ a: [1, 2] }));
  expect(canonicalJson({ a: null })).not.toBe(canonicalJson({}));
});

test('a member that is undefined (a typing gap at the edges) reads as null', () => {
  expect(canonicalJson({ a: undefined } as unknown as Json)).toBe('{"a":null}');
});

test('objects, lists and the rest are told apart', () => {
  expect([{}, [], null, 'x', 1, undefined].map((value) => isJsonObject(value))).toEqual([
    true,
    false,
    false,
    false,
    false,
    false,
  ]);
  expect([{}, [], null, 'x', 1, undefined].map((value) => isJsonArray(value))).toEqual([
    false,
    true,
    false,
    false,
    false,
    false,
  ]);
});

test('pointers escape ~ and / (RFC 6901)', () => {
  expect(pointer('/nodes', 'a/b~c')).toBe('/nodes/a~1b~0c');
  expect(pointer('', 3)).toBe('/3');
});
