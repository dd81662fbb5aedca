import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { sweep, type SweepScope } from '../../shared/engine/sweep.ts';
import { bootstrap } from '../runtime/bootstrap.ts';
import type { Env } from '../runtime/config.ts';

/** Scheduled every minute. The local stack asks for `everything` when it starts: whoever worked before is dead. */
export interface SweepEvent {
  readonly scope?: SweepScope;
}

export interface SweepReport {
  readonly looked: number;
}

export type SweeperHandler = (event: SweepEvent, context: Context) => Promise<SweepReport>;

export function createSweeperHandler(env: Env): SweeperHandler {
  const app = bootstrap(env, 'sweeper');
  const handle = async ({ scope = 'due' }: SweepEvent, context: Context): Promise<SweepReport> => {
    const report = await sweep(app.engine, scope, context.getRemainingTimeInMillis());
    if (report.looked > 0) app.logger.info('swept', report);
    return report;
  };
  const handler = middy<SweepEvent, SweepReport>(handle).use(injectLambdaContext(app.logger));
  return (event, context) => Promise.resolve(handler(event, context));
}
