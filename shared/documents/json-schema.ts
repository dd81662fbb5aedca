import type { Json } from '../domain/json.ts';
import { invariant } from '../domain/invariant.ts';
import type { Problem } from '../domain/problem.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { ProblemList } from './problem-list.ts';
import { withDefaults } from './schema/defaults.ts';
import { inspectSchema } from './schema/inspect.ts';
import { linkSchemas } from './schema/link.ts';
import { nestsDeeperThan } from './schema/nesting.ts';
import { checkReferences } from './schema/references.ts';
import { Run, SchemaBudgetError, type SchemaProblem } from './schema/run.ts';
import { SCHEMA_LIMITS } from './schema/schema-limits.ts';
import { ask, type Subschema } from './schema/subschema.ts';

export type { SchemaProblem } from './schema/run.ts';

/**
 * JSON Schema 2020-12 for workflow inputs and approvals: interpreted, every validation within a fixed budget, patterns
 * under RE2. Own, because the library (@cfworker/json-schema) cannot be bounded from outside: it knows no step limit
 * (thirty `$defs` that each name the next one twice are 2^30 visits), compares unique items pairwise, spreads error lists
 * into arguments, and takes patterns to the host's RegExp. It is the oracle of the tests instead.
 *
 * Left out: remote and dynamic references, anchors, nested `$id`, `contentSchema`. `format` checks date, time, date-time,
 * uuid, email, hostname, ipv4, ipv6 and uri; other formats are notes.
 */
export interface CompiledSchema {
  readonly root: Subschema;
  readonly hasDefaults: boolean;
}

export interface Validated {
  /** With defaults filled in: the value given, if there was nothing to fill. */
  readonly value: Json;
  readonly problems: readonly SchemaProblem[];
}

/** `base` is the pointer of the schema in the document it came in: where its problems point. */
export function compileSchema(schema: Json, base: string): Result<CompiledSchema, Problem[]> {
  const problems = new ProblemList();
  if (!isBounded(schema, base, problems)) return err(problems.items);
  const table = inspectSchema(schema, base, problems);
  checkReferences(table, base, problems);
  if (problems.items.length > 0) return err(problems.items);
  const linked = linkSchemas(table);
  const root = linked.get('');
  invariant(root !== undefined, 'an inspected schema has a root');
  checkDefaults(linked.values(), base, problems);
  const hasDefaults = [...linked.values()].some((subschema) => subschema.default !== undefined);
  return problems.items.length > 0 ? err(problems.items) : ok({ root, hasDefaults });
}

/** All that is wrong with a value, up to a hundred problems. Never throws, never takes longer than its budget. */
export function validateAgainst(compiled: CompiledSchema, value: Json): Validated {
  return fillAndAsk(compiled.root, compiled.hasDefaults, value, new Run());
}

function fillAndAsk(schema: Subschema, hasDefaults: boolean, value: Json, run: Run): Validated {
  let filled = value;
  try {
    if (hasDefaults) filled = withDefaults(schema, value, run);
    ask(schema, filled, undefined, run);
    return { value: filled, problems: run.problems };
  } catch (error) {
    if (!(error instanceof SchemaBudgetError)) throw error;
    return { value, problems: [{ code: 'invalid', path: '', message: `this value ${error.message}` }] };
  }
}

/** A default that its own schema refuses would fail every execution that relies on it: said when the schema is saved. */
function checkDefaults(schemas: Iterable<Subschema>, base: string, problems: ProblemList): void {
  // One budget for all of them.
  const run = new Run();
  for (const schema of schemas) {
    if (schema.default === undefined) continue;
    run.problems = [];
    const [problem] = fillAndAsk(schema, true, schema.default.value, run).problems;
    if (problem === undefined) continue;
    const where = problem.path === '' ? '' : `${problem.path} `;
    problems.add(
      'malformed',
      `${base}${schema.location}/default`,
      `the default does not satisfy its own schema: ${where}${problem.message}`,
    );
  }
}

function isBounded(schema: Json, base: string, problems: ProblemList): boolean {
  if (nestsDeeperThan(schema, SCHEMA_LIMITS.depthMax)) {
    problems.add('limit_exceeded', base, `a schema nests at most ${SCHEMA_LIMITS.depthMax} levels`);
  } else if (JSON.stringify(schema).length > SCHEMA_LIMITS.bytesMax) {
    problems.add('limit_exceeded', base, `a schema has at most ${SCHEMA_LIMITS.bytesMax} bytes`);
  }
  return problems.items.length === 0;
}
