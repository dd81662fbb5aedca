import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Construct } from 'constructs';
import { DOCS } from '../../shared/config/docs.ts';
import type { AlarmDefinition } from './alarm-definitions.ts';
import { alarmDefinitions } from './alarm-definitions.ts';
import { AlarmTopic } from './alarm-topic.ts';
import { headingAnchor } from './heading-anchor.ts';
import type { StackMetrics } from './stack-metrics.ts';

export interface AlarmsProps {
  readonly metrics: StackMetrics;
  /** Who is told by mail, apart from whoever subscribes to the topic. */
  readonly email: string | undefined;
}

/** The alarms of a stack; each says on its topic when it rings and when it is over, with the way to its runbook heading. */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, { metrics, email }: AlarmsProps) {
    super(scope, id);
    const action = new SnsAction(new AlarmTopic(this, 'Notify', { email }).topic);
    this.all = alarmDefinitions(metrics).map((definition) => this.#alarm(definition));
    for (const alarm of this.all) {
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
    }
  }

  #alarm({ id, severity, metric, threshold, rings, periods, why, heading }: AlarmDefinition): Alarm {
    return new Alarm(this, id, {
      alarmDescription: `[${severity}] ${why} ${DOCS.runbook}#${headingAnchor(heading)}`,
      metric,
      threshold,
      evaluationPeriods: periods,
      ...(rings === 'from'
        ? {
            comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treatMissingData: TreatMissingData.NOT_BREACHING,
          }
        : {
            comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
            treatMissingData: TreatMissingData.BREACHING,
          }),
    });
  }
}
