import { isJsonArray, type Json, type JsonObject } from '../../domain/json.ts';
import type { Check, Run } from './run.ts';
import { canonicalText, isCollection, numberOr } from './scalar-checks.ts';
import { ask, elementSchema, type ElementSchemas, type Subschema } from './subschema.ts';

/** The keywords about lists. */
export function elementChecks(
  schema: JsonObject,
  elements: ElementSchemas,
  link: (keyword: string) => Subschema | undefined,
): Check[] {
  return [
    countCheck(schema),
    uniqueCheck(schema),
    containsCheck(schema, link('contains')),
    elementsCheck(elements),
  ].filter((check) => check !== undefined);
}

function countCheck(schema: JsonObject): Check | undefined {
  const min = numberOr(schema['minItems'], 0);
  const max = numberOr(schema['maxItems'], Infinity);
  if (min === 0 && max === Infinity) return undefined;
  return (value, place, run) => {
    if (!isJsonArray(value)) return true;
    if (value.length < min) return run.fail(place, `must have at least ${min} items, has ${value.length}`);
    return value.length <= max || run.fail(place, `must have at most ${max} items, has ${value.length}`);
  };
}

/** One look-up an item. Comparing each with each takes minutes for the 500,000 numbers that fit into a megabyte. */
function uniqueCheck(schema: JsonObject): Check | undefined {
  if (schema['uniqueItems'] !== true) return undefined;
  return (value, place, run) => {
    if (!isJsonArray(value)) return true;
    const twice = firstDuplicate(value, run);
    return twice === undefined || run.fail(place, `must not have equal items: ${twice.first} and ${twice.second} are`);
  };
}

function firstDuplicate(items: readonly Json[], run: Run): { first: number; second: number } | undefined {
  const plain = new Map<Json, number>();
  const collections = new Map<string, number>();
  for (const [second, item] of items.entries()) {
    run.spend(1);
    const key = isCollection(item) ? canonicalText(item, run) : undefined;
    const first = key === undefined ? plain.get(item) : collections.get(key);
    if (first !== undefined) return { first, second };
    if (key === undefined) plain.set(item, second);
    else collections.set(key, second);
  }
  return undefined;
}

function containsCheck(schema: JsonObject, wanted: Subschema | undefined): Check | undefined {
  if (wanted === undefined) return undefined;
  const min = numberOr(schema['minContains'], 1);
  const max = numberOr(schema['maxContains'], Infinity);
  return (value, place, run, seen) => {
    if (!isJsonArray(value)) return true;
    let found = 0;
    for (const [index, item] of value.entries()) {
      if (!run.probe(() => ask(wanted, item, place, run)).valid) continue;
      found++;
      seen?.add(index);
      if (seen === undefined && found >= min && max === Infinity) return true;
    }
    if (found < min) return run.fail(place, `must contain at least ${min} items that fit "contains", has ${found}`);
    return found <= max || run.fail(place, `must contain at most ${max} items that fit "contains", has ${found}`);
  };
}

/** `prefixItems` and `items`. */
function elementsCheck(elements: ElementSchemas): Check | undefined {
  if (elements.prefix.length === 0 && elements.others === undefined) return undefined;
  return (value, place, run, seen) => {
    if (!isJsonArray(value)) return true;
    let valid = true;
    for (const [index, item] of value.entries()) {
      const schema = elementSchema(elements, index);
      if (schema === undefined) break;
      seen?.add(index);
      if (!ask(schema, item, { parent: place, token: index }, run)) valid = false;
      if (!valid && run.full) return false;
    }
    return valid;
  };
}

/** Items that nothing else in this schema has spoken for. */
export function unevaluatedElementsCheck(rest: Subschema | undefined): Check | undefined {
  if (rest === undefined) return undefined;
  return (value, place, run, seen) => {
    if (!isJsonArray(value)) return true;
    let valid = true;
    for (const [index, item] of value.entries()) {
      run.spend(1);
      if (seen?.has(index) === true) continue;
      if (!ask(rest, item, { parent: place, token: index }, run)) valid = false;
      if (!valid && run.full) return false;
      seen?.add(index);
    }
    return valid;
  };
}
