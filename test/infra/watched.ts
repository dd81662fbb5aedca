import type { Template } from 'aws-cdk-lib/assertions';
import { prod, resources, synthesize } from './synthesized.ts';

export const EMAIL = 'ops@example.com';
export const devWithBoth = synthesize('dev', 'stepwell', { alarms: true, dashboard: true, alarmEmail: EMAIL });
export const withBoth = [
  ['prod', prod, 'stepwell-prod'],
  ['dev with both options', devWithBoth, 'stepwell-dev'],
] as const;

interface Dimension {
  readonly Name: string;
  readonly Value: unknown;
}
export interface Watched {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly Dimension[];
}
export interface AlarmProperties extends Partial<Watched> {
  readonly AlarmDescription: string;
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly TreatMissingData: string;
  readonly EvaluationPeriods: number;
  readonly Period?: number;
  readonly AlarmActions: readonly unknown[];
  readonly OKActions: readonly unknown[];
  readonly Metrics?: readonly {
    readonly Id: string;
    readonly Expression?: string;
    readonly MetricStat?: { readonly Metric: Watched; readonly Period: number };
  }[];
}

/** By the name in the code: without what CDK puts around it. */
export const alarmsOf = (template: Template): Record<string, AlarmProperties> =>
  Object.fromEntries(
    resources(template, 'AWS::CloudWatch::Alarm').map(([id, { Properties }]) => [
      id.replace(/^Alarms|[0-9A-F]{8}$/g, ''),
      Properties as unknown as AlarmProperties,
    ]),
  );

export const watchedBy = ({ Metrics, Namespace, MetricName, Dimensions }: AlarmProperties): Watched[] =>
  Metrics === undefined
    ? [{ Namespace: Namespace!, MetricName: MetricName!, Dimensions: Dimensions! }]
    : Metrics.flatMap(({ MetricStat }) => (MetricStat === undefined ? [] : [MetricStat.Metric]));

interface Widget {
  readonly type: string;
  readonly properties: {
    readonly title?: string;
    readonly markdown?: string;
    readonly alarms?: readonly string[];
    readonly metrics?: readonly (readonly unknown[])[];
  };
}
interface Drawn extends Watched {
  readonly id: string | undefined;
}

/** A dashboard's widgets; what stands for a resource or its attribute becomes `<logical id>`. */
export function widgetsOf(template: Template): Widget[] {
  const [dashboard] = resources(template, 'AWS::CloudWatch::Dashboard');
  const { 'Fn::Join': joined } = dashboard![1].Properties['DashboardBody'] as { 'Fn::Join': [string, unknown[]] };
  const body = joined[1].map((part) => (typeof part === 'string' ? part : `<${referred(part)}>`)).join('');
  return (JSON.parse(body) as { widgets: Widget[] }).widgets;
}

export function referred(token: unknown): string | undefined {
  const { Ref, 'Fn::GetAtt': attribute } = token as { Ref?: string; 'Fn::GetAtt'?: [string, string] };
  return Ref ?? attribute?.[0];
}

const rowsOf = (widgets: readonly Widget[]): (readonly unknown[])[] =>
  widgets.flatMap(({ properties }) => properties.metrics ?? []);

/** `[namespace, name, dimension, value, …, settings]` */
export const drawnBy = (widgets: readonly Widget[]): Drawn[] =>
  rowsOf(widgets)
    .filter(([namespace]) => typeof namespace === 'string')
    .map((row) => {
      const [namespace, name, ...rest] = row.filter((part) => typeof part === 'string');
      const { id } = (row.at(-1) as { id?: string }) ?? {};
      const dimensions = rest.flatMap((part, index) => (index % 2 === 0 ? [[part, rest[index + 1]] as const] : []));
      return {
        Namespace: namespace!,
        MetricName: name!,
        Dimensions: dimensions.map(([Name, Value]) => ({ Name, Value })),
        id,
      };
    });

export const expressionsOf = (widgets: readonly Widget[]): { expression: string; label?: string }[] =>
  rowsOf(widgets).flatMap(([first]) =>
    typeof first === 'object' && first !== null && 'expression' in first ? [first as { expression: string }] : [],
  );

export const titled = (template: Template, title: RegExp): Widget =>
  widgetsOf(template).find(({ properties }) => title.test(properties.title ?? ''))!;

export const expressionOf = ({ Metrics = [] }: AlarmProperties): string =>
  Metrics.flatMap(({ Expression }) => Expression ?? [])[0]!;
