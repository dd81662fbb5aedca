import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

export interface SchedulerRoleProps {
  /** Of the schedules that it fires. A name, not an attribute: some emulators of CloudFormation know no schedule groups. */
  readonly groupName: string;
  readonly description: string;
}

/** What EventBridge Scheduler is while it fires the schedules of one group. */
export class SchedulerRole extends Construct {
  readonly role: Role;

  constructor(scope: Construct, id: string, { groupName, description }: SchedulerRoleProps) {
    super(scope, id);
    const { account } = Stack.of(this);
    const groupArn = Stack.of(this).formatArn({
      service: 'scheduler',
      resource: 'schedule-group',
      resourceName: groupName,
    });
    this.role = new Role(this, 'Role', {
      description,
      // Without the conditions any account's schedule could make Scheduler use this role (confused deputy).
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': account, 'aws:SourceArn': groupArn } },
      }),
    });
  }

  allow(action: string, resources: readonly string[]): void {
    this.role.addToPolicy(new PolicyStatement({ actions: [action], resources: [...resources] }));
  }
}
