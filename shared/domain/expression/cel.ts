import { type ASTNode, Environment, type ParseError } from '@marcbachmann/cel-js';
import { err, ok, type Result } from '../result.ts';
import { BOUNDS } from './bounds.ts';
import type { Syntax } from './syntax.ts';

/**
 * The only door to cel-js, and only its parser: its evaluator computes with BigInt, refuses `double + int` and calls
 * the host's RegExp, and cannot be metered (comprehensions, list literals and equality run inside it). What it parses
 * is turned into our own Syntax, bounded in depth, and neither checked nor run by it.
 */
export interface SyntaxProblem {
  readonly code: 'bad_template' | 'limit_exceeded';
  readonly message: string;
}

const environment = new Environment({
  unlistedVariablesAreDyn: true,
  homogeneousAggregateLiterals: false,
  enableOptionalTypes: true,
  // Depth is what the parser recurses on; 64 parentheses in each other are more than anyone reads.
  limits: { maxAstNodes: 5_000, maxDepth: 64, maxListElements: 1_000, maxMapEntries: 1_000, maxCallArguments: 32 },
});

export function parseCel(source: string): Result<Syntax, SyntaxProblem> {
  try {
    return ok(convert(environment.parse(source).ast, 0));
  } catch (error) {
    if (error instanceof Refused) return err(error.problem);
    // Whatever else the parser throws, macros with a bad loop variable included, is about the text; a drawing of it follows.
    const { code, message } = error as ParseError;
    return err({ code: code === 'limit_exceeded' ? code : 'bad_template', message: message.replace(/\n[^]*/, '') });
  }
}

class Refused extends Error {
  readonly problem: SyntaxProblem;
  constructor(code: SyntaxProblem['code'], message: string) {
    super(message);
    this.problem = { code, message };
  }
}

function convert(node: ASTNode, depth: number): Syntax {
  if (depth > BOUNDS.depthMax)
    throw new Refused('limit_exceeded', `the expression nests deeper than ${BOUNDS.depthMax}`);
  const inner = (child: ASTNode): Syntax => convert(child, depth + 1);
  const text = node.input.slice(node.start, node.end);
  switch (node.op) {
    case 'value':
      return { form: 'literal', text, value: literal(node.args) };
    case 'id':
      return { form: 'name', text, name: node.args };
    case '.':
    case '.?':
      return { form: 'select', text, target: inner(node.args[0]), key: node.args[1], optional: node.op === '.?' };
    case '[]':
    case '[?]':
      return {
        form: 'index',
        text,
        target: inner(node.args[0]),
        index: inner(node.args[1]),
        optional: node.op === '[?]',
      };
    case 'call':
      return { form: 'call', text, name: node.args[0], target: undefined, args: node.args[1].map(inner) };
    case 'rcall':
      return { form: 'call', text, name: node.args[0], target: inner(node.args[1]), args: node.args[2].map(inner) };
    case 'list':
      return { form: 'list', text, items: node.args.map(inner) };
    case 'map':
      return { form: 'map', text, entries: node.args.map(([key, value]) => [inner(key), inner(value)]) };
    case '?:': {
      const [condition, whenTrue, whenFalse] = node.args;
      return {
        form: 'ternary',
        text,
        condition: inner(condition),
        whenTrue: inner(whenTrue),
        whenFalse: inner(whenFalse),
      };
    }
    case '||':
    case '&&':
      return { form: 'logical', text, operator: node.op, left: inner(node.args[0]), right: inner(node.args[1]) };
    case '!_':
    case '-_':
      return { form: 'unary', text, operator: node.op === '!_' ? '!' : '-', operand: inner(node.args) };
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
    case 'in':
      break;
  }
  return { form: 'binary', text, operator: node.op, left: inner(node.args[0]), right: inner(node.args[1]) };
}

/** Numbers are JSON numbers: cel-js's BigInt and UnsignedInt end here. */
function literal(value: Extract<ASTNode, { op: 'value' }>['args']): null | boolean | number | string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (value instanceof Uint8Array)
    throw new Refused('bad_template', 'bytes literals are not supported: JSON has no bytes');
  const number = typeof value === 'object' ? Number(value.value) : Number(value);
  if (!Number.isFinite(number)) throw new Refused('bad_template', 'a number literal is out of range');
  return number;
}
