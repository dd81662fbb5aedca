import { API, WORKER } from '../../shared/config/functions.ts';
import type { Json } from '../../shared/domain/json.ts';
import type { Definition } from '../harness/definitions.ts';
import { total } from '../harness/statistics.ts';
import { AWS_LATENCIES, AWS_MODEL } from '../round-trips/aws-latencies.ts';
import { runVirtually } from '../round-trips/virtual-stack.ts';

const MS_PER_SECOND = 1_000;
const MB_PER_GB = 1_024;

export interface ModelTime {
  /** How long handlers are at one execution. */
  readonly handlerMs: number;
  readonly gbSeconds: number;
}

/**
 * What Lambda would bill for one execution if calls took what they are published to take, targets answered at once and
 * computing took no time. Each message pays its own time, although those of one batch share it: rather too much.
 *
 * `apiReads`: what the API reads before it starts an execution, one after the other.
 */
export async function modelTime(
  definition: Definition,
  { input, failures, apiReads }: { input: Json; failures: Readonly<Record<string, number>>; apiReads: number },
): Promise<ModelTime> {
  const run = await runVirtually(definition, { ...AWS_MODEL, input, failures });
  const apiMs = run.startMs + apiReads * AWS_LATENCIES.dynamodbReadMs;
  const workerMs = total(run.messageMs);
  return {
    handlerMs: apiMs + workerMs,
    gbSeconds: gbSecondsOf(apiMs, API.memoryMb) + gbSecondsOf(workerMs, WORKER.memoryMb),
  };
}

const gbSecondsOf = (ms: number, memoryMb: number): number => (ms / MS_PER_SECOND) * (memoryMb / MB_PER_GB);
