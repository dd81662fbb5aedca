import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { SweepScope } from '../../shared/engine/look.ts';
import { SetAside } from '../../shared/engine/set-aside.ts';
import { sweep, type SweepReport } from '../../shared/engine/sweep.ts';
import { bootstrap } from '../runtime/bootstrap.ts';
import type { Env } from '../runtime/config.ts';
import { SweepMetrics } from './sweep-metrics.ts';

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
  const metrics = new SweepMetrics(SERVICE);
  const setAside = new SetAside();
  const handle = async ({ scope = 'due' }: SweepEvent, context: Context): Promise<SweepReport> => {
    const report = await sweep(app.engine, scope, context.getRemainingTimeInMillis(), setAside);
    if (report.looked + report.leftOver === 0) return report;
    app.logger.info('swept', { ...report, setAside: setAside.size });
    metrics.publish(report);
    return report;
  };
  const handler = middy<SweepEvent, SweepReport>(handle).use(injectLambdaContext(app.logger));
  return (event, context) => Promise.resolve(handler(event, context));
}
