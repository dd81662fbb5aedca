import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { METRICS } from '../../shared/config/metrics.ts';
import { PRICES } from '../../shared/config/prices.ts';
import { evaluate } from './metric-math.ts';
import { prod, resources, synthesize } from './synthesized.ts';
import { devWithBoth, drawnBy, expressionsOf, titled, widgetsOf, withBoth } from './watched.ts';

const PERIOD_S = 300;

describe.each(withBoth)('the dashboard of %s', (_, template, stackName) => {
  const widgets = widgetsOf(template);

  test('draws every metric that handlers emit, and no other of that name space', () => {
    const { executions, sweeper, nodeDuration, deadLettersFiled, messagesParked } = METRICS;
    const emitted = [...Object.values(executions), ...Object.values(sweeper), deadLettersFiled, messagesParked];
    const own = drawnBy(widgets).filter(({ Namespace }) => Namespace === METRICS.namespace);
    expect(new Set(own.map(({ MetricName }) => MetricName))).toEqual(new Set(emitted));
    for (const { Dimensions } of own) expect(Dimensions).toEqual([{ Name: METRICS.dimension, Value: stackName }]);
    const searches = expressionsOf(widgets).filter(({ expression }) => expression.startsWith('SEARCH'));
    expect(searches.map(({ expression }) => expression)).toEqual(
      ['p50', 'p99'].map(
        (percentile) =>
          `SEARCH('{Stepwell,service,type} MetricName="${nodeDuration.name}" service="${stackName}"', '${percentile}', 300)`,
      ),
    );
  });

  test('knows no dimension with a value for each execution or workspace', () => {
    const known = [
      METRICS.dimension,
      'FunctionName',
      'QueueName',
      'TableName',
      'GlobalSecondaryIndexName',
      'Operation',
      'ApiId',
      'Stage',
      'ScheduleGroup',
      'LogGroupName',
    ];
    const names = drawnBy(widgets).flatMap(({ Dimensions }) => Dimensions.map(({ Name }) => Name));
    expect(new Set(names)).toEqual(new Set(known));
  });

  test('has what an operator asks for', () => {
    const titles = widgets.map(({ properties }) => properties.title);
    expect(titles).toEqual(
      expect.arrayContaining([
        'Alarms',
        'Active executions',
        'Starts and ends',
        'Failure rate, %',
        'Execution duration, ms',
        'Queue depth',
        'Age of the oldest message, s',
        'Messages in flight',
        'Dead, parked, undelivered',
        'Sweeper',
        'Function errors',
        'Function throttles',
        'API latency, ms',
        'DynamoDB throttles',
      ]),
    );
    expect(widgets[0]!.properties.markdown).toContain('blob/main/docs/runbook.md');
  });

  test('shows the state of every alarm', () => {
    const shown = widgets.flatMap(({ properties }) => properties.alarms ?? []);
    expect(shown.sort()).toEqual(
      resources(template, 'AWS::CloudWatch::Alarm')
        .map(([id]) => `arn:<AWS::Partition>:cloudwatch:<AWS::Region>:<AWS::AccountId>:alarm:<${id}>`)
        .sort(),
    );
  });

  test('every expression can be computed from the metrics beside it', () => {
    for (const widget of widgets) {
      const values = Object.fromEntries(drawnBy([widget]).flatMap(({ id }) => (id === undefined ? [] : [[id, 1]])));
      for (const { expression } of expressionsOf([widget]))
        if (!expression.startsWith('SEARCH')) expect(evaluate(expression, values, PERIOD_S)).toBeGreaterThan(0);
    }
  });
});

describe('one dashboard for each stack', () => {
  test('its name has the region, because dashboards belong to the account', () => {
    const nameOf = (template: Template) =>
      resources(template, 'AWS::CloudWatch::Dashboard')[0]![1].Properties['DashboardName'];
    const names = [prod, devWithBoth, synthesize('prod', 'stepwell-pay-42')].map(nameOf);
    expect(names[0]).toEqual({ 'Fn::Join': ['', ['stepwell-prod-', { Ref: 'AWS::Region' }]] });
    expect(new Set(names.map((name) => JSON.stringify(name))).size).toBe(names.length);
  });

  test('no alarm and no topic has a name of its own', () => {
    for (const type of ['AWS::CloudWatch::Alarm', 'AWS::SNS::Topic'])
      for (const [, { Properties }] of resources(prod, type))
        expect(Object.keys(Properties)).not.toContain(type.endsWith('Alarm') ? 'AlarmName' : 'TopicName');
  });

  test('without alarms it shows none', () => {
    const widgets = widgetsOf(synthesize('dev', 'stepwell', { dashboard: true }));
    expect(widgets.map(({ type }) => type)).not.toContain('alarm');
    expect(widgets.length).toBeGreaterThan(10);
  });
});

describe('figures that are computed', () => {
  test('of a hundred that ended, eight failed and two ran out of time: ten per cent; cancelled ones are neither', () => {
    const [{ expression }] = expressionsOf([titled(prod, /^Failure rate/)]) as [{ expression: string }];
    expect(evaluate(expression, { succeeded: 90, failed: 8, timedOut: 2 }, PERIOD_S)).toBe(10);
  });

  const HOUR_S = 3_600;
  const PER_DAY = 24;
  const cost = titled(prod, /^USD a day/);
  const counted: Record<string, number> = {
    ConsumedWriteCapacityUnits: 1_000_000 / 3,
    ConsumedReadCapacityUnits: 1_000_000 / 3,
    Invocations: 200_000,
    // 1,000 GB-s at 512 MB.
    Duration: 2_000_000,
    NumberOfMessagesSent: 100_000,
    NumberOfMessagesReceived: 100_000,
    NumberOfMessagesDeleted: 100_000,
    NumberOfEmptyReceives: 100_000,
    Count: 1_000_000,
    InvocationAttemptCount: 1_000_000,
    IncomingBytes: 1_024 ** 3,
  };
  const { dynamodb, lambda, sqs, httpApi, eventBridge, cloudWatch } = PRICES;

  test.each([
    ['DynamoDB writes', dynamodb.usdPerMillionWriteUnits],
    ['DynamoDB reads', dynamodb.usdPerMillionReadUnits],
    ['Lambda', lambda.usdPerMillionRequests + 5 * 1_000 * lambda.usdPerGbSecondArm64],
    ['SQS', 2 * sqs.usdPerMillionRequests + 0.8 * sqs.usdPerMillionFairQueueRequests],
    ['API Gateway', httpApi.usdPerMillionRequests],
    ['Scheduler', eventBridge.usdPerMillionScheduledInvocations],
    ['Logs', 5 * cloudWatch.usdPerLogGbIngestedStandard],
  ])('%s: what an hour costs, a day long', (label, usdPerHour) => {
    const { expression } = expressionsOf([cost]).find((line) => line.label === label)!;
    const values = Object.fromEntries(drawnBy([cost]).map(({ id, MetricName }) => [id!, counted[MetricName]!]));
    expect(evaluate(expression, values, HOUR_S)).toBeCloseTo(PER_DAY * usdPerHour, 3);
    // Looked at by minutes, a sixtieth of it is counted in each.
    const inMinutes = Object.fromEntries(Object.entries(values).map(([id, value]) => [id, value / 60]));
    expect(evaluate(expression, inMinutes, 60)).toBeCloseTo(PER_DAY * usdPerHour, 3);
  });

  test('nothing of the estimate is left out here', () => {
    expect(expressionsOf([cost])).toHaveLength(7);
    expect(new Set(drawnBy([cost]).map(({ MetricName }) => MetricName))).toEqual(new Set(Object.keys(counted)));
  });
});
