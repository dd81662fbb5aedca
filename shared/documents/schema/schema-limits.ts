import { LIMITS } from '../../domain/limits.ts';

/** A schema and everything it may cost. What a legitimate schema needs is at least ten times less. */
export const SCHEMA_LIMITS = {
  bytesMax: 256 * 1_024,
  depthMax: LIMITS.depthMax,
  /** `$ref → allOf → $ref …` on one and the same value; trees of records need about four. */
  chainMax: 32,
  /** Each takes up to 0.7 ms to compile, and is compiled twice. */
  patternsMax: 500,
  patternLengthMax: 1_000,
  /** RE2 instructions: `[a-z]{2,5}-\d+` has 12, `\pL{1000}` 1,002. */
  patternProgramMax: 1_000,
  /**
   * Instructions × characters matched in one validation. Measured: 57 ns each for patterns made to defeat RE2's automaton
   * (2.3 s), below 1 ns for usual ones. A megabyte of UUIDs against a UUID pattern (40 instructions) just fits.
   */
  patternWorkMax: 40_000_000,
  /**
   * Steps of one validation: one for each keyword asked about each value, more for work that grows with a value's
   * length. 1 MB of `[1,1,…]` against `items: integer` takes one million; five million are 0.3 to 1 s.
   */
  stepsMax: 5_000_000,
  /** Schemas being asked at one moment, one within the other: keeps hostile recursion off the end of the stack. */
  nestedMax: 400,
  /** Characters of JSON that defaults may add to one value: one large default for each of a million items is a bomb. */
  defaultsBytesMax: LIMITS.requestBytesMax,
  problemsMax: 100,
} as const;

/** Characters that one step pays for. */
export const CHARACTERS_PER_STEP = 16;
