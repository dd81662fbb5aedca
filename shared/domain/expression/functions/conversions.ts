import type { Meter } from '../meter.ts';
import { textOf } from '../rendering.ts';
import { fail } from '../trouble.ts';
import { kindOf, Optional, TypeName, type ValueMap } from '../value.ts';
import { define, type Signature } from './signature.ts';
import { codePointLength } from './code-points.ts';

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;
const LONGEST_NUMBER = 400;

function parseNumber(name: string, text: string): number {
  const value = text.length <= LONGEST_NUMBER && NUMBER.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : fail(`${name}(): the text is not a number`);
}

/** Toward zero, as CEL converts; -0 would show in no JSON. */
const whole = (value: number): number => Math.trunc(value) + 0;

function unsigned(value: number): number {
  return value >= 0 ? value : fail('uint(): the number is negative');
}

/** CEL's names of kinds. All numbers are JSON numbers, so `int`, `uint` and `double` name the same. */
export const TYPE_NAMES: ReadonlyMap<string, TypeName> = new Map(
  Object.entries({
    bool: 'bool',
    string: 'string',
    list: 'list',
    map: 'map',
    null_type: 'null_type',
    type: 'type',
    optional_type: 'optional_type',
    int: 'double',
    uint: 'double',
    double: 'double',
  }).map(([name, meaning]) => [name, new TypeName(meaning)]),
);
const TYPE_OF_KIND = {
  null: 'null_type',
  bool: 'bool',
  number: 'double',
  string: 'string',
  list: 'list',
  map: 'map',
  timestamp: 'google.protobuf.Timestamp',
  duration: 'google.protobuf.Duration',
  optional: 'optional_type',
  type: 'type',
} as const;

function sizeOfMap(meter: Meter, map: ValueMap): number {
  const keys = Object.keys(map);
  meter.list(keys.length);
  return keys.length;
}

function toBool(_meter: Meter, text: string): boolean {
  if (text === 'true') return true;
  return text === 'false' ? false : fail("bool(): the text is neither 'true' nor 'false'");
}

export const CONVERSION_FUNCTIONS: readonly Signature[] = [
  define('size', ['string'], 'number', codePointLength),
  define('size', ['list'], 'number', (_meter, list) => list.length),
  define('size', ['map'], 'number', sizeOfMap),
  define('int', ['number'], 'number', (_meter, value) => whole(value)),
  define('int', ['string'], 'number', (_meter, text) => whole(parseNumber('int', text))),
  define('int', ['timestamp'], 'number', (_meter, at) => Math.floor(at.ms / 1_000)),
  define('uint', ['number'], 'number', (_meter, value) => unsigned(whole(value))),
  define('uint', ['string'], 'number', (_meter, text) => unsigned(whole(parseNumber('uint', text)))),
  define('double', ['number'], 'number', (_meter, value) => value),
  define('double', ['string'], 'number', (_meter, text) => parseNumber('double', text)),
  define('bool', ['bool'], 'bool', (_meter, value) => value),
  define('bool', ['string'], 'bool', toBool),
  define('string', ['dyn'], 'string', (meter, value) => textOf(value, meter) ?? fail('string(): null has no text')),
  define('type', ['dyn'], 'type', (_meter, value) => new TypeName(TYPE_OF_KIND[kindOf(value)])),
  define('dyn', ['dyn'], 'dyn', (_meter, value) => value),
  define('optional.of', ['dyn'], 'optional', (_meter, value) => new Optional(value)),
  define('optional.none', [], 'optional', () => new Optional(undefined)),
  define('hasValue', ['optional'], 'bool', (_meter, optional) => optional.value !== undefined),
  define('value', ['optional'], 'dyn', (_meter, optional) =>
    optional.value === undefined ? fail('value(): the optional is empty') : optional.value,
  ),
];
