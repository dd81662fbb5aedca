import { RE2JS } from 're2js';
import { BOUNDS } from './bounds.ts';
import type { Meter } from './meter.ts';
import { err, ok, type Result } from '../result.ts';
import { fail, Trouble } from './trouble.ts';

/**
 * The only door to re2js: linear in the text whatever the pattern, unlike the host's RegExp. Linear means text ×
 * program at worst (18 ns each, measured, when its automaton overflows), so that is what is charged.
 */
/** Six milliseconds: Unicode classes compile that slowly. */
const COMPILE_STEPS = 100_000;
const COMPARED_PER_STEP = 4;
/** re2js lets the automaton of one pattern grow to 8 MB. */
const AUTOMATON_BYTES_MAX = 8 * 1_024 * 1_024;

interface Pattern {
  readonly compiled: RE2JS;
  readonly program: number;
  chargedBytes: number;
}

/** Patterns live as long as an evaluation: kept longer, each could hold its 8 MB. */
const patternsOf = new WeakMap<Meter, Map<string, Pattern>>();

/** Why it cannot be used, or the pattern: what is certain at save. */
export function compilePattern(source: string): Result<Pattern, string> {
  if (source.length > BOUNDS.patternLengthMax)
    return err(`the pattern is longer than ${BOUNDS.patternLengthMax} characters`);
  try {
    const compiled = RE2JS.compile(source);
    const program = compiled.programSize();
    return program > BOUNDS.patternProgramMax
      ? err('the pattern is too complex')
      : ok({ compiled, program, chargedBytes: 0 });
  } catch {
    // re2js has a class per way to be wrong; the pattern may come from data, so it is not quoted.
    return err('the pattern is not valid RE2');
  }
}

/**
 * Whether to check at save. Compiling takes up to 20 ms for Unicode classes and counted repetitions, and a definition
 * could hold ten thousand of them: those are left to the node that uses them. Too long is known without compiling.
 */
export function worthChecking(source: string): boolean {
  return source.length > BOUNDS.patternLengthMax || (source.length <= 100 && !/\\[pP]|\{|\(\?/.test(source));
}

/** CEL's `matches`: somewhere in the text, unless the pattern is anchored. */
export function matches(meter: Meter, text: string, source: string): boolean {
  const pattern = patternFor(meter, source);
  meter.spend(Math.ceil((text.length * pattern.program) / COMPARED_PER_STEP));
  const bytes = Math.min(text.length * (200 + 16 * pattern.program), AUTOMATON_BYTES_MAX - pattern.chargedBytes);
  pattern.chargedBytes += bytes;
  meter.allocate(bytes);
  return pattern.compiled.test(text);
}

function patternFor(meter: Meter, source: string): Pattern {
  const patterns = patternsOf.get(meter) ?? new Map<string, Pattern>();
  patternsOf.set(meter, patterns);
  const known = patterns.get(source);
  if (known !== undefined) return known;
  if (patterns.size >= BOUNDS.patternsMax) {
    throw new Trouble('exhausted', `the expression uses more than ${BOUNDS.patternsMax} patterns`);
  }
  meter.spend(COMPILE_STEPS);
  const pattern = compilePattern(source);
  if (!pattern.ok) return fail(`matches(): ${pattern.error}`);
  patterns.set(source, pattern.value);
  return pattern.value;
}
