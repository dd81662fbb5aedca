import { Duration, Stack } from 'aws-cdk-lib';
import type { CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

import { SWEEPER } from '../../shared/config/functions.ts';
import { acknowledge } from '../nag.ts';
import type { NodeFunction } from './node-function.ts';
import { SchedulerRole } from './scheduler-role.ts';

export interface SweeperScheduleProps {
  readonly sweeper: NodeFunction;
  readonly group: CfnScheduleGroup;
  /** Says in its message why a start failed; the metrics count it too. */
  readonly undelivered: Queue;
}

/**
 * Starts the sweeper every minute. A start that failed is not made up for: the next one is a minute away. By hand: CDK's
 * `LambdaInvoke` lets its role invoke every version of the function too.
 */
export class SweeperSchedule extends Construct {
  constructor(scope: Construct, id: string, { sweeper, group, undelivered }: SweeperScheduleProps) {
    super(scope, id);
    // Lambda would start a sweep that failed twice more, on top of the next ones.
    sweeper.function.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(SWEEPER.rateMinutes) });
    acknowledge(sweeper.function, {
      'Serverless-LambdaAsyncFailureDestination':
        'Its errors are counted and alarmed; the event says nothing but "now".',
    });
    const groupName = Stack.of(this).stackName;
    const scheduler = new SchedulerRole(this, 'Scheduler', {
      groupName,
      description: 'EventBridge Scheduler starts the sweeper',
    });
    scheduler.allow('lambda:InvokeFunction', [sweeper.function.functionArn]);
    scheduler.allow('sqs:SendMessage', [undelivered.queueArn]);
    const schedule = new CfnSchedule(this, 'Schedule', {
      description: 'Looks for executions whose messages were lost',
      groupName,
      scheduleExpression: `rate(${SWEEPER.rateMinutes} minute)`,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: sweeper.function.functionArn,
        roleArn: scheduler.role.roleArn,
        retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: SWEEPER.rateMinutes * 60 },
        deadLetterConfig: { arn: undelivered.queueArn },
      },
    });
    schedule.addResourceDependency(group);
    // Its policy, too, which nothing else refers to.
    schedule.node.addDependency(scheduler.role);
  }
}
