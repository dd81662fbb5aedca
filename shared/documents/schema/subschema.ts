import { isJsonArray, isJsonObject, type Json } from '../../domain/json.ts';
import type { Pattern } from './pattern.ts';
import type { Check, Place, Run, Seen } from './run.ts';

/** A schema in the form in which it is asked: recursive ones point back to themselves. */
export interface Subschema {
  /** JSON Pointer from the root schema. */
  readonly location: string;
  /** The schema `false`. */
  readonly never: boolean;
  readonly checks: Check[];
  /** `unevaluatedProperties` and `unevaluatedItems`, after everything else. */
  readonly lastChecks: Check[];
  readonly members: MemberSchemas;
  readonly elements: ElementSchemas;
  /** `$ref` and `allOf`: hold for the same value without a condition, so their defaults count too. */
  readonly always: Subschema[];
  readonly default: DefaultValue | undefined;
}

export interface MemberSchemas {
  readonly named: ReadonlyMap<string, Subschema>;
  readonly patterns: readonly { readonly pattern: Pattern; readonly schema: Subschema }[];
  readonly others: Subschema | undefined;
}

export interface ElementSchemas {
  readonly prefix: readonly Subschema[];
  readonly others: Subschema | undefined;
}

export interface DefaultValue {
  readonly value: Json;
  readonly bytes: number;
}

/** Is the value valid? Problems go to the run, all of them unless the run only wants the first. */
export function ask(schema: Subschema, value: Json, place: Place | undefined, run: Run, seen?: Seen): boolean {
  if (schema.never) return run.fail(place, 'is not allowed');
  run.spend(1 + schema.checks.length);
  run.enter();
  const valid = askChecks(schema, value, place, run, seen);
  run.leave();
  return valid;
}

function askChecks(
  schema: Subschema,
  value: Json,
  place: Place | undefined,
  run: Run,
  seen: Seen | undefined,
): boolean {
  const own = schema.lastChecks.length > 0 ? new Set<string | number>() : seen;
  let valid = true;
  for (const check of schema.checks) {
    if (!check(value, place, run, own)) valid = false;
    if (!valid && run.full) return false;
  }
  for (const check of schema.lastChecks) {
    if (!check(value, place, run, own)) valid = false;
    if (!valid && run.full) return false;
  }
  if (own !== seen && own !== undefined && seen !== undefined) for (const token of own) seen.add(token);
  return valid;
}

/** Which schemas a member's value must satisfy: its name's, those of all patterns it matches, or else the one for the rest. */
export function memberSchemas(members: MemberSchemas, key: string, run: Run): readonly Subschema[] {
  const named = members.named.get(key);
  if (members.patterns.length > 0) {
    const matched = members.patterns.filter(({ pattern }) => pattern.matches(key, run)).map(({ schema }) => schema);
    if (named !== undefined) matched.unshift(named);
    if (matched.length > 0) return matched;
  } else if (named !== undefined) {
    return [named];
  }
  return members.others === undefined ? [] : [members.others];
}

export function elementSchema(elements: ElementSchemas, index: number): Subschema | undefined {
  return elements.prefix[index] ?? elements.others;
}

export function typeName(value: Json): string {
  if (value === null) return 'null';
  if (isJsonArray(value)) return 'array';
  if (isJsonObject(value)) return 'object';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}
