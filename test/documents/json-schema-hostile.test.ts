import { describe, expect, test } from 'vitest';
import { invariant } from '../../shared/domain/invariant.ts';
import type { Json } from '../../shared/domain/json.ts';
import { compileSchema, validateAgainst } from '../../shared/documents/json-schema.ts';

function problemsOf(schema: Json, value: Json) {
  const compiled = compileSchema(schema, '');
  invariant(compiled.ok, JSON.stringify(compiled));
  return validateAgainst(compiled.value, value).problems;
}

describe('hostile pairs of schema and value end with a problem', () => {
  const ones: Json = Array.from({ length: 500_000 }, () => 1);
  const doubling = (levels: number, last: Json) => ({
    $defs: Object.fromEntries(
      Array.from({ length: levels + 1 }, (_, index) => [
        `d${index}`,
        index === levels ? last : { allOf: [{ $ref: `#/$defs/d${index + 1}` }, { $ref: `#/$defs/d${index + 1}` }] },
      ]),
    ),
  });
  const deep = Array.from({ length: 100_000 }).reduce<Json>((inner) => ({ x: inner }), 1);
  const coin = (length: number) =>
    Array.from({ length }, (_, index) => ((index * 7_919) % 13 > 5 ? 'a' : 'b')).join('');

  test.each<[string, Json, Json, string]>([
    [
      'doubling references over a long list',
      { ...doubling(10, { type: 'integer' }), items: { $ref: '#/$defs/d0' } },
      ones,
      'takes more than 5000000 steps',
    ],
    [
      'recursion that doubles at each level',
      { allOf: [{ properties: { x: { $ref: '#' } } }, { properties: { x: { $ref: '#' } } }] },
      Array.from({ length: 31 }).reduce<Json>((inner) => ({ x: inner }), 1),
      'takes more than 5000000 steps',
    ],
    ['a value without a bottom', { properties: { x: { $ref: '#' } } }, deep, 'needs more than 400 schemas'],
    ['a value without a bottom in an enum', { enum: [{}] }, deep, 'nests too deep'],
    [
      'a large value compared again and again',
      { allOf: Array.from({ length: 5_000 }, () => ({ enum: [{}, []] })) },
      { a: ones },
      'takes more than 5000000 steps',
    ],
    [
      'a default for each of many items',
      { items: { properties: { x: { default: 'x'.repeat(100_000) } } } },
      Array.from({ length: 100_000 }, () => ({})),
      'grows by more than 1048576 bytes',
    ],
    [
      'a pattern that defeats the automaton',
      { items: { pattern: '(a|b)*a(a|b){150}[cde]' } },
      Array.from({ length: 1_000 }, () => `${coin(997)}abd`),
      'takes too much pattern matching',
    ],
    [
      'unevaluated items, a hundred times',
      { allOf: Array.from({ length: 100 }, () => ({ unevaluatedItems: true })) },
      ones,
      'takes more than 5000000 steps',
    ],
  ])(
    '%s',
    (_, schema, value, message) => {
      const [first, ...rest] = problemsOf(schema, value);
      expect(first).toEqual({ code: 'invalid', path: '', message: expect.stringContaining(message) });
      expect(rest).toEqual([]);
    },
    20_000,
  );

  test('half a million unique numbers are compared in one go', () => {
    expect(
      problemsOf(
        { uniqueItems: true },
        Array.from({ length: 500_000 }, (_, index) => index),
      ),
    ).toEqual([]);
  });

  test('a hundred problems are enough', () => {
    expect(problemsOf({ items: { type: 'string' } }, ones)).toHaveLength(100);
  });
});
