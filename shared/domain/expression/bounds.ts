/**
 * What keeps one evaluation under 250 ms and 64 MB, without a clock: the same data gives the same answer on a laptop
 * and on a slow Lambda. A step stands for at most ~60 ns of work on the reference machine (measured in
 * test/domain/expression/hostile.test.ts), so 2.5 million steps are ≤ 150 ms.
 */
const KB = 1_024;
const MB = 1_024 * KB;

export const BOUNDS = {
  /** Of one `evaluateValue`, all its templates together. */
  stepsMax: 2_500_000,
  /** Estimated bytes that are allocated in one `evaluateValue`, garbage included: half of what the process may grow. */
  allocatedBytesMax: 32 * MB,
  /** UTF-16 units of a string that an expression builds. */
  stringLengthMax: MB,
  /** Elements of a list that an expression builds. */
  listLengthMax: 250_000,
  rangeLengthMax: 100_000,
  /** Depth of an expression's tree: bounds recursion in compiler and evaluator. */
  depthMax: 128,
  /** `map` in `filter` in `all` and no further. */
  macroDepthMax: 3,
  patternsMax: 16,
  patternLengthMax: 512,
  /** RE2 instructions: `(a{30}){30}` is short but compiles to many. */
  patternProgramMax: 1_000,
  zonesMax: 16,
} as const;

/** Characters per step: copying, looking at each, comparing each with each. */
const COPIED_PER_STEP = 32;
const SCANNED_PER_STEP = 8;
const COMPARED_PER_STEP = 200;
export const copySteps = (length: number): number => Math.ceil(length / COPIED_PER_STEP);
export const scanSteps = (length: number): number => Math.ceil(length / SCANNED_PER_STEP);
export const searchSteps = (text: number, part: number): number =>
  Math.ceil((Math.max(0, text - part + 1) * part) / COMPARED_PER_STEP);

/** Estimated bytes on V8's heap, on the safe side. */
export const BYTES = { character: 2, element: 24, entry: 64, object: 56 } as const;
