import { COUNTS } from '../../../shared/metering/counts.ts';
import { processLedger, sumOf, type Totals } from '../../../shared/metering/ledger.ts';
import { usdOf } from '../../../shared/metering/usd.ts';
import { UNITS } from '../../../shared/metering/usage.ts';
import type { Operation } from '../operation.ts';
import { PROMETHEUS_TYPE, prometheusText, type Family } from '../prometheus.ts';

/**
 * What the workspace has done and used since the stack was made: what its functions have published, each at most once a
 * minute, and what this one has not published yet. Counters only grow; what an instance had not published when it was
 * taken away is missing.
 */
export const getMetrics: Operation = async ({ app, workspace }) => {
  const totals = sumOf(await app.totals.read(workspace), processLedger.unpublished(workspace));
  return {
    statusCode: 200,
    headers: { 'content-type': PROMETHEUS_TYPE, 'cache-control': 'no-store' },
    body: prometheusText(familiesOf(totals)),
  };
};

const ENDED = ['succeeded', 'failed', 'cancelled', 'timed_out'] as const;

function familiesOf({ usage, counts }: Totals): readonly Family[] {
  const count = (name: string): number => counts[name] ?? 0;
  return [
    {
      name: 'stepwell_executions_started_total',
      help: 'Executions that began to run.',
      samples: [{ value: count(COUNTS.executionsStarted) }],
    },
    {
      name: 'stepwell_executions_ended_total',
      help: 'Executions that ended, by status.',
      samples: ENDED.map((status) => ({ labels: { status }, value: count(COUNTS.executionsEnded(status)) })),
    },
    {
      name: 'stepwell_nodes_ended_total',
      help: 'Effectful nodes that ended, by type. Pure nodes end with the effect before them and are not counted.',
      samples: labelled(counts, COUNTS.nodesEnded('')).map(([type, value]) => ({ labels: { type }, value })),
    },
    {
      name: 'stepwell_dead_letters_filed_total',
      help: 'Failures that failed their execution.',
      samples: [{ value: count(COUNTS.deadLettersFiled) }],
    },
    {
      name: 'stepwell_usage_total',
      help: 'What was used, in the units in which AWS charges for it.',
      samples: UNITS.map((unit) => ({ labels: { unit: snakeCase(unit) }, value: usage[unit] })),
    },
    {
      name: 'stepwell_cost_usd_total',
      help: 'What that costs by the price table (us-east-1, first tier, no free tier), in USD.',
      samples: [{ value: usdOf(usage) }],
    },
  ];
}

/** Counts whose name begins so, by the rest of it. */
function labelled(counts: Totals['counts'], prefix: string): [string, number][] {
  return Object.entries(counts)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, value]): [string, number] => [name.slice(prefix.length), value])
    .sort(([one], [other]) => (one < other ? -1 : 1));
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
