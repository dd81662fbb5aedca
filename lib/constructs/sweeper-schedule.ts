import { Duration } from 'aws-cdk-lib';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Construct } from 'constructs';
import { SWEEPER } from '../../shared/config/functions.ts';
import type { NodeFunction } from './node-function.ts';

/** Starts the sweeper every minute. A start that failed is not made up for: the next one is a minute away. */
export class SweeperSchedule extends Construct {
  constructor(scope: Construct, id: string, props: { readonly sweeper: NodeFunction }) {
    super(scope, id);
    // oxlint-disable-next-line no-new -- a construct adds itself to its scope
    new Schedule(this, 'Schedule', {
      description: 'Looks for executions whose messages were lost',
      schedule: ScheduleExpression.rate(Duration.minutes(SWEEPER.rateMinutes)),
      target: new LambdaInvoke(props.sweeper.function, {
        retryAttempts: 0,
        maxEventAge: Duration.minutes(SWEEPER.rateMinutes),
      }),
    });
  }
}
