import { LIMITS } from '../limits.ts';
import { parseCel, type SyntaxProblem } from './cel.ts';
import { type Code, Surroundings } from './code.ts';
import { Compiler } from './compiler.ts';
import { encodeUtf8 } from './functions/utf8.ts';
import { type NodeUse, References } from './references.ts';
import { clipped } from './trouble.ts';

/** What stands between `{{` and `}}`, parsed and checked once. */
export interface Expression {
  readonly source: string;
  readonly code: Code;
  readonly uses: readonly NodeUse[];
}

export interface ExpressionProblem {
  readonly code: SyntaxProblem['code'] | 'unknown_reference';
  readonly message: string;
}

export interface ExpressionOptions {
  /** Whether `output` is in scope: in `failIf` and `retryIf`. */
  readonly output?: boolean;
}

/** Of one expression: eight kilobytes could have thousands. */
const PROBLEMS_MAX = 20;

/** `expression` is undefined only where nothing could be parsed; what it uses is known even if it has problems. */
export function compileExpression(
  source: string,
  options: ExpressionOptions,
): { expression: Expression | undefined; problems: readonly ExpressionProblem[] } {
  const trimmed = source.trim();
  if (bytesExceed(trimmed, LIMITS.expressionBytesMax)) {
    return refused('limit_exceeded', `an expression has at most ${LIMITS.expressionBytesMax} bytes`);
  }
  if (trimmed === '') return refused('bad_template', 'the template is empty');
  const parsed = parseCel(trimmed);
  if (!parsed.ok) return refused(parsed.error.code, parsed.error.message);
  const references = new References(options);
  references.collect(parsed.value);
  const compiler = new Compiler();
  const code = compiler.compile(parsed.value, new Surroundings());
  const unknown = references.unknown.map((message) => ({ code: 'unknown_reference', message }) as const);
  const problems = [...unknown, ...compiler.problems].slice(0, PROBLEMS_MAX);
  return {
    expression: { source: trimmed, code, uses: references.uses },
    problems: problems.map((problem) => ({ code: problem.code, message: clipped(problem.message) })),
  };
}

function refused(
  code: ExpressionProblem['code'],
  message: string,
): { expression: undefined; problems: readonly ExpressionProblem[] } {
  return { expression: undefined, problems: [{ code, message: clipped(message) }] };
}

function bytesExceed(text: string, max: number): boolean {
  if (text.length * 3 <= max) return false;
  return text.length > max || encodeUtf8(text).length > max;
}
