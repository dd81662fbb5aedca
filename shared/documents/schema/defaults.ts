import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { Run } from './run.ts';
import { elementSchema, memberSchemas, type Subschema } from './subschema.ts';

/** `"": ,` around a member that a default adds. */
const MEMBER_BYTES = 4;

/**
 * The value with the defaults of missing members, at any depth, those inside of defaults included. Only what holds
 * without a condition gives defaults: `properties`, `items`, `$ref`, `allOf`; inside `anyOf`, `if` and their like which
 * branch applies is not known before the value is complete. The first default found wins. What was given is never
 * changed: what is filled in is a copy, the rest is shared.
 */
export function withDefaults(schema: Subschema, value: Json, run: Run): Json {
  if (!isJsonArray(value) && !isJsonObject(value)) return value;
  run.spend(1);
  run.enter();
  let filled: Json = isJsonObject(value) ? fillMembers(schema, value, run) : fillElements(schema, value, run);
  for (const other of schema.always) filled = withDefaults(other, filled, run);
  run.leave();
  return filled;
}

function fillMembers(schema: Subschema, value: JsonObject, run: Run): JsonObject {
  const { members } = schema;
  const changed = new Map<string, Json>();
  if (members.named.size > 0 || members.patterns.length > 0 || members.others !== undefined) {
    for (const [key, member] of Object.entries(value)) {
      run.spend(1);
      let filled = member;
      for (const inner of memberSchemas(members, key, run)) filled = withDefaults(inner, filled, run);
      if (filled !== member) changed.set(key, filled);
    }
  }
  for (const [key, inner] of members.named) {
    run.spend(1);
    if (inner.default === undefined || Object.hasOwn(value, key)) continue;
    run.spendDefault(inner.default.bytes + key.length + MEMBER_BYTES);
    changed.set(key, withDefaults(inner, inner.default.value, run));
  }
  return changed.size === 0 ? value : { ...value, ...Object.fromEntries(changed) };
}

function fillElements(schema: Subschema, value: readonly Json[], run: Run): readonly Json[] {
  const { elements } = schema;
  if (elements.prefix.length === 0 && elements.others === undefined) return value;
  let changed = false;
  const filled = value.map((item, index) => {
    run.spend(1);
    const inner = elementSchema(elements, index);
    const next = inner === undefined ? item : withDefaults(inner, item, run);
    changed ||= next !== item;
    return next;
  });
  return changed ? filled : value;
}
