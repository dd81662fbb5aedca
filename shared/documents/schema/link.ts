import { isJsonArray, isJsonObject, pointer, type Json, type JsonObject } from '../../domain/json.ts';
import { invariant } from '../../domain/invariant.ts';
import { elementChecks, unevaluatedElementsCheck } from './element-checks.ts';
import type { SchemaTable } from './inspect.ts';
import { logicChecks } from './logic-checks.ts';
import { memberChecks, unevaluatedMembersCheck } from './member-checks.ts';
import { Pattern } from './pattern.ts';
import { referredLocation } from './references.ts';
import { scalarChecks } from './scalar-checks.ts';
import type { DefaultValue, MemberSchemas, Subschema } from './subschema.ts';

/** Turns an inspected table of schemas into askable ones; every reference in it is known to lead somewhere. */
export function linkSchemas(table: SchemaTable): ReadonlyMap<string, Subschema> {
  const linker = new Linker(table);
  for (const location of table.keys()) linker.at(location);
  linker.linkRest();
  return linker.linked;
}

interface Shell extends Subschema {
  members: MemberSchemas;
  elements: Subschema['elements'];
}

class Linker {
  readonly linked = new Map<string, Shell>();
  readonly #table: SchemaTable;

  constructor(table: SchemaTable) {
    this.#table = table;
  }

  /** The schema at a location, perhaps still without its checks: schemas may refer to each other in circles. */
  at(location: string): Subschema {
    const known = this.linked.get(location);
    if (known !== undefined) return known;
    const source = this.#table.get(location);
    invariant(source !== undefined, `no schema at ${location}`);
    const shell: Shell = {
      location,
      never: source === false,
      checks: [],
      lastChecks: [],
      members: { named: new Map(), patterns: [], others: undefined },
      elements: { prefix: [], others: undefined },
      always: [],
      default: typeof source === 'boolean' ? undefined : defaultOf(source),
    };
    this.linked.set(location, shell);
    return shell;
  }

  linkRest(): void {
    for (const [location, source] of this.#table) {
      const shell = this.linked.get(location);
      if (typeof source !== 'boolean' && shell !== undefined) this.#link(shell, source);
    }
  }

  #link(shell: Shell, source: JsonObject): void {
    const one = (keyword: string): Subschema | undefined =>
      source[keyword] === undefined ? undefined : this.at(pointer(shell.location, keyword));
    const list = (keyword: string): Subschema[] => this.#list(source[keyword], pointer(shell.location, keyword));
    const named = (keyword: string): Map<string, Subschema> =>
      this.#named(source[keyword], pointer(shell.location, keyword));

    shell.members = {
      named: named('properties'),
      patterns: patternsOf(named('patternProperties')),
      others: one('additionalProperties'),
    };
    shell.elements = { prefix: list('prefixItems'), others: one('items') };
    shell.always.push(...this.#referred(source), ...list('allOf'));
    shell.checks.push(
      ...scalarChecks(source),
      ...memberChecks(source, shell.members, one),
      ...elementChecks(source, shell.elements, one),
      ...logicChecks({
        always: shell.always,
        anyOf: list('anyOf'),
        oneOf: list('oneOf'),
        not: one('not'),
        condition: { asked: one('if'), whenTrue: one('then'), whenFalse: one('else') },
        dependent: named('dependentSchemas'),
      }),
    );
    const last = [
      unevaluatedElementsCheck(one('unevaluatedItems')),
      unevaluatedMembersCheck(one('unevaluatedProperties')),
    ];
    shell.lastChecks.push(...last.filter((check) => check !== undefined));
  }

  #referred(source: JsonObject): Subschema[] {
    const { $ref } = source;
    const location = typeof $ref === 'string' ? referredLocation($ref) : undefined;
    return location === undefined ? [] : [this.at(location)];
  }

  #list(schemas: Json | undefined, location: string): Subschema[] {
    return isJsonArray(schemas) ? schemas.map((_, index) => this.at(pointer(location, index))) : [];
  }

  #named(schemas: Json | undefined, location: string): Map<string, Subschema> {
    const names = isJsonObject(schemas) ? Object.keys(schemas) : [];
    return new Map(names.map((name) => [name, this.at(pointer(location, name))]));
  }
}

function patternsOf(schemas: ReadonlyMap<string, Subschema>): MemberSchemas['patterns'] {
  return [...schemas].flatMap(([source, schema]) => {
    const compiled = Pattern.compile(source);
    return compiled.ok ? [{ pattern: compiled.value, schema }] : [];
  });
}

function defaultOf(source: JsonObject): DefaultValue | undefined {
  const value = source['default'];
  return value === undefined ? undefined : { value, bytes: JSON.stringify(value).length };
}
