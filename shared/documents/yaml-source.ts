import { Composer, Lexer, Parser, type CST, type Document } from 'yaml';
import { LIMITS } from '../domain/limits.ts';
import { PROBLEMS_MAX } from './problem-list.ts';

/**
 * Lexing, parsing and composing cost ~1.5 µs a token: 10,000 nodes are ~0.9 million tokens and take about a second,
 * and this many three. Five megabytes of `- a` would be five million.
 */
export const YAML_TOKENS_MAX = 2_000_000;
/**
 * The composer recurses, so depth is bounded before it runs. Every level of nesting puts one collection on the parser's
 * stack, around them stand the document and one scalar; the exact limit is the reader's (`yaml-to-json.ts`).
 */
const STACK_MAX = LIMITS.depthMax + 4;

/**
 * Each error and each odd directive becomes an Error object (10 µs with its stack): two million `]` took twenty
 * seconds. After this many reading stops; the problems found by then are the answer.
 */
const TROUBLES_MAX = PROBLEMS_MAX;

export class YamlLimitError extends Error {
  override readonly name = 'YamlLimitError';
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/**
 * The documents of a YAML 1.2 text (core schema) as syntax trees, at most two: the second is only there to be refused.
 * Throws YamlLimitError for what would take too long or overflow the stack.
 */
export function composeYaml(text: string): Document.Parsed[] {
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    merge: false,
    // An own check reports all of them with pointers; the library's compares each key with all before it (quadratic).
    uniqueKeys: false,
    // The known tags are YAML 1.1's dates, binaries and sets, which are not JSON.
    resolveKnownTags: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  return withoutStacks(() => {
    const documents: Document.Parsed[] = [];
    for (const document of composer.compose(boundedTokens(text), true, text.length)) {
      documents.push(document);
      if (documents.length === 2) break;
    }
    return documents;
  });
}

/** The composer makes an Error for each mistake and cannot be stopped: a megabyte of `\q` takes 0.4 s so, 4 s with stacks. */
function withoutStacks<T>(run: () => T): T {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return run();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

function* boundedTokens(text: string): Generator<CST.Token, void> {
  const parser = new Parser();
  let tokens = 0;
  let troubles = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (++tokens > YAML_TOKENS_MAX) {
      throw new YamlLimitError(`more than ${YAML_TOKENS_MAX} YAML tokens: send it as JSON`, parser.offset);
    }
    for (const token of parser.next(lexeme)) {
      yield token;
      if ((token.type === 'error' || token.type === 'directive') && ++troubles > TROUBLES_MAX) return;
    }
    if (parser.stack.length > STACK_MAX) {
      throw new YamlLimitError(`nests deeper than ${LIMITS.depthMax} levels`, parser.offset);
    }
  }
  yield* parser.end();
}
