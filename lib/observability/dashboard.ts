import { Aws, Stack } from 'aws-cdk-lib';
import type { IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import {
  Alarm,
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  PeriodOverride,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { DOCS } from '../../shared/config/docs.ts';
import type { Alarms } from './alarms.ts';
import { costPerDay, ESTIMATE_NOTE } from './cost-estimate.ts';
import { executionWidgets } from './execution-widgets.ts';
import { queueWidgets } from './queue-widgets.ts';
import { serviceWidgets } from './service-widgets.ts';
import type { StackMetrics } from './stack-metrics.ts';
import { FROM_ZERO, HEIGHT, THIRD, TWO_THIRDS, WIDTH } from './widget-layout.ts';

export interface DashboardProps {
  readonly metrics: StackMetrics;
  /** Undefined where the stage has none. */
  readonly alarms: Alarms | undefined;
}

/** One page of a stack, from what its users notice down to what it costs. */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, { metrics, alarms }: DashboardProps) {
    super(scope, id);
    const { stackName } = Stack.of(this);
    // oxlint-disable-next-line no-new -- a construct adds itself to its scope
    new CloudWatchDashboard(this, 'Dashboard', {
      // Dashboards belong to the account, not to a region: one of that name in another region would be overwritten.
      dashboardName: `${stackName}-${Aws.REGION}`,
      periodOverride: PeriodOverride.INHERIT,
      widgets: [
        [introduction(stackName)],
        ...(alarms === undefined ? [] : [[alarmStatus(this, alarms)]]),
        ...executionWidgets(metrics),
        ...queueWidgets(metrics),
        ...serviceWidgets(metrics),
        [costGraph(metrics), costNote()],
      ],
    });
  }
}

function introduction(stackName: string): IWidget {
  return new TextWidget({
    width: WIDTH,
    height: 2,
    markdown:
      `# ${stackName}\nWhat an alarm means and what to do about it: the [runbook](${DOCS.runbook}). ` +
      'This page is made by the stack; what is changed here by hand goes with the next deployment.',
  });
}

/** By their names: of an alarm's ARN as an attribute not every emulator of CloudFormation knows. */
function alarmStatus(scope: Construct, { all }: Alarms): IWidget {
  const alarms = all.map(({ alarmName, node }) => Alarm.fromAlarmName(scope, node.id, alarmName));
  return new AlarmStatusWidget({ title: 'Alarms', alarms, width: WIDTH, height: 3 });
}

function costGraph(metrics: StackMetrics): IWidget {
  return new GraphWidget({
    title: 'USD a day at the pace of each hour, estimated',
    width: TWO_THIRDS,
    height: HEIGHT,
    stacked: true,
    left: [...costPerDay(metrics)],
    leftYAxis: FROM_ZERO,
  });
}

function costNote(): IWidget {
  return new TextWidget({ width: THIRD, height: HEIGHT, markdown: ESTIMATE_NOTE });
}
