import { read, readOptional } from './access.ts';
import { compileCall } from './calls.ts';
import type { SyntaxProblem } from './cel.ts';
import type { Code, Surroundings } from './code.ts';
import { compileLogical, requireBool } from './logic.ts';
import { MapBuilder } from './map-builder.ts';
import { binaryKind, operandMismatch, OPERATORS } from './operators.ts';
import { TYPE_NAMES } from './functions/conversions.ts';
import type {
  BinarySyntax,
  IndexSyntax,
  ListSyntax,
  MapSyntax,
  NameSyntax,
  SelectSyntax,
  Syntax,
  TernarySyntax,
  UnarySyntax,
} from './syntax.ts';
import { fail, quoteKey, Trouble } from './trouble.ts';
import { describeKind, Instant, isForbiddenKey, type Kind, kindOf, type Value } from './value.ts';

/**
 * Syntax to code. What is certain to fail is a problem now; what depends on data fails when it runs. Names are checked
 * in `references.ts`.
 */
export class Compiler {
  readonly problems: SyntaxProblem[] = [];

  /** Reports what can never work; the code that stands in its place is never run. */
  refuse(message: string, code: SyntaxProblem['code'] = 'bad_template'): Code {
    this.problems.push({ code, message });
    return NOTHING;
  }

  /** The one place where an expression's parts become code: each takes a step when it runs. */
  compile(syntax: Syntax, at: Surroundings): Code {
    switch (syntax.form) {
      case 'literal': {
        const { value } = syntax;
        return { kind: kindOf(value), run: () => value };
      }
      case 'name':
        return compileName(syntax, at);
      case 'select':
        return this.#select(syntax, at);
      case 'index':
        return this.#index(syntax, at);
      case 'call':
        return compileCall(this, syntax, at);
      case 'list':
        return this.#list(syntax, at);
      case 'map':
        return this.#map(syntax, at);
      case 'ternary':
        return this.#ternary(syntax, at);
      case 'logical':
        return compileLogical(this, syntax, at);
      case 'unary':
        return this.#unary(syntax, at);
      case 'binary':
        break;
    }
    return this.#binary(syntax, at);
  }

  #select(syntax: SelectSyntax, at: Surroundings): Code {
    const { key, text, optional } = syntax;
    const target = this.selectTarget(syntax, at);
    return target === undefined ? NOTHING : access(target, { kind: 'string', run: () => key }, text, optional);
  }

  /** What `.key` is read from; undefined after a problem. */
  selectTarget(syntax: SelectSyntax, at: Surroundings): Code | undefined {
    const { key, text } = syntax;
    const target = this.compile(syntax.target, at);
    if (isForbiddenKey(key)) this.refuse(`${text}: the key ${quoteKey(key)} is not allowed`);
    else if (!READABLE.has(target.kind) || target.kind === 'list')
      this.refuse(`${text}: ${describeKind(target.kind)} has no keys`);
    else return target;
    return undefined;
  }

  #index(syntax: IndexSyntax, at: Surroundings): Code {
    const { text, optional } = syntax;
    const target = this.compile(syntax.target, at);
    const index = this.compile(syntax.index, at);
    if (
      syntax.index.form === 'literal' &&
      typeof syntax.index.value === 'string' &&
      isForbiddenKey(syntax.index.value)
    ) {
      return this.refuse(`${text}: the key ${quoteKey(syntax.index.value)} is not allowed`);
    }
    if (!READABLE.has(target.kind)) return this.refuse(`${text}: ${describeKind(target.kind)} has no elements`);
    if (!INDICES.has(index.kind)) return this.refuse(`${text}: ${describeKind(index.kind)} is not an index`);
    return access(target, index, text, optional);
  }

  #list(syntax: ListSyntax, at: Surroundings): Code {
    const items = syntax.items.map((item) => this.compile(item, at).run);
    return {
      kind: 'list',
      run: (frame) => {
        frame.meter.list(items.length);
        return items.map((run) => run(frame));
      },
    };
  }

  #map(syntax: MapSyntax, at: Surroundings): Code {
    const entries = syntax.entries.map(([key, value]) => ({ key: this.#key(key, at), value: this.compile(value, at) }));
    return {
      kind: 'map',
      run: (frame) => {
        frame.meter.map(entries.length);
        const builder = new MapBuilder();
        for (const entry of entries) {
          const key = entry.key.run(frame);
          if (typeof key !== 'string') return fail(`a map's keys are strings, not ${describeKind(kindOf(key))}`);
          if (builder.has(key)) return fail(`a map has the key ${quoteKey(key)} twice`);
          builder.set(key, entry.value.run(frame));
        }
        return builder.map;
      },
    };
  }

  #key(syntax: Syntax, at: Surroundings): Code {
    const key = this.compile(syntax, at);
    if (key.kind !== 'string' && key.kind !== 'dyn')
      return this.refuse(`a map's keys are strings, not ${describeKind(key.kind)}`);
    if (syntax.form === 'literal' && isForbiddenKey(String(syntax.value)))
      return this.refuse(`the key ${quoteKey(String(syntax.value))} is not allowed`);
    return key;
  }

  #ternary(syntax: TernarySyntax, at: Surroundings): Code {
    const condition = this.compile(syntax.condition, at);
    const whenTrue = this.compile(syntax.whenTrue, at);
    const whenFalse = this.compile(syntax.whenFalse, at);
    if (condition.kind !== 'bool' && condition.kind !== 'dyn')
      return this.refuse(`'?:' decides by a bool, not by ${describeKind(condition.kind)}`);
    return {
      kind: whenTrue.kind === whenFalse.kind ? whenTrue.kind : 'dyn',
      run: (frame) => {
        frame.meter.step();
        return requireBool('?:', condition.run(frame)) ? whenTrue.run(frame) : whenFalse.run(frame);
      },
    };
  }

  #unary(syntax: UnarySyntax, at: Surroundings): Code {
    const operand = this.compile(syntax.operand, at);
    const wanted = syntax.operator === '!' ? 'bool' : 'number';
    if (operand.kind !== wanted && operand.kind !== 'dyn')
      return this.refuse(`'${syntax.operator}' takes ${describeKind(wanted)}, not ${describeKind(operand.kind)}`);
    return {
      kind: wanted,
      run: (frame) => {
        frame.meter.step();
        const value = operand.run(frame);
        if (wanted === 'bool') return !requireBool('!', value);
        // 0 - x: JSON does not know -0.
        return typeof value === 'number' ? 0 - value : fail(`'-' takes a number, not ${describeKind(kindOf(value))}`);
      },
    };
  }

  #binary(syntax: BinarySyntax, at: Surroundings): Code {
    const left = this.compile(syntax.left, at);
    const right = this.compile(syntax.right, at);
    const kind = binaryKind(syntax.operator, left.kind, right.kind);
    if (kind === undefined) return this.refuse(operandMismatch(syntax.operator, left.kind, right.kind));
    const operate = OPERATORS[syntax.operator];
    return {
      kind,
      run: (frame) => {
        frame.meter.step();
        return operate(left.run(frame), right.run(frame), frame.meter);
      },
    };
  }
}

const READABLE: ReadonlySet<Kind> = new Set(['map', 'list', 'optional', 'dyn']);
const INDICES: ReadonlySet<Kind> = new Set(['string', 'number', 'dyn']);

/** Stands where a problem has been reported already; never run. */
const NOTHING: Code = { kind: 'dyn', run: () => null };

function access(target: Code, key: Code, text: string, optional: boolean): Code {
  const reader = optional ? readOptional : read;
  return {
    kind: optional || target.kind === 'optional' ? 'optional' : 'dyn',
    run: (frame) => {
      frame.meter.step();
      return reader(target.run(frame), key.run(frame), text);
    },
  };
}

function compileName(syntax: NameSyntax, at: Surroundings): Code {
  const { name } = syntax;
  const local = at.local(name);
  if (local !== undefined) {
    const { slot, kind } = local;
    return { kind, run: (frame) => frame.slots[slot] as Value };
  }
  const root = ROOT_CODE.get(name);
  if (root !== undefined) return root;
  const type = TYPE_NAMES.get(name);
  // A name that means nothing is refused by `references.ts`.
  return type === undefined ? NOTHING : { kind: 'type', run: () => type };
}

const ROOT_CODE: ReadonlyMap<string, Code> = new Map<string, Code>([
  ['input', { kind: 'dyn', run: (frame) => frame.scope.input }],
  // A node's absent fields are undefined there, which `find` reads as absent.
  ['nodes', { kind: 'map', run: (frame) => frame.scope.nodes }],
  ['execution', { kind: 'map', run: (frame) => frame.scope.execution }],
  ['node', { kind: 'map', run: (frame) => present('node', frame.scope.node) }],
  ['now', { kind: 'timestamp', run: (frame) => new Instant(frame.scope.now) }],
  ['output', { kind: 'dyn', run: (frame) => present('output', frame.scope.output) }],
]);

function present(name: string, value: Value | undefined): Value {
  if (value !== undefined) return value;
  throw new Trouble('missing', `${name}: there is none here`);
}
