import { evaluateValue, compileValue } from '../../../shared/domain/expression/template.ts';
import { Meter } from '../../../shared/domain/expression/meter.ts';
import { ALLOWED, hostileScope, REFUSED_AT_SAVE, STOPPED_AT_RUN } from './hostile-expressions.ts';

/** Run in a process of its own by hostile.test.ts, so that memory is that of expressions and nothing else. */
export interface Outcome {
  readonly group: 'refused' | 'stopped' | 'allowed';
  readonly name: string;
  readonly problems: readonly string[];
  readonly failure?: string;
  readonly steps: number;
  readonly bytes: number;
  readonly ms: number;
  readonly grownMb: number;
}

const scope = hostileScope();
const collect = (globalThis as { gc?: () => void }).gc ?? (() => undefined);

function run(group: Outcome['group'], name: string, source: string): Outcome {
  collect();
  const meter = new Meter();
  const before = process.memoryUsage().rss;
  const start = performance.now();
  const { compiled, problems } = compileValue(`{{ ${source} }}`, '/x');
  const result = problems.length === 0 ? evaluateValue(compiled, scope, meter) : undefined;
  return {
    group,
    name,
    problems: problems.map((problem) => `${problem.code}: ${problem.message}`),
    ...(result?.ok === false ? { failure: result.error.message } : {}),
    steps: meter.stepsUsed,
    bytes: meter.bytesUsed,
    ms: Math.round(performance.now() - start),
    grownMb: Math.round((process.memoryUsage().rss - before) / 1_048_576),
  };
}

const outcomes = [
  ...Object.entries(REFUSED_AT_SAVE).map(([name, source]) => run('refused', name, source)),
  ...Object.entries(STOPPED_AT_RUN).map(([name, source]) => run('stopped', name, source)),
  ...Object.entries(ALLOWED).map(([name, source]) => run('allowed', name, source)),
];
process.stdout.write(JSON.stringify(outcomes));
