import type { Context } from 'aws-lambda';
import { Tally, withTally } from '../../shared/metering/tally.ts';
import type { Usage } from '../../shared/metering/usage.ts';

/**
 * Bytes that an invocation writes to its log whatever it does: the metrics' lines. Lambda's own lines are switched off
 * (`SystemLogLevel`), other lines count themselves (`logger.ts`). A test holds this to what is written.
 */
export const METRIC_BYTES = 620;
/** Of a request's line in the gateway's access log, likewise. */
export const ACCESS_LOG_BYTES = 330;

const MB_PER_GB = 1_024;
const MS_PER_SECOND = 1_000;

/**
 * One invocation of a function: what it costs is shared among the messages, or borne by the request, that it is about.
 * Time is everybody's who is under way while it passes: ten messages that wait for their targets at once share it.
 */
export class InvocationMeter {
  readonly #gb: number;
  readonly #underWay = new Set<Tally>();
  #since = performance.now();

  constructor({ memoryLimitInMB }: Pick<Context, 'memoryLimitInMB'>) {
    this.#gb = Number(memoryLimitInMB) / MB_PER_GB;
  }

  /** `received`: what was used by others on behalf of this. `own`: its part of the invocation. */
  async run<T>(
    workspace: string,
    { received, own }: { readonly received?: Usage; readonly own: Partial<Usage> },
    work: () => Promise<T>,
  ): Promise<T> {
    const tally = new Tally(workspace, () => this.#shareTime());
    if (received !== undefined) tally.add(received);
    tally.charge(own);
    this.#shareTime();
    this.#underWay.add(tally);
    try {
      return await withTally(tally, work);
    } finally {
      this.#shareTime();
      this.#underWay.delete(tally);
    }
  }

  #shareTime(): void {
    const now = performance.now();
    const gbSeconds = ((now - this.#since) / MS_PER_SECOND) * this.#gb;
    this.#since = now;
    for (const tally of this.#underWay) tally.charge({ gbSeconds: gbSeconds / this.#underWay.size });
  }
}

/** The part of one of `messages` that came together: a receive and a delete for all, one invocation. */
export function shareOfBatch(messages: number): Partial<Usage> {
  return { invocations: 1 / messages, queueRequests: 2 / messages, logBytes: METRIC_BYTES / messages };
}
