/* oxlint-disable unicorn/no-thenable -- "then" is a keyword of JSON Schema. */
import { validate as askLibrary, type Schema } from '@cfworker/json-schema';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { invariant } from '../../shared/domain/invariant.ts';
import type { Json } from '../../shared/domain/json.ts';
import { compileSchema, validateAgainst } from '../../shared/documents/json-schema.ts';

/** Few names and values, so that schemas and values meet often. */
const key = fc.constantFrom('a', 'b', 'ab');
const scalar = fc.constantFrom<Json>(null, true, false, 0, 1, 2, 1.5, '', 'a', 'ab', '1');
const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3 }),
  ),
}));
const type = fc.constantFrom('null', 'boolean', 'integer', 'number', 'string', 'array', 'object');
const count = fc.nat(3);
const pattern = fc.constantFrom('^a', 'b$', '[12]', '^$');

const { schema } = fc.letrec<{ schema: Json }>((tie) => {
  const inner = tie('schema');
  const list = fc.array(inner, { minLength: 1, maxLength: 3 });
  const keywords: Record<string, fc.Arbitrary<Json>> = {
    type: fc.oneof(type, fc.uniqueArray(type, { minLength: 1, maxLength: 3 })),
    enum: fc.array(value, { minLength: 1, maxLength: 3 }),
    const: value,
    minimum: count,
    exclusiveMaximum: count,
    multipleOf: fc.constantFrom(1, 2, 0.5),
    minLength: count,
    maxLength: count,
    pattern,
    minItems: count,
    uniqueItems: fc.boolean(),
    required: fc.uniqueArray(key, { maxLength: 2 }),
    minProperties: count,
    $ref: fc.constantFrom('#/$defs/x', '#/$defs/y'),
    not: inner,
    if: inner,
    then: inner,
    else: inner,
    anyOf: list,
    oneOf: list,
    allOf: list,
    items: inner,
    prefixItems: list,
    contains: inner,
    properties: fc.dictionary(key, inner, { maxKeys: 2 }),
    patternProperties: fc.dictionary(pattern, inner, { maxKeys: 2 }),
    additionalProperties: inner,
    propertyNames: inner,
    dependentRequired: fc.dictionary(key, fc.uniqueArray(key, { maxLength: 2 }), { maxKeys: 1 }),
    dependentSchemas: fc.dictionary(key, inner, { maxKeys: 1 }),
  };
  const members = Object.entries(keywords).map(([keyword, arbitrary]) =>
    arbitrary.map((argument): [string, Json] => [keyword, argument]),
  );
  return {
    schema: fc.oneof(
      { maxDepth: 3 },
      fc.boolean(),
      fc.array(fc.oneof(...members), { maxLength: 4, size: 'max' }).map((entries): Json => Object.fromEntries(entries)),
    ),
  };
});

/** The library's answer where ours is bounded: on small schemas the two must say the same. */
test('agrees with @cfworker/json-schema on what is valid', () => {
  let valid = 0;
  let invalid = 0;
  fc.assert(
    fc.property(schema, value, (generated, instance) => {
      const root: Json = {
        allOf: [generated],
        $defs: { x: { type: ['integer', 'object'] }, y: { items: { $ref: '#/$defs/x' }, minProperties: 1 } },
      };
      const compiled = compileSchema(root, '');
      invariant(compiled.ok, JSON.stringify(compiled));
      const ours = validateAgainst(compiled.value, instance).problems.length === 0;
      // The library writes its notes into the schema it is given.
      const copy: Schema = JSON.parse(JSON.stringify(root));
      const theirs = askLibrary(instance, copy, '2020-12', undefined, false).valid;
      if (theirs) valid++;
      else invalid++;
      expect(ours).toBe(theirs);
    }),
    { numRuns: 5_000 },
  );
  // A generator that only makes one kind of case would prove nothing.
  expect(Math.min(valid, invalid)).toBeGreaterThan(500);
});
