import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { BOUNDS } from '../../../shared/domain/expression/bounds.ts';
import { Meter } from '../../../shared/domain/expression/meter.ts';
import { compileValue, evaluateValue } from '../../../shared/domain/expression/template.ts';
import { ALLOWED, hostileScope, REFUSED_AT_SAVE, STOPPED_AT_RUN } from './hostile-expressions.ts';
import type { Outcome } from './hostile-process.ts';

/**
 * Each hostile expression runs in one process of its own kind. Steps are asserted, as they are the same everywhere; time
 * only with a bound that is generous to a busy machine (on an idle one the slowest takes ~200 ms).
 */
const MS_MAX = 2_000;
const GROWN_MB_MAX = 64;

let outcomes: ReadonlyMap<string, Outcome>;
const outcome = (name: string): Outcome => {
  return outcomes.get(name) as Outcome;
};

beforeAll(() => {
  const node = fileURLToPath(new URL('../../../node_modules/.bin/node', import.meta.url));
  const script = fileURLToPath(new URL('./hostile-process.ts', import.meta.url));
  const text = execFileSync(node, ['--expose-gc', script], { encoding: 'utf8', maxBuffer: 50_000_000 });
  outcomes = new Map((JSON.parse(text) as Outcome[]).map((each) => [each.name, each]));
});

describe('refused when the workflow is saved', () => {
  test.each(Object.keys(REFUSED_AT_SAVE))('%s', (name) => {
    const { problems, ms, grownMb } = outcome(name);
    expect(problems).not.toEqual([]);
    expect(problems.every((problem) => problem.length < 300)).toBe(true);
    expect(ms).toBeLessThan(MS_MAX);
    expect(grownMb).toBeLessThan(GROWN_MB_MAX);
  });
});

describe('stopped when it runs', () => {
  test.each(Object.keys(STOPPED_AT_RUN))('%s', (name) => {
    const { problems, failure, ms, grownMb } = outcome(name);
    expect(problems).toEqual([]);
    expect(failure).toMatch(/^\/x: /);
    expect(ms).toBeLessThan(MS_MAX);
    expect(grownMb).toBeLessThan(GROWN_MB_MAX);
  });
});

test('the same data takes the same steps in another process', () => {
  const scope = hostileScope();
  for (const [name, source] of Object.entries({ ...REFUSED_AT_SAVE, ...STOPPED_AT_RUN, ...ALLOWED })) {
    const meter = new Meter();
    const { compiled, problems } = compileValue(`{{ ${source} }}`, '/x');
    const result = problems.length === 0 ? evaluateValue(compiled, scope, meter) : undefined;
    const { steps, bytes, failure } = outcome(name);
    const here = {
      name,
      steps: meter.stepsUsed,
      bytes: meter.bytesUsed,
      failure: result?.ok === false ? result.error.message : undefined,
    };
    expect(here).toEqual({ name, steps, bytes, failure });
  }
});

describe('large, but within bounds', () => {
  test.each(Object.keys(ALLOWED))('%s', (name) => {
    const { problems, failure, steps } = outcome(name);
    expect(problems).toEqual([]);
    expect(failure).toBeUndefined();
    expect(steps).toBeLessThan(BOUNDS.stepsMax);
  });
});

test('nothing reached the prototypes', () => {
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});
