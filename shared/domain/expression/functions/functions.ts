import { CODEC_FUNCTIONS } from './codecs.ts';
import { CONVERSION_FUNCTIONS } from './conversions.ts';
import { LIST_FUNCTIONS } from './lists.ts';
import { MAP_FUNCTIONS } from './maps.ts';
import { NUMBER_FUNCTIONS } from './numbers.ts';
import type { Signature } from './signature.ts';
import { STRING_FUNCTIONS } from './strings.ts';
import { TIME_FUNCTIONS } from './times.ts';

const SIGNATURES: readonly Signature[] = [
  ...CONVERSION_FUNCTIONS,
  ...STRING_FUNCTIONS,
  ...NUMBER_FUNCTIONS,
  ...LIST_FUNCTIONS,
  ...MAP_FUNCTIONS,
  ...TIME_FUNCTIONS,
  ...CODEC_FUNCTIONS,
];

/** Every function that expressions can call, by name. What takes its arguments unevaluated is in `macros.ts`. */
export const FUNCTIONS: ReadonlyMap<string, readonly Signature[]> = new Map(
  SIGNATURES.map(({ name }) => [name, SIGNATURES.filter((signature) => signature.name === name)]),
);

/** `math.least(…)`: a name before the dot that is no value. */
export const NAMESPACES: ReadonlySet<string> = new Set(['math', 'lists', 'json', 'base64', 'url', 'optional', 'cel']);
