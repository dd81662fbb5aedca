import type { TotalsStore } from '../../shared/adapters/aws/dynamo/totals-store.ts';
import { toRfc3339, type EpochMs } from '../../shared/domain/time.ts';
import type { Clock, EngineLog } from '../../shared/engine/ports.ts';
import { processLedger, type Ledger, type Totals } from '../../shared/metering/ledger.ts';

/** Between two publications of one function's instance: a write for each workspace that did something. */
const PUBLISH_EVERY_MS = 60_000;

/**
 * Adds what this process has counted to the workspaces' totals: at the end of an invocation, and of no more than one a
 * minute. The first does so at once: an instance that serves one request and is never asked again has published.
 *
 * Dying before the write loses what was counted since the last one; an answer that is lost has it counted twice. Nothing is
 * decided by these figures.
 */
export class TotalsPublisher {
  readonly #store: Pick<TotalsStore, 'add' | 'read'>;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #log: EngineLog;
  readonly #ledger: Ledger;
  #publishedAt: EpochMs | undefined;

  constructor(
    store: Pick<TotalsStore, 'add' | 'read'>,
    clock: Pick<Clock, 'now'>,
    log: EngineLog,
    ledger = processLedger,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    this.#ledger = ledger;
  }

  /** What all processes have published for the workspace. */
  read(workspace: string): Promise<Totals> {
    return this.#store.read(workspace);
  }

  /** Never fails: an invocation that has done its work does not fail because of its bill. */
  async publishIfDue(): Promise<void> {
    const now = this.#clock.now();
    if (this.#publishedAt !== undefined && now - this.#publishedAt < PUBLISH_EVERY_MS) return;
    const open = this.#ledger.takeAll();
    if (open.size === 0) return;
    this.#publishedAt = now;
    await Promise.all([...open].map(([workspace, totals]) => this.#publish(workspace, toRfc3339(now), totals)));
  }

  async #publish(workspace: string, at: string, totals: Totals): Promise<void> {
    try {
      await this.#store.add(workspace, at, totals);
    } catch (error) {
      this.#ledger.putBack(workspace, totals);
      this.#log.warn('the totals could not be published; they are kept for the next time', {
        workspace,
        error: String(error),
      });
    }
  }
}
