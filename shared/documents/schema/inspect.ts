import { isJsonArray, isJsonObject, pointer, type Json, type JsonObject } from '../../domain/json.ts';
import { isForbiddenKey } from '../forbidden-key.ts';
import { type ProblemList, quoted } from '../problem-list.ts';
import { HINTS, NESTING, SHAPES, type Nesting } from './keyword-shapes.ts';
import { SCHEMA_LIMITS } from './schema-limits.ts';

/** Keywords of one's own are welcome under this prefix, as in OpenAPI. */
const EXTENSION_PREFIX = 'x-';

/** Every schema inside a schema, by its pointer from the root: what `$ref` can refer to. */
export type SchemaTable = ReadonlyMap<string, JsonObject | boolean>;

/**
 * Reads a schema as a document: every keyword known and of the right type. Unknown keywords are refused, against the
 * specification's advice: a `requried` that silently checks nothing is found by the first bad input in production.
 */
export function inspectSchema(root: Json, base: string, problems: ProblemList): SchemaTable {
  const inspection = new Inspection(base, problems);
  inspection.schema(root, '');
  return inspection.table;
}

class Inspection {
  readonly table = new Map<string, JsonObject | boolean>();
  readonly #base: string;
  readonly #problems: ProblemList;
  #patterns = 0;

  constructor(base: string, problems: ProblemList) {
    this.#base = base;
    this.#problems = problems;
  }

  schema(schema: Json, location: string): void {
    if (typeof schema === 'boolean') {
      this.table.set(location, schema);
    } else if (isJsonObject(schema)) {
      this.table.set(location, schema);
      for (const [keyword, value] of Object.entries(schema)) this.#keyword(keyword, value, location);
    } else {
      this.#malformed(location, 'a schema is a map of keywords, or true or false');
    }
  }

  #keyword(keyword: string, value: Json, location: string): void {
    const inner = pointer(location, keyword);
    const nesting = NESTING.get(keyword);
    const shape = SHAPES.get(keyword);
    if (nesting !== undefined) {
      this.#nested(nesting, keyword, value, inner);
    } else if (shape === undefined) {
      this.#unknown(keyword, inner);
    } else if (keyword !== 'pattern' || this.#onePatternMore(inner)) {
      const wrong = shape(value);
      if (wrong !== undefined) this.#malformed(inner, `${keyword}: ${wrong}`);
      if (keyword === '$id' && location !== '') this.#malformed(inner, '$id can only stand at the top');
    }
  }

  #nested(nesting: Nesting, keyword: string, value: Json, inner: string): void {
    if (nesting === 'schema') {
      if (!isJsonArray(value)) this.schema(value, inner);
      else
        this.#malformed(
          inner,
          `${keyword} must be one schema${keyword === 'items' ? ': use prefixItems for a list' : ''}`,
        );
    } else if (nesting === 'list') {
      if (!isJsonArray(value) || value.length === 0)
        this.#malformed(inner, `${keyword} must be a list of at least one schema`);
      else for (const [index, schema] of value.entries()) this.schema(schema, pointer(inner, index));
    } else if (isJsonObject(value)) {
      for (const [name, schema] of Object.entries(value)) this.#named(keyword, name, schema, pointer(inner, name));
    } else {
      this.#malformed(inner, `${keyword} must be a map of schemas`);
    }
  }

  #named(keyword: string, name: string, schema: Json, inner: string): void {
    if (isForbiddenKey(name)) this.#malformed(inner, `${quoted(name)} is not allowed as a name`);
    if (keyword === 'patternProperties' && this.#onePatternMore(inner)) {
      const wrong = SHAPES.get('pattern')?.(name);
      if (wrong !== undefined) this.#malformed(inner, wrong);
    }
    this.schema(schema, inner);
  }

  #unknown(keyword: string, inner: string): void {
    if (keyword.startsWith(EXTENSION_PREFIX)) return;
    const hint = HINTS.get(keyword);
    const message = `${quoted(keyword)} is not a supported keyword of JSON Schema 2020-12`;
    this.#problems.add('unknown_key', this.#base + inner, hint === undefined ? message : `${message}: ${hint}`);
  }

  /** Compiling takes time that the size of the schema does not show, so patterns are counted. */
  #onePatternMore(inner: string): boolean {
    this.#patterns++;
    if (this.#patterns === SCHEMA_LIMITS.patternsMax + 1) {
      this.#problems.add(
        'limit_exceeded',
        this.#base + inner,
        `a schema has at most ${SCHEMA_LIMITS.patternsMax} patterns`,
      );
    }
    return this.#patterns <= SCHEMA_LIMITS.patternsMax;
  }

  #malformed(inner: string, message: string): void {
    this.#problems.add('malformed', this.#base + inner, message);
  }
}
