import { RE2JS } from 're2js';
import { err, ok, type Result } from '../../domain/result.ts';
import type { Run } from './run.ts';
import { SCHEMA_LIMITS } from './schema-limits.ts';

/**
 * A regular expression under RE2: time linear in the text whatever the pattern. No look-around, no back references;
 * `\s` is ASCII. Unanchored, as JSON Schema wants it.
 */
export class Pattern {
  readonly source: string;
  readonly #regex: RE2JS;
  readonly #size: number;

  private constructor(source: string, regex: RE2JS, size: number) {
    this.source = source;
    this.#regex = regex;
    this.#size = size;
  }

  static compile(source: string): Result<Pattern, string> {
    if (source.length > SCHEMA_LIMITS.patternLengthMax)
      return err(`a pattern has at most ${SCHEMA_LIMITS.patternLengthMax} characters`);
    try {
      // JSON Schema patterns are ECMAScript's: \uXXXX, \cX and (?<name>…) are spelled differently in RE2.
      const regex = RE2JS.compile(RE2JS.translateRegExp(source));
      const size = regex.programSize();
      if (size > SCHEMA_LIMITS.patternProgramMax) return err('the pattern is too large: shorten its repetitions');
      return ok(new Pattern(source, regex, size));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return err(`not an RE2 pattern (no look-around, no back references): ${reason}`);
    }
  }

  matches(text: string, run: Run): boolean {
    run.spendPattern(this.#size, text.length);
    return this.#regex.test(text);
  }
}
