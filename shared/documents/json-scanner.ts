import { pointer } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Problem } from '../domain/problem.ts';
import { forbiddenKeyMessage, isForbiddenKey } from './forbidden-key.ts';
import { JsonTokens } from './json-tokens.ts';
import { KeySet } from './key-set.ts';
import { ProblemList, quoted } from './problem-list.ts';
import { loneSurrogateAt, TextPositions } from './text-position.ts';

interface ObjectFrame {
  readonly kind: 'object';
  readonly keys: KeySet;
  /** The member being read; undefined where a key is expected. */
  key: string | undefined;
}
interface ArrayFrame {
  readonly kind: 'array';
  index: number;
}
type Frame = ObjectFrame | ArrayFrame;

/**
 * Everything wrong with a JSON text: duplicate and forbidden keys all of them, then the first syntax error or the first
 * place that nests too deep, where reading stops. An empty list means that `JSON.parse` takes the text.
 * Iterative, so that a megabyte of `[` costs 33 steps and no stack.
 */
export function scanJson(text: string): Problem[] {
  return new Scanner(text).run();
}

class Scanner {
  readonly #tokens: JsonTokens;
  readonly #positions: TextPositions;
  readonly #problems = new ProblemList();
  readonly #stack: Frame[] = [];

  constructor(text: string) {
    this.#tokens = new JsonTokens(text);
    this.#positions = new TextPositions(text);
  }

  run(): Problem[] {
    const { text } = this.#tokens;
    const lone = loneSurrogateAt(text);
    if (lone !== -1) this.#malformed(lone, 'half of a surrogate pair is not a character');
    else if (this.#value()) this.#rest();
    return this.#problems.items;
  }

  /** After each value: on to the next one, until the outermost ends or reading has to stop. */
  #rest(): void {
    while (!this.#problems.full) {
      const frame = this.#stack.at(-1);
      if (frame === undefined) {
        if (!this.#tokens.atEnd()) this.#unexpected('the end of the document');
        return;
      }
      if (!(frame.kind === 'object' ? this.#afterMember(frame) : this.#afterElement(frame))) return;
    }
  }

  /** One scalar, one empty collection, or the way down to the first scalar in a collection. */
  #value(): boolean {
    for (;;) {
      const opened = this.#tokens.takeOneOf('{', '[');
      if (opened === undefined) return this.#scalar();
      if (this.#stack.length >= LIMITS.depthMax) return this.#tooDeep();
      if (opened === '[') {
        if (this.#tokens.take(']')) return true;
        this.#stack.push({ kind: 'array', index: 0 });
      } else {
        if (this.#tokens.take('}')) return true;
        const frame: ObjectFrame = { kind: 'object', keys: new KeySet(), key: undefined };
        this.#stack.push(frame);
        if (!this.#key(frame)) return false;
      }
    }
  }

  #afterMember(frame: ObjectFrame): boolean {
    if (this.#tokens.take('}')) {
      this.#stack.pop();
      return true;
    }
    if (!this.#tokens.take(',')) return this.#unexpected('"," or "}"');
    return this.#key(frame) && this.#value();
  }

  #afterElement(frame: ArrayFrame): boolean {
    if (this.#tokens.take(']')) {
      this.#stack.pop();
      return true;
    }
    if (!this.#tokens.take(',')) return this.#unexpected('"," or "]"');
    frame.index++;
    return this.#value();
  }

  #key(frame: ObjectFrame): boolean {
    frame.key = undefined;
    this.#tokens.skipSpace();
    const start = this.#tokens.at;
    const token = this.#tokens.string();
    if (token === undefined) return this.#unexpected('a key in double quotes');
    if (!token.ok) return this.#malformed(token.error.at, token.error.message);
    const key = this.#tokens.decode(start);
    frame.key = key;
    const duplicate = !frame.keys.add(key);
    const forbidden = isForbiddenKey(key);
    if (duplicate || forbidden) this.#badKey(key, start, duplicate, forbidden);
    return this.#tokens.take(':') || this.#unexpected('":"');
  }

  #badKey(key: string, start: number, duplicate: boolean, forbidden: boolean): void {
    const path = this.#path();
    const where = this.#positions.describe(start);
    if (duplicate) this.#problems.add('duplicate_key', path, `the key ${quoted(key)} appears a second time (${where})`);
    if (forbidden) this.#problems.add('malformed', path, forbiddenKeyMessage(key, where));
  }

  #scalar(): boolean {
    const token = this.#tokens.scalar();
    if (token === undefined) return this.#unexpected('a value');
    return token.ok || this.#malformed(token.error.at, token.error.message);
  }

  #tooDeep(): false {
    const where = this.#positions.describe(this.#tokens.at - 1);
    this.#problems.add('limit_exceeded', this.#path(), `nests deeper than ${LIMITS.depthMax} levels (${where})`);
    return false;
  }

  #unexpected(expected: string): false {
    const { at, text } = this.#tokens;
    const found =
      at < text.length ? `found ${JSON.stringify(String.fromCodePoint(text.codePointAt(at) ?? 0))}` : 'the text ends';
    return this.#malformed(at, `expected ${expected}, ${found}`);
  }

  #malformed(at: number, message: string): false {
    this.#problems.add('malformed', this.#path(), `not valid JSON at ${this.#positions.describe(at)}: ${message}`);
    return false;
  }

  #path(): string {
    return this.#stack.reduce((path, frame) => {
      const token = frame.kind === 'object' ? frame.key : frame.index;
      return token === undefined ? path : pointer(path, token);
    }, '');
  }
}
