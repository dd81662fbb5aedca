import type { Code, Frame, Surroundings } from './code.ts';
import type { Compiler } from './compiler.ts';
import type { LogicalSyntax } from './syntax.ts';
import { fail, Trouble } from './trouble.ts';
import { describeKind, kindOf, type Value } from './value.ts';

/** A thrown error costs microseconds: an expression that lives on them pays for each. */
const ABSORPTION_STEPS = 150;

export function requireBool(operator: string, value: Value): boolean {
  return typeof value === 'boolean'
    ? value
    : fail(`'${operator}' takes true or false, not ${describeKind(kindOf(value))}`);
}

/** A value, or the trouble that another operand may make irrelevant. What exhausts the budget is never kept back. */
export function attempt(frame: Frame, run: (frame: Frame) => Value): Value | Trouble {
  try {
    return run(frame);
  } catch (error) {
    if (!(error instanceof Trouble) || error.kind === 'exhausted') throw error;
    frame.meter.spend(ABSORPTION_STEPS);
    return error;
  }
}

/** CEL's `&&` and `||` are commutative: an operand that decides makes trouble in the other irrelevant. */
export function compileLogical(compiler: Compiler, syntax: LogicalSyntax, at: Surroundings): Code {
  const { operator } = syntax;
  const left = compiler.compile(syntax.left, at);
  const right = compiler.compile(syntax.right, at);
  for (const { kind } of [left, right]) {
    if (kind !== 'bool' && kind !== 'dyn')
      return compiler.refuse(`'${operator}' takes true or false, not ${describeKind(kind)}`);
  }
  const decisive = operator === '||';
  const operand = (code: Code) => (frame: Frame) => requireBool(operator, code.run(frame));
  const [runLeft, runRight] = [operand(left), operand(right)];
  return {
    kind: 'bool',
    run: (frame) => {
      frame.meter.step();
      const first = attempt(frame, runLeft);
      if (first === decisive) return decisive;
      const second = runRight(frame);
      if (second !== decisive && first instanceof Trouble) throw first;
      return second;
    },
  };
}
