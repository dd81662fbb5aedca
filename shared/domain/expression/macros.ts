import { find, readOptional } from './access.ts';
import { BOUNDS } from './bounds.ts';
import type { Code, Frame, Surroundings } from './code.ts';
import type { Compiler } from './compiler.ts';
import { sortedBy } from './functions/lists.ts';
import { attempt, requireBool } from './logic.ts';
import type { Syntax } from './syntax.ts';
import { fail, Trouble } from './trouble.ts';
import { describeKind, isList, isMap, kindOf, Optional, type Value } from './value.ts';

/** What looks like a call but decides itself which arguments run, how often, and with which names. */
type Macro = (compiler: Compiler, name: string, args: readonly Syntax[], at: Surroundings) => Code;

/** `list.name(x, body…)`; over a map, x is each key. */
function loop(
  kind: Code['kind'],
  bodyCounts: readonly number[],
  run: (frame: Frame, items: readonly Value[], each: Each) => Value,
): Macro {
  return (compiler, name, args, at) => {
    const [target, variable, ...bodies] = args;
    if (target === undefined || variable?.form !== 'name' || !bodyCounts.includes(bodies.length)) {
      return compiler.refuse(
        `${name}() takes a variable and ${bodyCounts.join(' or ')} expression(s): list.${name}(x, …)`,
      );
    }
    if (at.loops >= BOUNDS.macroDepthMax)
      return compiler.refuse(`${name}(): loops in loops go ${BOUNDS.macroDepthMax} deep at most`, 'limit_exceeded');
    const source = compiler.compile(target, at);
    if (source.kind !== 'list' && source.kind !== 'map' && source.kind !== 'dyn') {
      return compiler.refuse(`${name}() goes over a list or a map, not ${describeKind(source.kind)}`);
    }
    const { inner, slot } = at.with(variable.name, 'dyn', at.loops + 1);
    const runs = bodies.map((body) => compiler.compile(body, inner).run);
    return {
      kind,
      run: (frame) => {
        frame.meter.step();
        const items = itemsOf(name, frame, source.run(frame));
        return run(frame, items, new Each(frame, slot, runs));
      },
    };
  };
}

/** Stands where a problem has been reported already. */
const NEVER: Code = { kind: 'bool', run: () => false };

/** One round of a loop: puts the item in its slot and runs a body. */
class Each {
  readonly #frame: Frame;
  readonly #slot: number;
  readonly #bodies: readonly Code['run'][];

  constructor(frame: Frame, slot: number, bodies: readonly Code['run'][]) {
    this.#frame = frame;
    this.#slot = slot;
    this.#bodies = bodies;
  }

  get count(): number {
    return this.#bodies.length;
  }

  run(item: Value, body = 0): Value {
    this.#frame.meter.spend(2);
    this.#frame.slots[this.#slot] = item;
    return (this.#bodies[body] as Code['run'])(this.#frame);
  }

  test(name: string, item: Value): boolean {
    return requireBool(name, this.run(item));
  }
}

function itemsOf(name: string, frame: Frame, value: Value): readonly Value[] {
  if (isList(value)) return value;
  if (!isMap(value)) return fail(`${name}() goes over a list or a map, not ${describeKind(kindOf(value))}`);
  const keys = Object.keys(value);
  frame.meter.list(keys.length);
  return keys;
}

/** `all` and `exists` are a chain of `&&` and `||`: trouble counts only if no item decides. */
function quantifier(name: string, decisive: boolean): Macro {
  return loop('bool', [1], (frame, items, each) => {
    let trouble: Trouble | undefined;
    for (const item of items) {
      const result = attempt(frame, () => each.test(name, item));
      if (result === decisive) return decisive;
      if (result instanceof Trouble) trouble ??= result;
    }
    if (trouble !== undefined) throw trouble;
    return !decisive;
  });
}

const existsOne = loop('bool', [1], (_frame, items, each) => {
  let count = 0;
  for (const item of items) if (each.test('exists_one', item)) count += 1;
  return count === 1;
});

const filter = loop('list', [1], (frame, items, each) => {
  frame.meter.list(items.length);
  return items.filter((item) => each.test('filter', item));
});

/** `map(x, e)`, or `map(x, condition, e)`. */
const map = loop('list', [1, 2], (frame, items, each) => {
  frame.meter.list(items.length);
  if (each.count === 1) return items.map((item) => each.run(item));
  return items.filter((item) => each.test('map', item)).map((item) => each.run(item, 1));
});

const sortBy = loop('list', [1], (frame, items, each) => {
  frame.meter.list(items.length);
  return sortedBy(
    frame.meter,
    'sortBy',
    items,
    items.map((item) => each.run(item)),
  );
});

/** `has(a.b)`: whether a has b. A missing a is trouble, as everywhere. */
const has: Macro = (compiler, _name, args, at) => {
  const [path] = args;
  if (args.length !== 1 || path?.form !== 'select') return compiler.refuse('has() takes one path: has(a.b)');
  const { key, text } = path;
  const target = compiler.selectTarget(path, at);
  if (target === undefined) return NEVER;
  return {
    kind: 'bool',
    run: (frame) => {
      frame.meter.step();
      return present(target.run(frame), key, text);
    },
  };
};

function present(target: Value, key: string, text: string): boolean {
  if (target instanceof Optional) return readOptional(target, key, text).value !== undefined;
  return find(target, key, text) !== undefined;
}

/** The first argument that is there and not null; null if none is. Only absence is tolerated, not other trouble. */
const coalesce: Macro = (compiler, _name, args, at) => {
  if (args.length === 0) return compiler.refuse('coalesce() takes at least one value');
  const codes = args.map((arg) => compiler.compile(arg, at));
  return {
    kind: 'dyn',
    run: (frame) => {
      frame.meter.step();
      for (const code of codes) {
        const result = attempt(frame, code.run);
        if (result instanceof Trouble && result.kind !== 'missing') throw result;
        const value = result instanceof Optional ? result.value : result;
        if (value !== undefined && value !== null && !(value instanceof Trouble)) return value;
      }
      return null;
    },
  };
};

/** `optional.orValue(x)`, `optional.or(optional)`: the argument runs only when it is needed. */
function otherwise(kind: Code['kind'], unwrap: (optional: Optional, value: Value) => Value): Macro {
  return (compiler, name, args, at) => {
    const [target, fallback] = args.map((arg) => compiler.compile(arg, at));
    if (target === undefined || fallback === undefined || args.length !== 2)
      return compiler.refuse(`${name}() takes one argument: a.?b.${name}(…)`);
    if (target.kind !== 'optional' && target.kind !== 'dyn')
      return compiler.refuse(`${name}() follows an optional such as a.?b, not ${describeKind(target.kind)}`);
    return {
      kind,
      run: (frame) => {
        frame.meter.step();
        const optional = target.run(frame);
        if (!(optional instanceof Optional))
          return fail(`${name}() follows an optional such as a.?b, not ${describeKind(kindOf(optional))}`);
        if (optional.value !== undefined) return unwrap(optional, optional.value);
        const value = fallback.run(frame);
        return kind === 'dyn' || value instanceof Optional ? value : fail('or() takes an optional');
      },
    };
  };
}

/** `cel.bind(x, value, expression)`. */
const bind: Macro = (compiler, name, args, at) => {
  const [variable, value, body] = args;
  if (args.length !== 3 || variable?.form !== 'name' || value === undefined || body === undefined) {
    return compiler.refuse(`${name}() takes a variable, its value and an expression`);
  }
  const bound = compiler.compile(value, at);
  const { inner, slot } = at.with(variable.name, bound.kind, at.loops);
  const code = compiler.compile(body, inner);
  return {
    kind: code.kind,
    run: (frame) => {
      frame.meter.step();
      frame.slots[slot] = bound.run(frame);
      return code.run(frame);
    },
  };
};

export const MACROS: ReadonlyMap<string, Macro> = new Map<string, Macro>([
  ['all', quantifier('all', false)],
  ['exists', quantifier('exists', true)],
  ['exists_one', existsOne],
  ['existsOne', existsOne],
  ['filter', filter],
  ['map', map],
  ['sortBy', sortBy],
  ['has', has],
  ['coalesce', coalesce],
  ['orValue', otherwise('dyn', (_optional, value) => value)],
  ['or', otherwise('optional', (optional) => optional)],
  ['cel.bind', bind],
]);
