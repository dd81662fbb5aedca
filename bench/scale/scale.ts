import { costOf, executionsOf, noInput } from '../cost/cost-of.ts';
import { MeteredStack } from '../cost/metered-stack.ts';
import { chain, fanOut } from '../harness/definitions.ts';
import type { Effort } from '../harness/effort.ts';
import { Target } from '../harness/target.ts';

/** One row grows by the nodes of an execution, the other by the number of executions (of a chain of 10). */
export interface ScaleRow {
  readonly nodes?: number;
  readonly executions?: number;
  readonly wruPerNode: number;
  readonly rruPerNode: number;
  readonly sqsPerNode: number;
  readonly usdPerMillionNodes: number;
}

export interface ScaleReport {
  readonly rows: readonly ScaleRow[];
  /** What a node costs at the far end against 100: 1 = it does not grow. */
  readonly usdRatio: { readonly nodes: number; readonly executions: number };
}

/** The ends of a fan-out; what a workflow may have at most is 10,000. */
const ENDS = 2;
const COMPARED_WITH = 100;
/** Of small DAGs several, so that a chance batch does not count. */
const EXECUTIONS_MAX = 20;
const NODES_MAX = 200;
const EFFORT = {
  full: { nodes: [10, 100, 1_000, 10_000], executions: [1, 10, 100, 1_000, 10_000] },
  quick: { nodes: [10, 100, 1_000], executions: [1, 10, 100] },
} as const satisfies Readonly<Record<Effort, unknown>>;

export async function measureScale(effort: Effort): Promise<ScaleReport> {
  await using target = await Target.start();
  await using stack = await MeteredStack.start([target.host]);
  const url = `${target.url}/x`;
  const rows: ScaleRow[] = [];
  for (const nodes of EFFORT[effort].nodes) {
    const definition = fanOut(`fan-${nodes}`, nodes - ENDS, url);
    const executions = executionsOf(definition, EXECUTIONS_MAX, NODES_MAX);
    rows.push({ nodes, ...rowOf(await costOf(stack, { definition, executions, input: noInput })) });
  }
  for (const executions of EFFORT[effort].executions) {
    const definition = chain('chain10', 10, url);
    rows.push({ executions, ...rowOf(await costOf(stack, { definition, executions, input: noInput })) });
  }
  return { rows, usdRatio: { nodes: ratioOf(rows, 'nodes'), executions: ratioOf(rows, 'executions') } };
}

function rowOf({ wruPerNode, rruPerNode, sqsPerNode, usdPerMillionNodes }: Omit<ScaleRow, 'nodes' | 'executions'>) {
  return { wruPerNode, rruPerNode, sqsPerNode, usdPerMillionNodes };
}

/** The cost of a node in the largest row against that in the row of 100. */
export function ratioOf(rows: readonly ScaleRow[], by: 'nodes' | 'executions'): number {
  const growing = rows.filter((row) => row[by] !== undefined);
  const base = growing.find((row) => row[by] === COMPARED_WITH);
  const far = growing.at(-1);
  return (far?.usdPerMillionNodes ?? Number.NaN) / (base?.usdPerMillionNodes ?? Number.NaN);
}
