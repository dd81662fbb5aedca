import { RE2JS } from 're2js';
import { BOUNDS } from './bounds.ts';
import type { Meter } from './meter.ts';
import { fail } from './trouble.ts';

/** The only door to re2js: linear in the text whatever the pattern, unlike the host's RegExp. */
export function compilePattern(pattern: string): RE2JS | string {
  if (pattern.length > BOUNDS.patternLengthMax) return `the pattern is longer than ${BOUNDS.patternLengthMax} characters`;
  try {
    const compiled = RE2JS.compile(pattern);
    return compiled.programSize() > BOUNDS.patternProgramMax ? 'the pattern is too complex' : compiled;
  } catch {
    // re2js throws its own classes; the pattern may come from data, so it is not quoted.
    return 'the pattern is not valid RE2';
  }
}
