import { describe, expect, test } from 'vitest';
import type { Json } from '../../shared/domain/json.ts';
import { compileSchema } from '../../shared/documents/json-schema.ts';

function problemsOf(schema: Json) {
  const compiled = compileSchema(schema, '/input');
  return compiled.ok ? [] : compiled.error.map(({ code, path }) => [code, path]);
}
function messagesOf(schema: Json) {
  const compiled = compileSchema(schema, '/input');
  return compiled.ok ? [] : compiled.error.map(({ message }) => message);
}

describe('schemas that are fine', () => {
  test.each<[string, Json]>([
    ['nothing', {}],
    ['true', true],
    ['false', false],
    [
      'annotations',
      {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        $id: 'https://a.example/x',
        title: 't',
        description: 'd',
        $comment: 'c',
        examples: [1],
        deprecated: true,
        readOnly: true,
        'x-order': 3,
        format: 'color',
      },
    ],
    ['every type', { type: ['null', 'boolean', 'integer', 'number', 'string', 'array', 'object'] }],
    ['a tree', { type: 'object', properties: { left: { $ref: '#' }, right: { $ref: '#' } } }],
    [
      'mutual recursion through items',
      {
        $ref: '#/$defs/a',
        $defs: { a: { items: { $ref: '#/$defs/b' } }, b: { anyOf: [{ $ref: '#/$defs/a' }, { type: 'string' }] } },
      },
    ],
    ['references to any place', { properties: { a: { type: 'string' }, b: { $ref: '#/properties/a' } } }],
    ['escaped references', { $ref: '#/$defs/a~1b%20c', $defs: { 'a/b c': true } }],
    ['ECMAScript spellings of patterns', { pattern: '^\\u0041(?<year>\\d{4})\\/\\cA?$' }],
    [
      'defaults that fit, with the help of inner defaults',
      {
        type: 'object',
        properties: { a: { type: 'object', required: ['b'], properties: { b: { default: 1 } }, default: {} } },
      },
    ],
  ])('%s', (_, schema) => {
    expect(problemsOf(schema)).toEqual([]);
  });
});

describe('schemas that are not', () => {
  test.each<[string, Json, (readonly string[])[]]>([
    ['not a schema', 'string', [['malformed', '/input']]],
    ['an unknown type', { type: 'strnig' }, [['malformed', '/input/type']]],
    [
      'types',
      { type: [], properties: { a: { type: ['string', 5] } } },
      [
        ['malformed', '/input/type'],
        ['malformed', '/input/properties/a/type'],
      ],
    ],
    [
      'a misspelt keyword',
      { requried: ['a'], properties: { a: { minimun: 1 } } },
      [
        ['unknown_key', '/input/requried'],
        ['unknown_key', '/input/properties/a/minimun'],
      ],
    ],
    [
      'wrong kinds of values',
      {
        minLength: -1,
        maxItems: 1.5,
        minimum: '1',
        exclusiveMaximum: true,
        multipleOf: 0,
        uniqueItems: 1,
        required: 'a',
        enum: [],
        format: 1,
        title: 2,
      },
      [
        ['malformed', '/input/minLength'],
        ['malformed', '/input/maxItems'],
        ['malformed', '/input/minimum'],
        ['malformed', '/input/exclusiveMaximum'],
        ['malformed', '/input/multipleOf'],
        ['malformed', '/input/uniqueItems'],
        ['malformed', '/input/required'],
        ['malformed', '/input/enum'],
        ['malformed', '/input/format'],
        ['malformed', '/input/title'],
      ],
    ],
    [
      'names twice',
      { required: ['a', 'a'], dependentRequired: { a: 'b' } },
      [
        ['malformed', '/input/required'],
        ['malformed', '/input/dependentRequired'],
      ],
    ],
    [
      'schemas of the wrong shape',
      { items: [{}], properties: [], anyOf: {}, allOf: [], not: 1, additionalProperties: null },
      [
        ['malformed', '/input/items'],
        ['malformed', '/input/properties'],
        ['malformed', '/input/anyOf'],
        ['malformed', '/input/allOf'],
        ['malformed', '/input/not'],
        ['malformed', '/input/additionalProperties'],
      ],
    ],
    [
      'patterns RE2 does not know',
      { pattern: '(?=a)', patternProperties: { '(a)\\1': {}, '[': {} } },
      [
        ['malformed', '/input/pattern'],
        ['malformed', '/input/patternProperties/(a)\\1'],
        ['malformed', '/input/patternProperties/['],
      ],
    ],
    [
      'patterns that are too large',
      { allOf: [{ pattern: 'a'.repeat(1_001) }, { pattern: '(a?){1000}' }] },
      [
        ['malformed', '/input/allOf/0/pattern'],
        ['malformed', '/input/allOf/1/pattern'],
      ],
    ],
    [
      'too many patterns',
      { allOf: Array.from({ length: 501 }, () => ({ pattern: 'a' })) },
      [['limit_exceeded', '/input/allOf/500/pattern']],
    ],
    [
      'remote references',
      { $ref: 'https://a.example/schema.json', items: { $ref: 'other.json#/a' } },
      [
        ['malformed', '/input/$ref'],
        ['malformed', '/input/items/$ref'],
      ],
    ],
    [
      'references to nowhere',
      {
        $ref: '#/$defs/none',
        items: { $ref: '#anchor' },
        contains: { $ref: '#/%zz' },
        not: { $ref: '#/enum/0' },
        enum: [{}],
      },
      [
        ['malformed', '/input/$ref'],
        ['malformed', '/input/items/$ref'],
        ['malformed', '/input/contains/$ref'],
        ['malformed', '/input/not/$ref'],
      ],
    ],
    ['itself', { $ref: '#' }, [['malformed', '/input']]],
    [
      'itself through anyOf',
      { $defs: { a: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/b' }] }, b: { not: { $ref: '#/$defs/a' } } } },
      [['malformed', '/input/$defs/a']],
    ],
    ['itself through a dependent schema', { dependentSchemas: { a: { $ref: '#' } } }, [['malformed', '/input']]],
    [
      'dynamic references, anchors, nested ids',
      { $anchor: 'a', items: { $dynamicRef: '#a', $id: 'x' } },
      [
        ['unknown_key', '/input/$anchor'],
        ['unknown_key', '/input/items/$dynamicRef'],
        ['malformed', '/input/items/$id'],
      ],
    ],
    ['another dialect', { $schema: 'http://json-schema.org/draft-07/schema#' }, [['malformed', '/input/$schema']]],
    [
      'names out of the prototype chain',
      JSON.parse('{"properties":{"__proto__":{}}}') as Json,
      [['malformed', '/input/properties/__proto__']],
    ],
    [
      'defaults that do not fit',
      { properties: { a: { type: 'string', default: 5 }, b: { type: 'string', default: 'x' } } },
      [['malformed', '/input/properties/a/default']],
    ],
    [
      'defaults without an end',
      { properties: { a: { $ref: '#', default: {} } } },
      [['malformed', '/input/properties/a/default']],
    ],
  ])('%s', (_, schema, expected) => {
    expect(problemsOf(schema)).toEqual(expected);
  });

  test('messages say what to write instead', () => {
    expect(messagesOf({ nullable: true, type: 'strnig', items: [{}], $ref: 'x' })).toEqual([
      '"nullable" is not a supported keyword of JSON Schema 2020-12: add "null" to type',
      'type: must be one of null, boolean, integer, number, string, array, object, or a list of them',
      'items must be one schema: use prefixItems for a list',
      '"x": only references into this schema are allowed: "#/$defs/name"',
    ]);
  });
});

describe('hostile schemas', () => {
  const nest = (levels: number): Json =>
    Array.from({ length: levels }).reduce<Json>((inner) => ({ anyOf: [inner, inner] }), true);
  const chain = (length: number, last: Json): Json => ({
    $ref: '#/$defs/d0',
    $defs: Object.fromEntries(
      Array.from({ length }, (_, index) => [
        `d${index}`,
        index === length - 1 ? last : { $ref: `#/$defs/d${index + 1}` },
      ]),
    ),
  });

  test.each<[string, Json, string]>([
    ['two hundred nested anyOf', nest(200), 'limit_exceeded'],
    ['half a megabyte', { description: 'x'.repeat(500_000) }, 'limit_exceeded'],
    ['a chain of thousands of references', chain(5_000, true), 'malformed'],
    ['a circle of thousands of references', chain(5_000, { $ref: '#/$defs/d0' }), 'malformed'],
    [
      'a hundred thousand deep',
      Array.from({ length: 100_000 }).reduce<Json>((inner) => ({ not: inner }), true),
      'limit_exceeded',
    ],
  ])('%s', (_, schema, code) => {
    expect(problemsOf(schema).map(([found]) => found)).toEqual([code]);
  });
});
