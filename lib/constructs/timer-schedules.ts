import { Stack } from 'aws-cdk-lib';
import { CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENV } from '../../shared/config/env.ts';
import { acknowledge } from '../nag.ts';
import type { NodeFunction } from './node-function.ts';
import { SchedulerRole } from './scheduler-role.ts';

export interface TimerSchedulesProps {
  readonly workQueue: Queue;
  /** Where a message lies that Scheduler could not deliver for an hour; the sweeper has sent another one long since. */
  readonly undelivered: Queue;
}

/**
 * Timers longer than SQS can delay: one-time schedules that put a message on the work queue. Their own group, so that
 * the right to create reaches no other schedule and deleting the stack deletes those that are still to come.
 */
export class TimerSchedules extends Construct {
  readonly group: CfnScheduleGroup;
  readonly #groupName: string;
  readonly #role: SchedulerRole;
  readonly #props: TimerSchedulesProps;

  constructor(scope: Construct, id: string, props: TimerSchedulesProps) {
    super(scope, id);
    this.#props = props;
    // A name of our own: without one CloudFormation's is longer than the 64 characters that a group may have.
    this.#groupName = Stack.of(this).stackName;
    this.group = new CfnScheduleGroup(this, 'Group', { name: this.#groupName });
    this.#role = new SchedulerRole(this, 'Scheduler', {
      groupName: this.#groupName,
      description: 'EventBridge Scheduler sends due timers to the work queue',
    });
    this.#role.allow('sqs:SendMessage', [props.workQueue.queueArn, props.undelivered.queueArn]);
  }

  grantCreate(fn: NodeFunction): void {
    const { workQueue, undelivered } = this.#props;
    const schedules = Stack.of(this).formatArn({
      service: 'scheduler',
      resource: 'schedule',
      resourceName: `${this.#groupName}/*`,
    });
    fn.allow(['scheduler:CreateSchedule'], [schedules]);
    const name = `arn:<AWS::Partition>:scheduler:<AWS::Region>:<AWS::AccountId>:schedule/${this.#groupName}/*`;
    acknowledge(fn, { [`AwsSolutions-IAM5[Resource::${name}]`]: 'Each timer is a schedule with a name of its own.' });
    fn.allow(['iam:PassRole'], [this.#role.role.roleArn], {
      StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' },
    });
    fn.setEnvironment({
      [ENV.scheduleGroup]: this.#groupName,
      [ENV.scheduleRoleArn]: this.#role.role.roleArn,
      [ENV.workQueueArn]: workQueue.queueArn,
      [ENV.undeliveredQueueArn]: undelivered.queueArn,
    });
  }
}
