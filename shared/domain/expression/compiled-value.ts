import { isJsonArray, isJsonObject, type Json, pointer as pointerTo } from '../json.ts';
import type { Problem } from '../problem.ts';
import { compileExpression, type Expression, type ExpressionOptions } from './expression.ts';
import type { NodeUse } from './references.ts';
import { hasTemplate, segmentsOf, type Segment } from './segments.ts';

export interface Reference extends NodeUse {
  /** JSON Pointer of the template. */
  readonly path: string;
}

/** A JSON value with its templates parsed. Whatever holds none is the value itself, which costs nothing to evaluate. */
export type CompiledValue =
  | { readonly form: 'literal'; readonly references: readonly Reference[]; readonly value: Json }
  | {
      readonly form: 'whole';
      readonly references: readonly Reference[];
      readonly path: string;
      readonly expression: Expression;
    }
  | {
      readonly form: 'text';
      readonly references: readonly Reference[];
      readonly path: string;
      readonly parts: readonly (string | Expression)[];
    }
  | { readonly form: 'list'; readonly references: readonly Reference[]; readonly items: readonly CompiledValue[] }
  | {
      readonly form: 'map';
      readonly references: readonly Reference[];
      readonly entries: ReadonlyMap<string, CompiledValue>;
    };

export interface Compilation {
  readonly compiled: CompiledValue;
  readonly problems: Problem[];
}

/** Every template in a JSON value, and everything wrong with any of them. Keys are never templates. */
export function compileValue(value: Json, pointer: string, options: ExpressionOptions = {}): Compilation {
  const problems: Problem[] = [];
  return { compiled: new ValueCompiler(options, problems).compile(value, pointer), problems };
}

/** For `if`, `failIf`, …: one string that is one template, and not one that is certain to yield something else than a bool. */
export function compileBool(value: Json, pointer: string, options: ExpressionOptions = {}): Compilation {
  const compilation = compileValue(value, pointer, options);
  if (compilation.problems.length > 0) return compilation;
  const { compiled, problems } = compilation;
  const refuse = (message: string): Compilation => ({
    compiled,
    problems: [...problems, { code: 'bad_template', path: pointer, message }],
  });
  if (compiled.form !== 'whole') return refuse('a condition is one template: "{{ … }}"');
  const { kind } = compiled.expression.code;
  return kind === 'bool' || kind === 'dyn'
    ? compilation
    : refuse(`a condition yields true or false, this one a ${kind}`);
}

/** A part of a compiled map or list, so that a node can evaluate some parts and not others. */
export function member(compiled: CompiledValue, key: string | number): CompiledValue | undefined {
  switch (compiled.form) {
    case 'map':
      return compiled.entries.get(String(key));
    case 'list':
      return compiled.items[Number(key)];
    case 'literal':
      return literalMember(compiled.value, key);
    case 'whole':
    case 'text':
      break;
  }
  return undefined;
}

function literalMember(value: Json, key: string | number): CompiledValue | undefined {
  if (isJsonArray(value)) return literalOrNothing(value[Number(key)]);
  return isJsonObject(value) && Object.hasOwn(value, key) ? literalOrNothing(value[key]) : undefined;
}

function literalOrNothing(value: Json | undefined): CompiledValue | undefined {
  return value === undefined ? undefined : literal(value);
}

/** Of a list, else none. */
export function elements(compiled: CompiledValue): readonly CompiledValue[] {
  if (compiled.form === 'list') return compiled.items;
  return compiled.form === 'literal' && isJsonArray(compiled.value) ? compiled.value.map(literal) : [];
}

/** A value in which nothing is a template, whatever it looks like. */
export function literal(value: Json): CompiledValue {
  return { form: 'literal', references: [], value };
}

class ValueCompiler {
  readonly #options: ExpressionOptions;
  readonly #problems: Problem[];

  constructor(options: ExpressionOptions, problems: Problem[]) {
    this.#options = options;
    this.#problems = problems;
  }

  compile(value: Json, path: string): CompiledValue {
    if (typeof value === 'string') return hasTemplate(value) ? this.#string(value, path) : literal(value);
    if (isJsonArray(value)) {
      const items = value.map((item, index) => this.compile(item, pointerTo(path, index)));
      return items.every(isLiteral)
        ? literal(value)
        : { form: 'list', items, references: items.flatMap((item) => item.references) };
    }
    if (!isJsonObject(value)) return literal(value);
    const entries = new Map(
      Object.entries(value).map(([key, item]) => [key, this.compile(item, pointerTo(path, key))]),
    );
    const parts = [...entries.values()];
    return parts.every(isLiteral)
      ? literal(value)
      : { form: 'map', entries, references: parts.flatMap((part) => part.references) };
  }

  #string(text: string, path: string): CompiledValue {
    const segments = segmentsOf(text);
    if (!segments.ok) {
      this.#problems.push({ code: 'bad_template', path, message: segments.error });
      return literal(text);
    }
    // Space around a single template is no text; elsewhere it is.
    const [only, ...more] = segments.value.filter(
      (segment) => segment.form === 'expression' || segment.text.trim() !== '',
    );
    if (only?.form === 'expression' && more.length === 0) return this.#whole(only.source, path);
    const parts = segments.value.map((segment) => this.#part(segment, path));
    return { form: 'text', path, parts, references: referencesOf(parts, path) };
  }

  #whole(source: string, path: string): CompiledValue {
    const expression = this.#expression(source, path);
    if (expression === undefined) return literal(null);
    return { form: 'whole', path, expression, references: referencesOf([expression], path) };
  }

  #part(segment: Segment, path: string): string | Expression {
    return segment.form === 'text' ? segment.text : (this.#expression(segment.source, path) ?? '');
  }

  #expression(source: string, path: string): Expression | undefined {
    const { expression, problems } = compileExpression(source, this.#options);
    for (const { code, message } of problems) this.#problems.push({ code, path, message });
    return expression;
  }
}

function isLiteral(compiled: CompiledValue): boolean {
  return compiled.form === 'literal';
}

/** Each use once: an expression may read the same output in many places. */
function referencesOf(parts: readonly (string | Expression)[], path: string): readonly Reference[] {
  const uses = parts.flatMap((part) => (typeof part === 'string' ? [] : part.uses));
  const unique = new Map(uses.map((use) => [`${use.node}.${use.field ?? ''}.${use.guarded}`, use]));
  return Array.from(unique.values(), ({ node, field, guarded }) => ({ node, field, guarded, path }));
}
