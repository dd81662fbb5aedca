import { mean } from '../harness/statistics.ts';
import { usdOfGbSeconds, usdOfWire } from './bill.ts';
import type { Measured } from './measure.ts';
import type { ModelTime } from './model-time.ts';
import { totalCounts } from './wire-counts.ts';

const MILLION = 1_000_000;

/** What a node costs in a workflow, with its share of what an execution costs as such. */
export interface CostFigures {
  readonly executions: number;
  /** Of one execution, those that cost nothing included. */
  readonly nodes: number;
  /** Counted on the wire. */
  readonly wruPerNode: number;
  readonly rruPerNode: number;
  readonly sqsPerNode: number;
  readonly schedulesPerExecution: number;
  /** The same as Stepwell itself says. */
  readonly told: { readonly wruPerNode: number; readonly rruPerNode: number; readonly sqsPerNode: number };
  /** Units as Stepwell counts them, with the GB-seconds of the latency model. */
  readonly usdPerMillionNodes: number;
  /** The same, with the time that handlers took on this machine. */
  readonly usdPerMillionNodesLocalTime: number;
  /** Units as counted on the wire, with the GB-seconds of the model; without log lines. */
  readonly usdPerMillionNodesOffTheWire: number;
  readonly modelHandlerMsPerNode: number;
  /** Where nodes compute: what one of them adds. */
  readonly perPureNode?: { readonly wru: number; readonly rru: number };
}

export function costFigures(measured: Measured, model: ModelTime): CostFigures {
  const { executions, nodes, told } = measured;
  const wire = totalCounts([measured.wire.api, measured.wire.worker]);
  const perExecution = nodes / executions;
  const average = (of: (cost: Measured['told'][number]) => number): number => mean(told.map(of));
  const usd = average((cost) => cost.usd);
  const modelled = usd - usdOfGbSeconds(average((cost) => cost.gbSeconds)) + usdOfGbSeconds(model.gbSeconds);
  const offTheWire = usdOfWire(wire, {
    apiRequests: executions,
    invocations: measured.invocations.api + measured.invocations.worker,
    gbSeconds: model.gbSeconds * executions,
  });
  return {
    executions,
    nodes: perExecution,
    wruPerNode: wire.writeUnits / nodes,
    rruPerNode: wire.readUnits / nodes,
    sqsPerNode: wire.queueRequests / nodes,
    schedulesPerExecution: wire.schedules / executions,
    told: {
      wruPerNode: average((cost) => cost.writeUnits) / perExecution,
      rruPerNode: average((cost) => cost.readUnits) / perExecution,
      sqsPerNode: average((cost) => cost.queueRequests) / perExecution,
    },
    usdPerMillionNodes: (modelled / perExecution) * MILLION,
    usdPerMillionNodesLocalTime: (usd / perExecution) * MILLION,
    usdPerMillionNodesOffTheWire: (offTheWire / nodes) * MILLION,
    modelHandlerMsPerNode: model.handlerMs / perExecution,
  };
}
