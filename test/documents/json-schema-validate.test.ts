/* oxlint-disable unicorn/no-thenable -- "then" is a keyword of JSON Schema. */
import { describe, expect, test } from 'vitest';
import { invariant } from '../../shared/domain/invariant.ts';
import type { Json } from '../../shared/domain/json.ts';
import { compileSchema, validateAgainst } from '../../shared/documents/json-schema.ts';

function validate(schema: Json, value: Json) {
  const compiled = compileSchema(schema, '');
  invariant(compiled.ok, JSON.stringify(compiled));
  return validateAgainst(compiled.value, value);
}
/** `/qty: must be integer, is string` */
function linesOf(schema: Json, value: Json): string[] {
  return validate(schema, value).problems.map(({ path, message }) => `${path}: ${message}`);
}

const order: Json = {
  type: 'object',
  required: ['id', 'qty'],
  additionalProperties: false,
  properties: {
    id: { type: 'string', pattern: '^o-\\d+$' },
    qty: { type: 'integer', minimum: 1, maximum: 10 },
    note: { type: ['string', 'null'], maxLength: 3 },
    lines: {
      type: 'array',
      minItems: 1,
      items: { type: 'object', required: ['sku'], properties: { sku: { type: 'string' } } },
    },
    kind: { enum: ['a', 'b'] },
  },
};

test('a valid value has no problems and stays the same object', () => {
  const value: Json = { id: 'o-1', qty: 2, note: null, lines: [{ sku: 'x' }], kind: 'a' };
  const validated = validate(order, value);
  expect(validated.problems).toEqual([]);
  expect(validated.value).toBe(value);
});

test('all problems at once, with pointers and readable', () => {
  const value: Json = { id: 'x', qty: '1', note: 'long', lines: [{}, 5], kind: 'c', 'a/b': 1 };
  expect(validate(order, value).problems[0]).toEqual({
    code: 'invalid',
    path: '/id',
    message: 'must match the pattern ^o-\\d+$',
  });
  expect(linesOf(order, value)).toEqual([
    '/id: must match the pattern ^o-\\d+$',
    '/qty: must be integer, is string',
    '/note: must have at most 3 characters, has 4',
    '/lines/0/sku: is required',
    '/lines/1: must be object, is integer',
    '/kind: must be one of "a", "b"',
    '/a~1b: is not allowed',
  ]);
  expect(linesOf(order, {})).toEqual(['/id: is required', '/qty: is required']);
  expect(linesOf(order, 7)).toEqual([': must be object, is integer']);
});

describe('keyword by keyword: [schema, valid values, invalid values]', () => {
  test.each<[string, Json, Json[], Json[]]>([
    ['true', true, [1, null], []],
    ['false', false, [], [1, null, {}]],
    ['integer', { type: 'integer' }, [1, 1.0, -3, 1e300], [1.5, '1', null]],
    ['number takes integers', { type: 'number' }, [1, 1.5], ['1']],
    ['const', { const: { a: [1, { b: 2, c: 3 }] } }, [{ a: [1, { c: 3, b: 2 }] }], [{ a: [1] }, 1]],
    ['const null', { const: null }, [null], [0, false, '']],
    ['enum tells 1, "1" and true apart', { enum: [1, [], {}] }, [1, [], {}], ['1', true, [1], { a: 1 }]],
    ['bounds', { minimum: 1, exclusiveMaximum: 3 }, [1, 2.9, 'x'], [0.9, 3]],
    ['exclusive bounds', { exclusiveMinimum: 1, maximum: 3 }, [1.1, 3], [1, 3.1]],
    ['multipleOf as decimals', { multipleOf: 0.01 }, [19.99, 0, 0.07, -4.35, 1e300], [0.005, 19.999]],
    ['multipleOf small and large', { multipleOf: 1e-7 }, [12, 3e-7, 1e21], [1.5e-7]],
    ['multipleOf integers', { multipleOf: 3 }, [9, -3], [10, 1.5]],
    ['lengths count characters', { minLength: 2, maxLength: 2 }, ['ab', '😀😀', 5], ['a', '😀', 'abc']],
    ['pattern is not anchored', { pattern: 'b+' }, ['abc', 5], ['ac']],
    ['items', { items: { type: 'string' } }, [[], ['a'], 'x'], [['a', 1]]],
    [
      'prefixItems and items',
      { prefixItems: [{ type: 'string' }, true], items: false },
      [[], ['a'], ['a', 1]],
      [[1], ['a', 1, 2]],
    ],
    ['counts of items', { minItems: 1, maxItems: 2 }, [[1], [1, 2], {}], [[], [1, 2, 3]]],
    [
      'uniqueItems',
      { uniqueItems: true },
      [[], [1, '1', true, [1], { a: 1 }]],
      [
        [1, 2, 1],
        [
          { a: 1, b: 2 },
          { b: 2, a: 1 },
        ],
        [[], []],
      ],
    ],
    ['contains', { contains: { const: 1 } }, [[0, 1]], [[], [0]]],
    [
      'counts of contains',
      { contains: { const: 1 }, minContains: 2, maxContains: 3 },
      [
        [1, 1],
        [1, 0, 1, 1],
      ],
      [[1], [1, 1, 1, 1]],
    ],
    ['minContains 0', { contains: { const: 1 }, minContains: 0 }, [[], [2]], []],
    ['counts of properties', { minProperties: 1, maxProperties: 1 }, [{ a: 1 }, []], [{}, { a: 1, b: 2 }]],
    [
      'patternProperties',
      {
        patternProperties: { '^x-': { type: 'integer' }, y$: { minimum: 5 } },
        additionalProperties: { type: 'string' },
      },
      [{ 'x-y': 5, a: 'b' }],
      [{ 'x-y': 4 }, { 'x-': 'a' }, { a: 1 }],
    ],
    [
      'patternProperties apply next to properties',
      { properties: { ab: { type: 'integer' } }, patternProperties: { a: { minimum: 5 } } },
      [{ ab: 5 }],
      [{ ab: 4 }, { ab: 5.5 }],
    ],
    ['propertyNames', { propertyNames: { maxLength: 2 } }, [{ ab: 1 }], [{ abc: 1 }]],
    ['dependentRequired', { dependentRequired: { a: ['b'] } }, [{}, { b: 1 }, { a: 1, b: 1 }], [{ a: 1 }]],
    ['dependentSchemas', { dependentSchemas: { a: { required: ['b'] } } }, [{}, { a: 1, b: 1 }], [{ a: 1 }]],
    ['allOf', { allOf: [{ type: 'integer' }, { minimum: 2 }] }, [2], [1, 2.5]],
    ['anyOf', { anyOf: [{ type: 'integer' }, { minLength: 2 }] }, [1, 'ab'], ['a']],
    ['oneOf', { oneOf: [{ type: 'integer' }, { minimum: 2 }] }, [1, 2.5], [3, 1.5]],
    ['not', { not: { type: 'integer' } }, ['a'], [1]],
    [
      'if, then, else',
      { if: { type: 'integer' }, then: { minimum: 2 }, else: { type: 'string' } },
      [2, 'a'],
      [1, null],
    ],
    ['then without if', { then: false }, [1], []],
    [
      '$ref next to other keywords',
      { $defs: { a: { type: 'integer' } }, $ref: '#/$defs/a', minimum: 2 },
      [2],
      [1, 'a'],
    ],
    [
      'a tree',
      { type: 'object', properties: { next: { $ref: '#' } }, additionalProperties: false },
      [{ next: { next: {} } }],
      [{ next: { nxt: {} } }],
    ],
    [
      'names of Object.prototype are members like others',
      { required: ['toString'], properties: { valueOf: { type: 'integer' } } },
      [{ toString: 1 }],
      [{}, { toString: 1, valueOf: 'x' }],
    ],
    [
      'unevaluatedProperties',
      { allOf: [{ properties: { a: true } }], properties: { b: true }, unevaluatedProperties: false },
      [{ a: 1, b: 2 }],
      [{ c: 1 }],
    ],
    [
      'unevaluatedProperties with branches',
      {
        anyOf: [
          { required: ['a'], properties: { a: true } },
          { required: ['b'], properties: { b: true } },
        ],
        unevaluatedProperties: false,
      },
      [{ a: 1 }, { a: 1, b: 1 }],
      [{ a: 1, c: 1 }, {}],
    ],
    [
      'unevaluatedProperties with if',
      {
        if: { required: ['a'], properties: { a: { const: 1 } } },
        then: { properties: { b: true } },
        else: { properties: { c: true } },
        unevaluatedProperties: false,
      },
      [{ a: 1, b: 1 }, { c: 1 }],
      [{ a: 1, c: 1 }, { b: 1 }, { a: 2 }],
    ],
    [
      'unevaluatedProperties through $ref',
      { $ref: '#/$defs/a', $defs: { a: { properties: { a: true } } }, unevaluatedProperties: { type: 'integer' } },
      [{ a: 'x', b: 1 }],
      [{ b: 'x' }],
    ],
    [
      'unevaluatedProperties does not look into not',
      { not: { not: { properties: { a: true } } }, unevaluatedProperties: false },
      [{}],
      [{ a: 1 }],
    ],
    [
      'nested unevaluatedProperties count as evaluated',
      { allOf: [{ properties: { a: true }, unevaluatedProperties: true }], unevaluatedProperties: false },
      [{ a: 1, b: 2 }],
      [],
    ],
    ['unevaluatedItems', { allOf: [{ prefixItems: [true] }], unevaluatedItems: false }, [[], [1]], [[1, 2]]],
    [
      'unevaluatedItems and contains',
      { contains: { type: 'string' }, unevaluatedItems: { type: 'integer' } },
      [['a', 1, 'b']],
      [['a', null]],
    ],
  ])('%s', (_, schema, valid, invalid) => {
    expect(valid.filter((value) => linesOf(schema, value).length > 0)).toEqual([]);
    expect(invalid.filter((value) => linesOf(schema, value).length === 0)).toEqual([]);
  });

  test.each<[string, string[], string[]]>([
    [
      'date',
      ['2026-02-28', '2024-02-29', '2000-02-29'],
      ['2026-02-29', '2026-13-01', '1900-02-29', '26-01-01', '2026-00-10', ''],
    ],
    ['time', ['10:00:00Z', '23:59:60.5+01:00'], ['10:00Z', '24:00:00Z', '10:00:00', '10:00:00+25:00']],
    [
      'date-time',
      ['2026-12-24T18:00:00Z', '2026-12-24t18:00:00.123-05:00'],
      ['2026-12-24', '2026-12-24 18:00:00Z', '2026-02-30T00:00:00Z', '2026-12-24T18:00:00'],
    ],
    ['uuid', ['2EB8AA08-AA98-11EA-B4AA-73B441D16380'], ['2eb8aa08aa9811eab4aa73b441d16380', 'x']],
    ['email', ['a.b+c@example.com', "o'brien@localhost"], ['a', '@b', 'a@', 'a..b@c', '.a@b', 'a b@c', 'a@-b']],
    ['hostname', ['a.example', 'xn--a'], ['-a', 'a..b', '', 'a_b', `${'a'.repeat(64)}.b`]],
    ['ipv4', ['127.0.0.1'], ['127.0.0', '256.0.0.1', '1.2.3.04']],
    ['ipv6', ['::1', 'fe80::1'], ['fe80::1%eth0', ':::', '1']],
    ['uri', ['https://a.example/b?c=d#e', 'urn:x:y', 'mailto:a@b'], ['/a', 'a b:c', 'https://a b', 'x:%zz', '']],
    ['color', ['anything'], []],
  ])('format %s', (format, valid, invalid) => {
    expect(valid.flatMap((value) => linesOf({ format }, value))).toEqual([]);
    expect(invalid.flatMap((value) => linesOf({ format }, value))).toEqual(
      invalid.map(() => `: must have the format ${format}`),
    );
    expect(linesOf({ format }, 5)).toEqual([]);
  });

  test('alternatives say why they do not fit', () => {
    const schema: Json = { properties: { a: { anyOf: [{ type: 'string' }, { type: 'object', required: ['kind'] }] } } };
    expect(linesOf(schema, { a: {} })).toEqual([
      '/a: fits none of the 2 alternatives of anyOf (1: must be string, is object; 2: /kind is required)',
    ]);
  });
});

describe('defaults', () => {
  const schema: Json = {
    type: 'object',
    required: ['mode'],
    properties: {
      mode: { type: 'string', default: 'fast' },
      retry: { type: 'object', properties: { attempts: { default: 3 }, wait: { default: '1s' } } },
      target: { type: 'object', default: {}, properties: { port: { type: 'integer', default: 80 } } },
      lines: { type: 'array', items: { $ref: '#/$defs/line' } },
    },
    additionalProperties: { properties: { extra: { default: true } } },
    allOf: [{ properties: { all: { default: [1] } } }],
    $defs: { line: { properties: { qty: { default: 1 } } } },
  };

  test('are filled in at any depth, before the value is checked', () => {
    const value: Json = { retry: { attempts: 5 }, lines: [{}, { qty: 2 }, 'x'], other: {} };
    const copy = structuredClone(value);
    const validated = validate(schema, value);
    expect(validated).toEqual({
      problems: [],
      value: {
        mode: 'fast',
        retry: { attempts: 5, wait: '1s' },
        target: { port: 80 },
        lines: [{ qty: 1 }, { qty: 2 }, 'x'],
        other: { extra: true },
        all: [1],
      },
    });
    expect(value).toEqual(copy);
  });

  test('null is a value, and a wrong value is not replaced', () => {
    expect(validate(schema, { mode: null }).problems).toEqual([
      { code: 'invalid', path: '/mode', message: 'must be string, is null' },
    ]);
  });

  test('conditional branches give none', () => {
    const conditional: Json = {
      anyOf: [{ properties: { a: { default: 1 } } }],
      if: { properties: { b: { default: 1 } } },
      not: { required: ['z'], properties: { c: { default: 1 } } },
    };
    expect(validate(conditional, {}).value).toEqual({});
  });

  test('two validations share no values that a caller could confuse', () => {
    const compiled = compileSchema(schema, '');
    invariant(compiled.ok, 'compiles');
    expect(validateAgainst(compiled.value, {}).value).toEqual(validateAgainst(compiled.value, {}).value);
  });
});
