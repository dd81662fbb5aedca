import type { RunResult } from './perform.ts';

export interface Report {
  readonly ok: boolean;
  readonly clockRate: number;
  readonly durationMs: number;
  readonly runs: readonly RunResult[];
}

const HEAD = [
  'example',
  'nodes',
  'status',
  'expected',
  'attempts',
  'retries',
  'target calls',
  'duration',
  'verdict',
] as const;
const NUMERIC: ReadonlySet<string> = new Set(['nodes', 'attempts', 'retries', 'target calls', 'duration']);

/** The table, then what was not as expected, then the sum of it. */
export function reportText({ ok, clockRate, durationMs, runs }: Report): string {
  const wrong = runs.filter(({ mismatches }) => mismatches.length > 0);
  const nodes = runs.reduce((sum, run) => sum + run.nodes, 0);
  const sum =
    `${runs.length} executions of ${new Set(runs.map(({ workflow }) => workflow)).size} workflows, ${nodes} nodes, ` +
    `in ${(durationMs / 1_000).toFixed(1)} s (timers ran ${clockRate} times faster): ` +
    (ok ? 'every one ended as its example says.' : `${wrong.length} did not end as their examples say.`);
  return [...table([[...HEAD], ...runs.map(cells)]), '', ...wrong.flatMap(details), sum, ''].join('\n');
}

function cells(run: RunResult): string[] {
  const numbers = [run.attempts, run.retries, run.targetCalls].map(String);
  const seconds = `${(run.durationMs / 1_000).toFixed(1)} s`;
  const verdict = run.mismatches.length === 0 ? 'ok' : 'WRONG';
  return [run.id, String(run.nodes), run.status, run.expectedStatus, ...numbers, seconds, verdict];
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return NUMERIC.has(HEAD[column] ?? '') ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
  lines.splice(1, 0, widths.map((width) => '─'.repeat(width)).join('  '));
  return lines;
}

const DETAILS_MAX = 10;

function details({ id, execution, mismatches }: RunResult): readonly string[] {
  const shown = mismatches.slice(0, DETAILS_MAX);
  const more = mismatches.length - shown.length;
  return [
    `${id} (${execution}):`,
    ...shown.map(({ what, expected, seen }) => `  ${what}: expected ${expected}, saw ${seen}`),
    ...(more > 0 ? [`  … and ${more} more`] : []),
    '',
  ];
}
