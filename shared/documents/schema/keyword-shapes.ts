import { isJsonArray, isJsonObject, type Json } from '../../domain/json.ts';
import { Pattern } from './pattern.ts';

export const TYPE_NAMES: readonly string[] = ['null', 'boolean', 'integer', 'number', 'string', 'array', 'object'];
const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

/** What is wrong with a keyword's value, or undefined. */
type Shape = (value: Json) => string | undefined;

/** Where schemas stand inside a keyword: the value itself, the items of a list, or the members of a map. */
export type Nesting = 'schema' | 'list' | 'map';

export const NESTING: ReadonlyMap<string, Nesting> = new Map<string, Nesting>([
  ['not', 'schema'],
  ['if', 'schema'],
  ['then', 'schema'],
  ['else', 'schema'],
  ['items', 'schema'],
  ['contains', 'schema'],
  ['additionalProperties', 'schema'],
  ['propertyNames', 'schema'],
  ['unevaluatedItems', 'schema'],
  ['unevaluatedProperties', 'schema'],
  ['allOf', 'list'],
  ['anyOf', 'list'],
  ['oneOf', 'list'],
  ['prefixItems', 'list'],
  ['$defs', 'map'],
  ['definitions', 'map'],
  ['properties', 'map'],
  ['patternProperties', 'map'],
  ['dependentSchemas', 'map'],
]);

/** The keywords that ask their schemas about the same value: a cycle through these alone would never end. */
export const SAME_VALUE: ReadonlySet<string> = new Set([
  'not',
  'if',
  'then',
  'else',
  'allOf',
  'anyOf',
  'oneOf',
  'dependentSchemas',
]);

const isText: Shape = (value) => (typeof value === 'string' ? undefined : 'must be a string');
const isFlag: Shape = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false');
const isNumber: Shape = (value) => (typeof value === 'number' ? undefined : 'must be a number');
const isList: Shape = (value) => (isJsonArray(value) ? undefined : 'must be a list');
const anything: Shape = () => undefined;
const isCount: Shape = (value) =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 ? undefined : 'must be an integer of at least 0';
const isPositive: Shape = (value) => (typeof value === 'number' && value > 0 ? undefined : 'must be a number above 0');
const isPattern: Shape = (value) => {
  if (typeof value !== 'string') return 'must be a string';
  const compiled = Pattern.compile(value);
  return compiled.ok ? undefined : compiled.error;
};
const isNames: Shape = (value) => {
  if (!isJsonArray(value) || value.some((name) => typeof name !== 'string')) return 'must be a list of strings';
  return new Set(value).size === value.length ? undefined : 'must not name anything twice';
};
const isNamesByName: Shape = (value) =>
  isJsonObject(value) && Object.values(value).every((names) => isNames(names) === undefined)
    ? undefined
    : 'must be a map of names to lists of strings';
const isTypes: Shape = (value) => {
  const names = isJsonArray(value) ? value : [value];
  const known = names.length > 0 && names.every((name) => typeof name === 'string' && TYPE_NAMES.includes(name));
  return known ? undefined : `must be one of ${TYPE_NAMES.join(', ')}, or a list of them`;
};
const isEnum: Shape = (value) =>
  isJsonArray(value) && value.length > 0 ? undefined : 'must be a list of at least one value';
const isDialect: Shape = (value) =>
  typeof value === 'string' && value.replace(/#$/, '') === DIALECT
    ? undefined
    : `must be ${DIALECT}: no other dialect is supported`;

/** Keywords without schemas in them. */
export const SHAPES: ReadonlyMap<string, Shape> = new Map<string, Shape>([
  ...(['title', 'description', '$comment', 'format', 'contentEncoding', 'contentMediaType', '$ref'] as const).map(
    (name): [string, Shape] => [name, isText],
  ),
  ...(['deprecated', 'readOnly', 'writeOnly', 'uniqueItems'] as const).map((name): [string, Shape] => [name, isFlag]),
  ...(['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'] as const).map((name): [string, Shape] => [
    name,
    isNumber,
  ]),
  ...(
    [
      'minLength',
      'maxLength',
      'minItems',
      'maxItems',
      'minContains',
      'maxContains',
      'minProperties',
      'maxProperties',
    ] as const
  ).map((name): [string, Shape] => [name, isCount]),
  ['multipleOf', isPositive],
  ['type', isTypes],
  ['enum', isEnum],
  ['const', anything],
  ['default', anything],
  ['examples', isList],
  ['pattern', isPattern],
  ['required', isNames],
  ['dependentRequired', isNamesByName],
  ['$schema', isDialect],
  ['$id', isText],
]);

/** Keywords of other drafts and dialects, and parts of 2020-12 that are left out on purpose: what to write instead. */
export const HINTS: ReadonlyMap<string, string> = new Map([
  ['$anchor', 'refer by pointer: "#/$defs/name"'],
  ['$dynamicAnchor', 'refer by pointer: "#/$defs/name"'],
  ['$dynamicRef', 'use $ref'],
  ['$recursiveRef', 'use $ref'],
  ['$recursiveAnchor', 'use $ref'],
  ['$vocabulary', 'leave it out'],
  ['additionalItems', 'in 2020-12 this is items, after prefixItems'],
  ['dependencies', 'use dependentRequired or dependentSchemas'],
  ['contentSchema', 'nothing would be checked: leave it out'],
  ['id', 'leave it out, or use $id at the top'],
  ['nullable', 'add "null" to type'],
  ['example', 'use examples'],
  ['optional', 'leave the name out of required'],
]);
