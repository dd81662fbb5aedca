import { countActive } from '../../shared/engine/count-active.ts';
import type { App } from '../runtime/bootstrap.ts';

/** A dashboard needs no more, and a hundred thousand active executions are two thousand read units each time. */
const COUNT_EVERY_MS = 5 * 60_000;

/**
 * How many executions are active, for the dashboard. Counted while there are any: after a sweep that found some, and then on
 * until there are none. An idle stack pays for no count.
 */
export class ActiveGauge {
  readonly #app: Pick<App, 'engine' | 'logger' | 'metrics'>;
  #active = 0;
  #countedAt = 0;

  constructor(app: Pick<App, 'engine' | 'logger' | 'metrics'>) {
    this.#app = app;
  }

  async publish(sweepFoundAny: boolean): Promise<void> {
    const { engine, logger, metrics } = this.#app;
    const now = engine.clock.now();
    if ((!sweepFoundAny && this.#active === 0) || now - this.#countedAt < COUNT_EVERY_MS) return;
    try {
      this.#active = await countActive(engine.store);
      this.#countedAt = now;
      if (this.#active > 0) metrics.active(this.#active);
    } catch (error) {
      // Of no consequence: a gauge that fails must not keep anybody from being swept.
      logger.warn('active executions could not be counted', { error: String(error) });
    }
  }
}
