import { isJsonObject, type Json } from '../../domain/json.ts';
import { pointerOf, type Check, type Place, type Run, type SchemaProblem, type Seen } from './run.ts';
import { ask, type Subschema } from './subschema.ts';

/** How many alternatives say why they do not fit. */
const REASONS_MAX = 3;

export interface LogicSchemas {
  /** `$ref` and `allOf`. */
  readonly always: readonly Subschema[];
  readonly anyOf: readonly Subschema[];
  readonly oneOf: readonly Subschema[];
  readonly not: Subschema | undefined;
  /** `if`, `then`, `else`. */
  readonly condition: ConditionSchemas;
  readonly dependent: ReadonlyMap<string, Subschema>;
}

interface ConditionSchemas {
  readonly asked: Subschema | undefined;
  readonly whenTrue: Subschema | undefined;
  readonly whenFalse: Subschema | undefined;
}

/** The keywords that ask other schemas about the same value. */
export function logicChecks(schemas: LogicSchemas): Check[] {
  return [
    ...schemas.always.map(
      (schema): Check =>
        (value, place, run, seen) =>
          ask(schema, value, place, run, seen),
    ),
    anyOfCheck(schemas.anyOf),
    oneOfCheck(schemas.oneOf),
    notCheck(schemas.not),
    conditionCheck(schemas.condition),
    dependentCheck(schemas.dependent),
  ].filter((check) => check !== undefined);
}

interface Answer {
  readonly valid: boolean;
  readonly reason: SchemaProblem | undefined;
}

/** What a schema that does not fit has seen does not count, so each gets a set of its own. */
function askAside(schema: Subschema, value: Json, place: Place | undefined, run: Run, seen: Seen | undefined): Answer {
  const own = seen === undefined ? undefined : new Set<string | number>();
  const answer = run.probe(() => ask(schema, value, place, run, own));
  if (answer.valid && own !== undefined) for (const token of own) seen?.add(token);
  return answer;
}

function anyOfCheck(schemas: readonly Subschema[]): Check | undefined {
  if (schemas.length === 0) return undefined;
  return (value, place, run, seen) => {
    const reasons: (SchemaProblem | undefined)[] = [];
    let valid = false;
    for (const schema of schemas) {
      const answer = askAside(schema, value, place, run, seen);
      if (answer.valid) valid = true;
      else if (reasons.length < REASONS_MAX) reasons.push(answer.reason);
      // With somebody counting what was seen, all that fit contribute.
      if (valid && seen === undefined) return true;
    }
    return (
      valid || run.fail(place, `fits none of the ${schemas.length} alternatives of anyOf${explain(reasons, place)}`)
    );
  };
}

function oneOfCheck(schemas: readonly Subschema[]): Check | undefined {
  if (schemas.length === 0) return undefined;
  return (value, place, run, seen) => {
    const reasons: (SchemaProblem | undefined)[] = [];
    const fitting: number[] = [];
    for (const [index, schema] of schemas.entries()) {
      const answer = askAside(schema, value, place, run, seen);
      if (answer.valid) fitting.push(index + 1);
      else if (reasons.length < REASONS_MAX) reasons.push(answer.reason);
      if (fitting.length === 2)
        return run.fail(place, `fits alternatives ${fitting.join(' and ')} of oneOf, must fit exactly one`);
    }
    if (fitting.length === 1) return true;
    return run.fail(place, `fits none of the ${schemas.length} alternatives of oneOf${explain(reasons, place)}`);
  };
}

/** ` (1: must be string, is integer; 2: /kind is required)` */
function explain(reasons: readonly (SchemaProblem | undefined)[], place: Place | undefined): string {
  const base = pointerOf(place).length;
  const texts = reasons.map((reason, index) => {
    if (reason === undefined) return `${index + 1}: no`;
    const inner = reason.path.slice(base);
    return `${index + 1}: ${inner === '' ? '' : `${inner} `}${reason.message}`;
  });
  return ` (${texts.join('; ')})`;
}

function notCheck(schema: Subschema | undefined): Check | undefined {
  if (schema === undefined) return undefined;
  return (value, place, run) =>
    !run.probe(() => ask(schema, value, place, run)).valid || run.fail(place, 'fits what "not" excludes');
}

function conditionCheck({ asked, whenTrue, whenFalse }: ConditionSchemas): Check | undefined {
  if (asked === undefined) return undefined;
  return (value, place, run, seen) => {
    const chosen = askAside(asked, value, place, run, seen).valid ? whenTrue : whenFalse;
    return chosen === undefined || ask(chosen, value, place, run, seen);
  };
}

function dependentCheck(schemas: ReadonlyMap<string, Subschema>): Check | undefined {
  if (schemas.size === 0) return undefined;
  return (value, place, run, seen) => {
    if (!isJsonObject(value)) return true;
    let valid = true;
    for (const [name, schema] of schemas) {
      run.spend(1);
      if (Object.hasOwn(value, name) && !ask(schema, value, place, run, seen)) valid = false;
    }
    return valid;
  };
}
