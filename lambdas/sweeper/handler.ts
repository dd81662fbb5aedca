import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { SweepScope } from '../../shared/engine/look.ts';
import { SetAside } from '../../shared/engine/set-aside.ts';
import { sweep, type SweepReport } from '../../shared/engine/sweep.ts';
import { bootstrap } from '../runtime/bootstrap.ts';
import type { Env } from '../runtime/config.ts';
import { ActiveGauge } from './active-gauge.ts';

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
  const gauge = new ActiveGauge(app);
  const handle = async ({ scope = 'due' }: SweepEvent, context: Context): Promise<SweepReport> => {
    try {
      const report = await sweep(app.engine, scope, context.getRemainingTimeInMillis(), setAside);
      const foundAny = report.looked + report.leftOver > 0;
      await gauge.publish(foundAny);
      if (!foundAny) return report;
      app.logger.info('swept', { ...report, setAside: setAside.size });
      app.metrics.swept(report);
      return report;
    } finally {
      app.metrics.flush();
      await app.totals.publishIfDue();
    }
  };
  const handler = middy<SweepEvent, SweepReport>(handle).use(injectLambdaContext(app.logger));
  return (event, context) => Promise.resolve(handler(event, context));
}
