import { called } from './calls.ts';
import { TYPE_NAMES } from './functions/conversions.ts';
import { guardsOf } from './guards.ts';
import { pathOf, type Step } from './path.ts';
import { NODE_FIELDS, ROOT_FIELDS, ROOTS } from './scope.ts';
import type { CallSyntax, Syntax } from './syntax.ts';
import { quoteKey } from './trouble.ts';
import { isForbiddenKey } from './value.ts';

/** A use of another node in an expression. */
export interface NodeUse {
  readonly node: string;
  readonly field: 'status' | 'output' | 'error' | undefined;
  /** The expression copes with the field's absence: the node may have failed or been skipped. */
  readonly guarded: boolean;
}

/** Where a part of an expression stands. */
interface Place {
  readonly locals: ReadonlySet<string>;
  /** What conditions around it have made sure of: `a.output`. */
  readonly sure: ReadonlySet<string>;
  /** Within `coalesce`, which takes absence for null. */
  readonly tolerant: boolean;
}

/** Finds every use of a node, and every name that means nothing. Syntax only: nothing is run. */
export class References {
  readonly uses: NodeUse[] = [];
  /** Messages; all are `unknown_reference`. */
  readonly unknown: string[] = [];
  readonly #roots: ReadonlySet<string>;

  constructor(options: { output?: boolean }) {
    this.#roots = new Set(options.output === true ? [...ROOTS, 'output'] : ROOTS);
  }

  collect(syntax: Syntax): void {
    this.#visit(syntax, { locals: new Set(), sure: new Set(), tolerant: false });
  }

  #visit(syntax: Syntax, place: Place): void {
    switch (syntax.form) {
      case 'literal':
        return;
      case 'name':
      case 'select':
      case 'index':
        return this.#path(syntax, place, false);
      case 'call':
        return this.#call(syntax, place);
      case 'list':
        return this.#all(syntax.items, place);
      case 'map':
        return this.#all(syntax.entries.flat(), place);
      case 'unary':
        return this.#visit(syntax.operand, place);
      case 'binary':
        return this.#all([syntax.left, syntax.right], place);
      case 'logical':
        // The right side of `&&` matters only where the left is true, of `||` only where it is false.
        this.#visit(syntax.left, place);
        return this.#visit(syntax.right, surer(place, guardsOf(syntax.left, syntax.operator === '&&')));
      case 'ternary':
        this.#visit(syntax.condition, place);
        this.#visit(syntax.whenTrue, surer(place, guardsOf(syntax.condition, true)));
        return this.#visit(syntax.whenFalse, surer(place, guardsOf(syntax.condition, false)));
    }
  }

  #all(parts: readonly Syntax[], place: Place): void {
    for (const part of parts) this.#visit(part, place);
  }

  #call(syntax: CallSyntax, place: Place): void {
    const { name, args } = called(syntax, (local) => place.locals.has(local));
    const [first, second, ...rest] = args;
    if (name === 'has' && first !== undefined && args.length === 1) return this.#path(first, place, true);
    if (name === 'coalesce') return this.#all(args, { ...place, tolerant: true });
    if (name === 'cel.bind' && first?.form === 'name' && second !== undefined) {
      this.#visit(second, place);
      return this.#all(rest, withLocal(place, first.name));
    }
    if (LOOPS.has(name) && first !== undefined && second?.form === 'name') {
      this.#visit(first, place);
      return this.#all(rest, withLocal(place, second.name));
    }
    return this.#all(args, place);
  }

  /** `a.b["c"].?d`: the root decides what it is; indices that are computed are expressions of their own. */
  #path(syntax: Syntax, place: Place, lastIsAsked: boolean): void {
    const { root, steps } = pathOf(syntax);
    for (const step of steps) if (step.computed !== undefined) this.#visit(step.computed, place);
    if (root.form !== 'name') return this.#visit(root, place);
    const { name } = root;
    if (place.locals.has(name) || TYPE_NAMES.has(name)) return;
    if (!this.#roots.has(name)) return this.#refuse(unknownName(name));
    const optional = lastIsAsked
      ? steps.map((step, index) => ({ ...step, optional: step.optional || index === steps.length - 1 }))
      : steps;
    if (name === 'nodes') return this.#node(syntax.text, optional, place);
    const [field] = steps;
    const fields = ROOT_FIELDS[name];
    if (field?.key !== undefined && fields !== undefined && !fields.includes(field.key) && !isForbiddenKey(field.key)) {
      this.#refuse(`${name}.${field.key}: ${name} has ${fields.join(', ')}, not ${quoteKey(field.key)}`);
    }
  }

  #node(text: string, steps: readonly Step[], place: Place): void {
    const [id, field] = steps;
    if (id?.key === undefined)
      return this.#refuse(
        `${text}: nodes are named one by one, nodes.<id> or nodes["<id>"], so that what they wait for is known`,
      );
    if (field === undefined) {
      this.uses.push({ node: id.key, field: undefined, guarded: place.tolerant || id.optional });
      return;
    }
    const known = NODE_FIELDS.find((name) => name === field.key);
    if (known === undefined) return this.#refuse(`${text}: a node has ${NODE_FIELDS.join(', ')}`);
    const guarded = place.tolerant || id.optional || field.optional || place.sure.has(`${id.key}.${known}`);
    this.uses.push({ node: id.key, field: known, guarded });
  }

  #refuse(message: string): void {
    this.unknown.push(message);
  }
}

const LOOPS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'existsOne', 'filter', 'map', 'sortBy']);

function withLocal(place: Place, name: string): Place {
  return { ...place, locals: new Set([...place.locals, name]) };
}

function surer(place: Place, guards: readonly string[]): Place {
  return guards.length === 0 ? place : { ...place, sure: new Set([...place.sure, ...guards]) };
}

function unknownName(name: string): string {
  if (name === 'vars') return 'vars: the name is reserved, nothing can be read from it yet';
  if (name === 'output')
    return 'output: only failIf and retryIf can see what their own attempt produced; use nodes.<id>.output';
  return `${name}: there is no such name; expressions see ${ROOTS.join(', ')}`;
}
