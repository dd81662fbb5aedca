import type { JsonObject } from '../../shared/domain/json.ts';
import { chain, fanOut, http, pureBetween, sizeOf, type Definition } from '../harness/definitions.ts';
import type { Effort } from '../harness/effort.ts';
import { Target } from '../harness/target.ts';
import { costOf, executionsOf, type CostCase } from './cost-of.ts';
import type { CostFigures } from './figures.ts';
import { FlakyTargets } from './flaky-targets.ts';
import { WARM_UP_EXECUTIONS } from './measure.ts';
import { MeteredStack } from './metered-stack.ts';
import { realDags } from './real-dags.ts';

export interface CostReport {
  readonly chain10: CostFigures;
  readonly fan100: CostFigures;
  /** 22 nodes, of which 20 compute. `perPureNode`: the difference to the two others alone, by 20. */
  readonly pure20: CostFigures;
  /** Of three nodes the second fails twice before it succeeds. */
  readonly retries: CostFigures;
  /** A wait of a second between two calls. */
  readonly waits: CostFigures;
  /**
   * A call and a wait of an hour, until it waits: no clock rate makes a schedule of what is waited for in seconds. Its end
   * costs what that of a short wait does, and one look before it, when the schedule fires 90 seconds early.
   */
  readonly longWaits: CostFigures;
  readonly [realDag: string]: CostFigures;
}

const PURE = 20;
const FAILURES = 2;
/** Executions of each case, of a large DAG as many as have about so many nodes together; how large a real DAG may be. */
const EFFORT = {
  full: { executions: 40, nodesMax: 8_000, dagNodesMax: Infinity },
  quick: { executions: 20, nodesMax: 200, dagNodesMax: 200 },
} as const;

export async function measureCost(effort: Effort): Promise<CostReport> {
  const { executions, nodesMax, dagNodesMax } = EFFORT[effort];
  await using target = await Target.start();
  await using flaky = await FlakyTargets.start(executions + WARM_UP_EXECUTIONS, FAILURES);
  await using stack = await MeteredStack.start([target.host, ...flaky.hosts]);
  const input = (): JsonObject => ({ target: target.url });
  const url = `${target.url}/x`;
  const run = (definition: Definition, more: Partial<CostCase> = {}): Promise<CostFigures> => {
    const count = executionsOf(definition, executions, nodesMax);
    return costOf(stack, { definition, executions: count, input, ...more });
  };
  const pure = await run(pureBetween('pure20', PURE, url));
  const notPure = await run(pureBetween('pure0', 0, url));
  const dags: Record<string, CostFigures> = {};
  for (const dag of realDags().filter((one) => sizeOf(one) <= dagNodesMax)) dags[dag.name] = await run(dag);
  return {
    chain10: await run(chain('chain10', 10, url)),
    fan100: await run(fanOut('fan100', 100, url)),
    pure20: { ...pure, perPureNode: difference(pure, notPure) },
    ...dags,
    retries: await run(retrying(), { input: (at) => ({ target: flaky.urlOf(at) }), failures: { b: FAILURES } }),
    waits: await run(waiting('waits', url, '1s', true)),
    longWaits: await run(waiting('long-waits', url, '1h', false), { until: 'waiting' }),
  };
}

function retrying(): Definition {
  const url = '{{ input.target }}/x';
  const flaky = http(`{{ input.target }}${FlakyTargets.path}`, ['a'], { retry: { delays: ['0s', '0s'] } });
  return { name: 'retries', nodes: { a: http(url, []), b: flaky, c: http(url, ['b']) } };
}

function waiting(name: string, url: string, duration: string, goesOn: boolean): Definition {
  const pause = { type: 'wait', needs: ['a'], with: { duration } };
  return { name, nodes: { a: http(url, []), pause, ...(goesOn && { b: http(url, ['pause']) }) } };
}

function difference(more: CostFigures, less: CostFigures): CostFigures['perPureNode'] & object {
  const perPure = (of: 'wruPerNode' | 'rruPerNode'): number => (more[of] * more.nodes - less[of] * less.nodes) / PURE;
  return { wru: perPure('wruPerNode'), rru: perPure('rruPerNode') };
}
