import { isJsonArray, isJsonObject, pointer, type Json, type JsonObject } from '../../domain/json.ts';
import { type ProblemList, quoted } from '../problem-list.ts';
import type { SchemaTable } from './inspect.ts';
import { NESTING, SAME_VALUE } from './keyword-shapes.ts';
import { SCHEMA_LIMITS } from './schema-limits.ts';

/** The location that a `$ref` names, or undefined when it is not a local pointer. */
export function referredLocation(ref: string): string | undefined {
  if (!ref.startsWith('#')) return undefined;
  try {
    const location = decodeURIComponent(ref.slice(1));
    return location === '' || location.startsWith('/') ? location : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Every `$ref` must name a schema of this document, and none may come back to itself on one and the same value, which
 * would never end. Coming back one level deeper (trees) is fine: values are finite.
 */
export function checkReferences(table: SchemaTable, base: string, problems: ProblemList): void {
  for (const [location, schema] of table) {
    const ref = typeof schema === 'boolean' ? undefined : schema['$ref'];
    if (typeof ref !== 'string') continue;
    const referred = referredLocation(ref);
    const path = base + pointer(location, '$ref');
    if (referred === undefined)
      problems.add('malformed', path, `${quoted(ref)}: only references into this schema are allowed: "#/$defs/name"`);
    else if (!table.has(referred)) problems.add('malformed', path, `${quoted(ref)} is not a schema in this document`);
  }
  if (problems.items.length === 0) new ChainCheck(table, base, problems).run();
}

/** Measures the longest chain of schemas that are asked about the same value, and finds those without an end. */
class ChainCheck {
  readonly #table: SchemaTable;
  readonly #base: string;
  readonly #problems: ProblemList;
  readonly #lengths = new Map<string, number>();
  readonly #path = new Set<string>();

  constructor(table: SchemaTable, base: string, problems: ProblemList) {
    this.#table = table;
    this.#base = base;
    this.#problems = problems;
  }

  run(): void {
    for (const location of this.#table.keys()) {
      const ends = this.#measure(location);
      if (!ends) return;
    }
  }

  /** False ends the search: the first cycle or overlong chain is reported, the rest would be the same one. */
  #measure(location: string): boolean {
    if (this.#lengths.has(location)) return true;
    const schema = this.#table.get(location);
    if (this.#path.has(location))
      return this.#refuse(
        location,
        'this schema refers back to itself without going into the value: it would never end',
      );
    let length = 1;
    // The path is cut at the limit, which also keeps this recursion short.
    if (this.#path.size > SCHEMA_LIMITS.chainMax) return this.#tooLong(location);
    this.#path.add(location);
    for (const next of schema === undefined || typeof schema === 'boolean' ? [] : sameValueSchemas(schema, location)) {
      if (!this.#measure(next)) return false;
      length = Math.max(length, 1 + (this.#lengths.get(next) ?? 0));
    }
    this.#path.delete(location);
    this.#lengths.set(location, length);
    return length <= SCHEMA_LIMITS.chainMax || this.#tooLong(location);
  }

  #tooLong(location: string): false {
    return this.#refuse(
      location,
      `more than ${SCHEMA_LIMITS.chainMax} schemas refer on to each other for the same value`,
    );
  }

  #refuse(location: string, message: string): false {
    this.#problems.add('malformed', this.#base + location, message);
    return false;
  }
}

function sameValueSchemas(schema: JsonObject, location: string): string[] {
  const found: string[] = [];
  const { $ref } = schema;
  const referred = typeof $ref === 'string' ? referredLocation($ref) : undefined;
  if (referred !== undefined) found.push(referred);
  for (const [keyword, value] of Object.entries(schema)) {
    if (SAME_VALUE.has(keyword)) found.push(...locationsIn(keyword, value, pointer(location, keyword)));
  }
  return found;
}

function locationsIn(keyword: string, value: Json, inner: string): string[] {
  if (NESTING.get(keyword) === 'schema') return [inner];
  if (isJsonArray(value)) return value.map((_, index) => pointer(inner, index));
  return isJsonObject(value) ? Object.keys(value).map((name) => pointer(inner, name)) : [];
}
