import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENV } from '../../shared/config/env.ts';
import type { NodeFunction } from './node-function.ts';

/**
 * Timers longer than SQS can delay: one-time schedules that put a message on the work queue. Their own group, so that
 * the right to create reaches no other schedule and deleting the stack deletes those that are still to come.
 */
export class TimerSchedules extends Construct {
  readonly #group: CfnScheduleGroup;
  readonly #role: Role;
  readonly #workQueue: Queue;

  constructor(scope: Construct, id: string, props: { readonly workQueue: Queue }) {
    super(scope, id);
    this.#workQueue = props.workQueue;
    const { account } = Stack.of(this);
    // A name of our own: without one CloudFormation's is longer than the 64 characters that a group may have.
    this.#group = new CfnScheduleGroup(this, 'Group', { name: Stack.of(this).stackName });
    this.#role = new Role(this, 'Role', {
      description: 'EventBridge Scheduler sends due timers to the work queue',
      // Without the conditions any account's schedule could make Scheduler use this role (confused deputy).
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': account, 'aws:SourceArn': this.#group.attrArn } },
      }),
    });
    this.#role.addToPolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.#workQueue.queueArn] }),
    );
  }

  grantCreate(fn: NodeFunction): void {
    const schedules = Stack.of(this).formatArn({
      service: 'scheduler',
      resource: 'schedule',
      resourceName: `${this.#group.ref}/*`,
    });
    fn.allow(['scheduler:CreateSchedule'], [schedules]);
    fn.allow(['iam:PassRole'], [this.#role.roleArn], {
      StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' },
    });
    fn.setEnvironment({
      [ENV.scheduleGroup]: this.#group.ref,
      [ENV.scheduleRoleArn]: this.#role.roleArn,
      [ENV.workQueueArn]: this.#workQueue.queueArn,
    });
  }
}
