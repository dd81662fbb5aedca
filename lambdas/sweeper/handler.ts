import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { SWEEPER } from '../../shared/config/functions.ts';
import type { EpochMs } from '../../shared/domain/time.ts';
import type { SweepScope } from '../../shared/engine/look.ts';
import { SetAside } from '../../shared/engine/set-aside.ts';
import { countActive } from '../../shared/engine/count-active.ts';
import { sweep, type SweepReport } from '../../shared/engine/sweep.ts';
import { bootstrap, type App } from '../runtime/bootstrap.ts';
import type { Env } from '../runtime/config.ts';

const SERVICE = 'sweeper';

/** Scheduled every minute. The local stack asks for `everything` when it starts: whoever worked before is dead. */
export interface SweepEvent {
  readonly scope?: SweepScope;
}

export type SweeperHandler = (event: SweepEvent, context: Context) => Promise<SweepReport>;

/**
 * A late sweep and the next one may run at once: each reads the header strongly, what they send is checked by claims, and
 * of two writes of `check` one is refused. It costs twice as much, no more.
 */
export function createSweeperHandler(env: Env): SweeperHandler {
  const app = bootstrap(env, SERVICE);
  const setAside = new SetAside();
  const handle = async ({ scope = 'due' }: SweepEvent, context: Context): Promise<SweepReport> => {
    try {
      if (mayCount(app.engine.clock.now())) await publishActive(app);
      const report = await sweep(app.engine, scope, context.getRemainingTimeInMillis(), setAside);
      if (report.looked + report.leftOver === 0) return report;
      app.logger.info('swept', { ...report, setAside: setAside.size });
      app.metrics.swept(report);
      return report;
    } finally {
      app.metrics.flush();
    }
  };
  const handler = middy<SweepEvent, SweepReport>(handle).use(injectLambdaContext(app.logger));
  return (event, context) => Promise.resolve(handler(event, context));
}

/** A dashboard's gauge needs no more, and a hundred thousand active executions are two thousand read units each time. */
const COUNT_EVERY_MS = 5 * 60_000;

function mayCount(now: EpochMs): boolean {
  return now % COUNT_EVERY_MS < SWEEPER.rateMinutes * 60_000;
}

/** Of no consequence: a gauge that fails must not keep anybody from being swept. */
async function publishActive({ engine, logger, metrics }: App): Promise<void> {
  try {
    const active = await countActive(engine.store);
    if (active > 0) metrics.active(active);
  } catch (error) {
    logger.warn('active executions could not be counted', { error: String(error) });
  }
}
