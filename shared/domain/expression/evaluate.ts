import { expressionFailed, type Failure } from '../failure.ts';
import type { Json } from '../json.ts';
import { err, ok, type Result } from '../result.ts';
import type { CompiledValue } from './compiled-value.ts';
import type { Expression } from './expression.ts';
import { Meter } from './meter.ts';
import { Rendering, textOf } from './rendering.ts';
import type { Scope } from './scope.ts';
import { fail, Trouble } from './trouble.ts';
import { describeKind, kindOf, type Value } from './value.ts';

/** A compiled value with its templates replaced. Same data, same answer: no clock, no randomness, no locale. */
export function evaluateValue(
  compiled: CompiledValue,
  scope: Scope,
  meter: Meter = new Meter(),
): Result<Json, Failure> {
  return new Evaluation(scope, meter).result((evaluation) => evaluation.json(compiled));
}

export function evaluateBool(
  compiled: CompiledValue,
  scope: Scope,
  meter: Meter = new Meter(),
): Result<boolean, Failure> {
  return new Evaluation(scope, meter).result((evaluation) => {
    const value = evaluation.json(compiled);
    return typeof value === 'boolean'
      ? value
      : fail(`a condition yields true or false, this one ${describeKind(kindOf(value))}`);
  });
}

/** One budget for all templates of the value: a node's `with` is bounded, not only each of its expressions. */
class Evaluation {
  readonly #scope: Scope;
  readonly #meter: Meter;
  readonly #rendering: Rendering;
  /** The template that ran last: where trouble came from. */
  #path = '';

  constructor(scope: Scope, meter: Meter) {
    this.#scope = scope;
    this.#meter = meter;
    this.#rendering = new Rendering(meter);
  }

  /** User trouble becomes a failure; a bug of ours stays an exception. */
  result<T>(evaluate: (evaluation: Evaluation) => T): Result<T, Failure> {
    try {
      return ok(evaluate(this));
    } catch (error) {
      if (error instanceof Trouble) return err(expressionFailed(`${this.#path}: ${error.message}`));
      // The only RangeError that data can cause: it nests deeper than the stack. Expressions themselves are bounded in depth.
      if (error instanceof RangeError) return err(expressionFailed(`${this.#path}: the data nests too deeply`));
      throw error;
    }
  }

  json(compiled: CompiledValue): Json {
    switch (compiled.form) {
      case 'literal':
        return compiled.value;
      case 'whole':
        this.#path = compiled.path;
        return this.#rendering.json(this.#run(compiled.expression));
      case 'text':
        this.#path = compiled.path;
        return this.#text(compiled.parts);
      case 'list':
        return compiled.items.map((item) => this.json(item));
      case 'map':
        break;
    }
    // fromEntries defines own properties, whatever a key is called.
    return Object.fromEntries(Array.from(compiled.entries, ([key, item]) => [key, this.json(item)]));
  }

  #text(parts: readonly (string | Expression)[]): string {
    let length = 0;
    const pieces = parts.map((part) => {
      const piece = typeof part === 'string' ? part : this.#piece(part);
      length += piece.length;
      this.#meter.text(piece.length);
      return piece;
    });
    this.#meter.text(length);
    const text = pieces.join('');
    this.#rendering.json(text);
    return text;
  }

  #piece(expression: Expression): string {
    const text = textOf(this.#run(expression), this.#meter);
    return text ?? fail(`${expression.source} is null, which has no text: say what stands for it, with coalesce(…)`);
  }

  #run(expression: Expression): Value {
    return expression.code.run({ scope: this.#scope, meter: this.#meter, slots: [] });
  }
}
