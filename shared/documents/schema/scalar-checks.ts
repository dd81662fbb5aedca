import { canonicalJson, isJsonArray, isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { shorten } from '../problem-list.ts';
import { formatCheck } from './format.ts';
import { Pattern } from './pattern.ts';
import { nestsDeeperThan } from './nesting.ts';
import { SchemaBudgetError, type Check, type Place, type Run } from './run.ts';
import { SCHEMA_LIMITS } from './schema-limits.ts';
import { typeName } from './subschema.ts';

const LISTED_LENGTH_MAX = 200;

/** The keywords that look at one value and nothing inside it. */
export function scalarChecks(schema: JsonObject): Check[] {
  return [typeCheck(schema), equalityCheck(schema), ...numberChecks(schema), ...stringChecks(schema)].filter(
    (check) => check !== undefined,
  );
}

function typeCheck(schema: JsonObject): Check | undefined {
  const { type } = schema;
  if (type === undefined) return undefined;
  const names = new Set((isJsonArray(type) ? type : [type]).map(String));
  const expected = [...names].join(' or ');
  return (value, place, run) => {
    const actual = typeName(value);
    if (names.has(actual) || (actual === 'integer' && names.has('number'))) return true;
    return run.fail(place, `must be ${expected}, is ${actual}`);
  };
}

/** `const` and `enum`. Lists and maps are compared by their canonical text: one look-up, however long the enum. */
function equalityCheck(schema: JsonObject): Check | undefined {
  const checks: Check[] = [];
  if (schema['const'] !== undefined) checks.push(oneOfValues([schema['const']], 'must be'));
  if (isJsonArray(schema['enum'])) checks.push(oneOfValues(schema['enum'], 'must be one of'));
  if (checks.length === 0) return undefined;
  return (value, place, run, seen) => checks.every((check) => check(value, place, run, seen));
}

function oneOfValues(allowed: readonly Json[], expected: string): Check {
  const plain = new Set<Json>(allowed.filter((value) => !isCollection(value)));
  const collections = new Set(allowed.filter(isCollection).map(canonicalJson));
  const message = `${expected} ${shorten(allowed.map((value) => JSON.stringify(value)).join(', '), LISTED_LENGTH_MAX)}`;
  return (value, place, run) => {
    if (!isCollection(value)) return plain.has(value) || run.fail(place, message);
    return (collections.size > 0 && collections.has(canonicalText(value, run))) || run.fail(place, message);
  };
}

export function isCollection(value: Json): boolean {
  return isJsonArray(value) || isJsonObject(value);
}

/** Ten steps for what the text of so many characters costs: it is sorted, escaped and joined. */
const CANONICAL_COST = 10;

export function canonicalText(value: Json, run: Run): string {
  if (nestsDeeperThan(value, SCHEMA_LIMITS.nestedMax)) throw new SchemaBudgetError('nests too deep to check');
  const text = canonicalJson(value);
  run.spendCharacters(text.length * CANONICAL_COST);
  return text;
}

function numberChecks(schema: JsonObject): (Check | undefined)[] {
  return [
    comparison(schema['minimum'], (value, limit) => value >= limit, 'must be at least'),
    comparison(schema['maximum'], (value, limit) => value <= limit, 'must be at most'),
    comparison(schema['exclusiveMinimum'], (value, limit) => value > limit, 'must be more than'),
    comparison(schema['exclusiveMaximum'], (value, limit) => value < limit, 'must be less than'),
    comparison(schema['multipleOf'], isMultipleOf, 'must be a multiple of'),
  ];
}

function comparison(
  limit: Json | undefined,
  holds: (value: number, limit: number) => boolean,
  expected: string,
): Check | undefined {
  if (typeof limit !== 'number') return undefined;
  return (value, place, run) =>
    typeof value !== 'number' || holds(value, limit) || run.fail(place, `${expected} ${limit}, is ${value}`);
}

/** As decimals, the way people read them: 19.99 is a multiple of 0.01, though 19.99 / 0.01 is 1998.9999999999998. */
function isMultipleOf(value: number, divisor: number): boolean {
  if (Number.isInteger(value) && Number.isInteger(divisor)) return value % divisor === 0;
  const [digits, exponent] = decimal(value);
  const [divisorDigits, divisorExponent] = decimal(divisor);
  const shift = BigInt(Math.abs(exponent - divisorExponent));
  return exponent >= divisorExponent
    ? (digits * 10n ** shift) % divisorDigits === 0n
    : digits % (divisorDigits * 10n ** shift) === 0n;
}

/** digits × 10^exponent; JavaScript writes every double with at most 17 digits and an exponent of three. */
function decimal(value: number): [digits: bigint, exponent: number] {
  const [mantissa = '0', exponent = '0'] = String(value).split('e');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  return [BigInt(whole + fraction), Number(exponent) - fraction.length];
}

function stringChecks(schema: JsonObject): (Check | undefined)[] {
  return [lengthCheck(schema), patternCheck(schema), formatKeywordCheck(schema)];
}

/** Lengths count characters (code points), not UTF-16 units. */
function lengthCheck(schema: JsonObject): Check | undefined {
  const min = numberOr(schema['minLength'], 0);
  const max = numberOr(schema['maxLength'], Infinity);
  if (min === 0 && max === Infinity) return undefined;
  return (value, place, run) => {
    if (typeof value !== 'string') return true;
    run.spendCharacters(value.length);
    const length = codePoints(value);
    if (length < min) return run.fail(place, `must have at least ${min} characters, has ${length}`);
    return length <= max || run.fail(place, `must have at most ${max} characters, has ${length}`);
  };
}

function codePoints(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length; at++) if ((text.charCodeAt(at) & 0xfc00) === 0xdc00) count--;
  return count;
}

function patternCheck(schema: JsonObject): Check | undefined {
  const { pattern } = schema;
  const compiled = typeof pattern === 'string' ? Pattern.compile(pattern) : undefined;
  if (compiled === undefined || !compiled.ok) return undefined;
  return (value: Json, place: Place | undefined, run: Run) =>
    typeof value !== 'string' ||
    compiled.value.matches(value, run) ||
    run.fail(place, `must match the pattern ${compiled.value.source}`);
}

function formatKeywordCheck(schema: JsonObject): Check | undefined {
  const name = typeof schema['format'] === 'string' ? schema['format'] : '';
  const check = formatCheck(name);
  if (check === undefined) return undefined;
  return (value, place, run) => {
    if (typeof value !== 'string') return true;
    run.spendCharacters(value.length);
    return check(value) || run.fail(place, `must have the format ${name}`);
  };
}

export function numberOr(value: Json | undefined, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}
