import type { JsonObject } from '../../shared/domain/json.ts';
import { sizeOf, type Definition } from '../harness/definitions.ts';
import { progress } from '../harness/progress.ts';
import { costFigures, type CostFigures } from './figures.ts';
import { measure, type Case } from './measure.ts';
import type { MeteredStack } from './metered-stack.ts';
import { modelTime } from './model-time.ts';

export interface CostCase extends Case {
  /** How many first attempts of a node fail: what the target does, for the model. */
  readonly failures?: Readonly<Record<string, number>>;
}

/** Counts on a stack what a workflow costs, and adds the time that Lambda would bill. */
export async function costOf(stack: MeteredStack, work: CostCase): Promise<CostFigures> {
  const { definition, executions, failures = {} } = work;
  progress(`cost: ${executions} × ${definition.name}, ${sizeOf(definition)} nodes`);
  const measured = await measure(stack, work);
  const apiReads = measured.wire.api.readCalls / executions;
  return costFigures(measured, await modelTime(definition, { input: work.input(0), failures, apiReads }));
}

/** As many executions as have about so many nodes together. */
export function executionsOf(definition: Definition, most: number, nodesMax: number): number {
  return Math.max(1, Math.min(most, Math.ceil(nodesMax / sizeOf(definition))));
}

/** What is started without saying anything. */
export const noInput = (): JsonObject => ({});
