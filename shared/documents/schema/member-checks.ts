import { isJsonArray, isJsonObject, type JsonObject } from '../../domain/json.ts';
import { quoted } from '../problem-list.ts';
import type { Check } from './run.ts';
import { numberOr } from './scalar-checks.ts';
import { ask, memberSchemas, type MemberSchemas, type Subschema } from './subschema.ts';

/** The keywords about maps. */
export function memberChecks(
  schema: JsonObject,
  members: MemberSchemas,
  link: (keyword: string) => Subschema | undefined,
): Check[] {
  return [
    requiredCheck(schema),
    dependentRequiredCheck(schema),
    memberCountCheck(schema),
    memberNamesCheck(link('propertyNames')),
    membersCheck(members),
  ].filter((check) => check !== undefined);
}

function requiredCheck(schema: JsonObject): Check | undefined {
  const names = isJsonArray(schema['required']) ? schema['required'].map(String) : [];
  if (names.length === 0) return undefined;
  return (value, place, run) => {
    if (!isJsonObject(value)) return true;
    run.spend(names.length);
    // The path is that of what is missing, so that a form can put the message next to its field.
    const missing = names.filter((name) => !Object.hasOwn(value, name));
    for (const name of missing) run.fail({ parent: place, token: name }, 'is required');
    return missing.length === 0;
  };
}

function dependentRequiredCheck(schema: JsonObject): Check | undefined {
  const dependent = schema['dependentRequired'];
  if (!isJsonObject(dependent)) return undefined;
  const needs = Object.entries(dependent).map(([name, names]) => ({
    name,
    names: isJsonArray(names) ? names.map(String) : [],
  }));
  return (value, place, run) => {
    if (!isJsonObject(value)) return true;
    let valid = true;
    for (const { name, names } of needs) {
      run.spend(1 + names.length);
      if (!Object.hasOwn(value, name)) continue;
      for (const other of names) {
        if (!Object.hasOwn(value, other))
          valid = run.fail({ parent: place, token: other }, `is required next to ${quoted(name)}`);
      }
    }
    return valid;
  };
}

function memberCountCheck(schema: JsonObject): Check | undefined {
  const min = numberOr(schema['minProperties'], 0);
  const max = numberOr(schema['maxProperties'], Infinity);
  if (min === 0 && max === Infinity) return undefined;
  return (value, place, run) => {
    if (!isJsonObject(value)) return true;
    const count = Object.keys(value).length;
    run.spend(count);
    if (count < min) return run.fail(place, `must have at least ${min} properties, has ${count}`);
    return count <= max || run.fail(place, `must have at most ${max} properties, has ${count}`);
  };
}

function memberNamesCheck(names: Subschema | undefined): Check | undefined {
  if (names === undefined) return undefined;
  return (value, place, run) => {
    if (!isJsonObject(value)) return true;
    let valid = true;
    for (const key of Object.keys(value)) {
      const { valid: fits, reason } = run.probe(() => ask(names, key, place, run));
      if (fits) continue;
      valid = run.fail({ parent: place, token: key }, `the name ${reason?.message ?? 'is not allowed'}`);
      if (run.full) return false;
    }
    return valid;
  };
}

/** `properties`, `patternProperties` and `additionalProperties` in one walk over the members. */
function membersCheck(members: MemberSchemas): Check | undefined {
  if (members.named.size === 0 && members.patterns.length === 0 && members.others === undefined) return undefined;
  return (value, place, run, seen) => {
    if (!isJsonObject(value)) return true;
    let valid = true;
    for (const [key, member] of Object.entries(value)) {
      run.spend(1);
      const schemas = memberSchemas(members, key, run);
      if (schemas.length > 0) seen?.add(key);
      for (const schema of schemas) {
        if (!ask(schema, member, { parent: place, token: key }, run)) valid = false;
        if (!valid && run.full) return false;
      }
    }
    return valid;
  };
}

/** Members that nothing else in this schema has spoken for. */
export function unevaluatedMembersCheck(rest: Subschema | undefined): Check | undefined {
  if (rest === undefined) return undefined;
  return (value, place, run, seen) => {
    if (!isJsonObject(value)) return true;
    let valid = true;
    for (const [key, member] of Object.entries(value)) {
      run.spend(1);
      if (seen?.has(key) === true) continue;
      if (!ask(rest, member, { parent: place, token: key }, run)) valid = false;
      if (!valid && run.full) return false;
      seen?.add(key);
    }
    return valid;
  };
}
