import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { idleCost } from '../../lib/cost/idle-cost.ts';
import type { PricedTemplate } from '../../lib/cost/priced-template.ts';
import { THRESHOLDS } from '../../lib/observability/thresholds.ts';
import { DEAD_LETTERS, QUEUE, SWEEPER, WORKER } from '../../shared/config/functions.ts';
import { METRICS } from '../../shared/config/metrics.ts';
import { PRICES } from '../../shared/config/prices.ts';
import { evaluate } from './metric-math.ts';
import { dev, prod, resources, synthesize } from './synthesized.ts';
import { alarmsOf, devWithBoth, EMAIL, expressionOf, referred, watchedBy, withBoth, type Watched } from './watched.ts';

const ALARMS_USD_MAX = 1.7;
const PERIOD_S = 300;

const runbook = readFileSync(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8');
/** As GitHub makes them: small letters, hyphens for blanks, no other punctuation. */
const slugOf = (heading: string): string =>
  heading
    .toLowerCase()
    .split('')
    .filter((letter) => /[\p{L}\p{N} _-]/u.test(letter))
    .join('')
    .split(' ')
    .join('-');
const allSlugs = [...runbook.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => slugOf(heading!));
const alarmChapter = /^## Alarms$(.*?)^## /ms.exec(runbook)![1]!;
const alarmSections = Object.fromEntries(
  alarmChapter
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const [heading = '', ...text] = section.split('\n');
      return [slugOf(heading), text.join('\n').trim()];
    }),
);

describe('options of the stage', () => {
  const has = (template: Template) =>
    ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::Dashboard', 'AWS::SNS::Topic', 'AWS::SNS::Subscription'].map(
      (type) => resources(template, type).length,
    );

  test('dev has neither alarms nor dashboard, prod both, and mails go to nobody unless an address is given', () => {
    const count = Object.keys(alarmsOf(prod)).length;
    expect(count).toBeGreaterThan(0);
    expect(has(dev)).toEqual([0, 0, 0, 0]);
    expect(has(prod)).toEqual([count, 1, 1, 0]);
    expect(has(devWithBoth)).toEqual([count, 1, 1, 1]);
    expect(has(synthesize('prod', 'stepwell', { alarms: false, alarmEmail: EMAIL }))).toEqual([0, 1, 0, 0]);
    expect(has(synthesize('prod', 'stepwell', { dashboard: false }))).toEqual([count, 0, 1, 0]);
  });
});

describe.each(withBoth)('alarms of %s', (_, template, stackName) => {
  const alarms = alarmsOf(template);

  test('each tells its severity and leads to its heading in the runbook, which tells the same; no heading is left over', () => {
    const links = Object.entries(alarms).map(([id, { AlarmDescription }]) => {
      const [, severity, anchor] =
        /^\[(critical|warning)\] [A-Z].*\. https:\/\/github\.com\/stepwell\/stepwell\/blob\/main\/docs\/runbook\.md#(\S+)$/.exec(
          AlarmDescription,
        ) ?? [];
      expect({ id, section: alarmSections[anchor!]?.slice(0, 12) }).toEqual({
        id,
        section: expect.stringMatching(new RegExp(`^\\*${severity}\\.\\*`)) as string,
      });
      return anchor!;
    });
    expect([...links].sort()).toEqual(Object.keys(alarmSections).sort());
    // GitHub adds a number to a heading that is there twice.
    expect(allSlugs.filter((slug, index) => allSlugs.indexOf(slug) !== index)).toEqual([]);
  });

  test('each tells the one topic when it rings and when it is over', () => {
    const [[topic]] = resources(template, 'AWS::SNS::Topic') as [[string, unknown]];
    for (const { AlarmActions, OKActions } of Object.values(alarms)) {
      expect(AlarmActions).toEqual([{ Ref: topic }]);
      expect(OKActions).toEqual([{ Ref: topic }]);
    }
    template.hasOutput('AlarmTopicArn', { Value: { Ref: topic } });
  });

  test('silence is trouble where the sweeper does not run, and nowhere else', () => {
    const silent = Object.entries(alarms).filter(([, { TreatMissingData }]) => TreatMissingData !== 'notBreaching');
    expect(silent.map(([id, { TreatMissingData }]) => [id, TreatMissingData])).toEqual([
      ['SweeperSilent', 'breaching'],
    ]);
    expect(alarms['SweeperSilent']).toMatchObject({
      ComparisonOperator: 'LessThanThreshold',
      MetricName: 'Invocations',
    });
  });

  test('they cost little', () => {
    const { items } = idleCost(template.toJSON() as PricedTemplate);
    const price = items.find(({ what }) => what.endsWith(' alarms'))!.usdPerMonth;
    const watched = Object.values(alarms).flatMap(watchedBy).length;
    expect(price).toBeCloseTo(watched * PRICES.cloudWatch.usdPerAlarmMetricMonth);
    // In cents: sums of tenths are not exact.
    expect(Math.round(price * 100)).toBeLessThanOrEqual(Math.round(ALARMS_USD_MAX * 100));
  });

  test('own metrics are among those that handlers emit, with the stack’s name as their one dimension', () => {
    const own = Object.values(alarms)
      .flatMap(watchedBy)
      .filter(({ Namespace }) => Namespace === METRICS.namespace);
    expect(own.map(({ MetricName }) => MetricName).sort()).toEqual(
      [METRICS.deadLettersFiled, METRICS.sweeper.lag].sort(),
    );
    for (const { Dimensions } of own) expect(Dimensions).toEqual([{ Name: METRICS.dimension, Value: stackName }]);
  });

  test('those of AWS are of this stack’s own resources', () => {
    const typeOf = (value: unknown): unknown =>
      (template.toJSON()['Resources'] as Record<string, unknown>)[referred(value)!];
    const types: Record<string, string> = {
      'AWS/SQS': 'AWS::SQS::Queue',
      'AWS/Lambda': 'AWS::Lambda::Function',
      'AWS/DynamoDB': 'AWS::DynamoDB::Table',
      'AWS/ApiGateway': 'AWS::ApiGatewayV2::Api',
      'AWS/Scheduler': 'AWS::Scheduler::ScheduleGroup',
    };
    const foreign = Object.values(alarms)
      .flatMap(watchedBy)
      .filter(({ Namespace }) => Namespace !== METRICS.namespace);
    expect(new Set(foreign.map(({ Namespace }) => Namespace))).toEqual(new Set(Object.keys(types)));
    for (const { Namespace, Dimensions } of foreign)
      expect(Dimensions.map(({ Value }) => typeOf(Value))).toContainEqual(
        expect.objectContaining({ Type: types[Namespace] }),
      );
  });
});

describe('what an alarm looks at', () => {
  const alarms = alarmsOf(prod);
  const own = `service=stepwell-prod`;

  test.each([
    ['DeadLettersFiled', [`DeadLettersFiled ${own}`]],
    ['DeadLetterQueueAge', ['ApproximateAgeOfOldestMessage QueueName=QueuesDeadLetters']],
    ['BurialsFail', ['ApproximateNumberOfMessagesNotVisible QueueName=QueuesDeadLetters']],
    ['MessagesParked', ['ApproximateNumberOfMessagesVisible QueueName=QueuesParked']],
    ['SchedulesUndelivered', ['InvocationDroppedCount ScheduleGroup=TimersGroup']],
    [
      'WorkWaits',
      ['ApproximateNumberOfMessagesVisible QueueName=QueuesWork', 'ApproximateAgeOfOldestMessage QueueName=QueuesWork'],
    ],
    ['MessagesInFlight', ['ApproximateNumberOfMessagesNotVisible QueueName=QueuesWork']],
    ['ApiErrors', ['5xx ApiId=PublicApiHttpApi Stage=$default', 'Count ApiId=PublicApiHttpApi Stage=$default']],
    ['FunctionErrors', ['Errors FunctionName=WorkerFunction', 'Errors FunctionName=SweeperFunction']],
    ['WorkerThrottled', ['Throttles FunctionName=WorkerFunction']],
    [
      'TableThrottled',
      [
        'ThrottledRequests Operation=PutItem TableName=StateTable',
        'ThrottledRequests Operation=UpdateItem TableName=StateTable',
      ],
    ],
    ['SweepLag', [`SweepLag ${own}`]],
    ['SweeperSilent', ['Invocations FunctionName=SweeperFunction']],
  ])('%s', (id, metrics) => {
    expect(watchedBy(alarms[id]!).map(inWords)).toEqual(metrics);
  });

  test('there are no others', () => {
    expect(Object.keys(alarms)).toHaveLength(13);
  });

  function inWords({ MetricName, Dimensions }: Watched): string {
    const valueOf = (value: unknown): string =>
      typeof value === 'string' ? value : (referred(value) ?? '').replace(/[0-9A-F]{8}$/, '');
    return [MetricName, ...Dimensions.map(({ Name, Value }) => `${Name}=${valueOf(Value)}`)].join(' ');
  }
});

describe('from where on an alarm rings', () => {
  const alarms = alarmsOf(prod);

  test.each([
    ['DeadLettersFiled', THRESHOLDS.deadLettersFiled, 1],
    ['DeadLetterQueueAge', THRESHOLDS.deadLetterAgeSeconds, 1],
    ['BurialsFail', THRESHOLDS.burialsHeld, 6],
    ['MessagesParked', THRESHOLDS.parkedMessages, 1],
    ['SchedulesUndelivered', THRESHOLDS.schedulesDropped, 1],
    ['WorkWaits', THRESHOLDS.workAgeSeconds, 2],
    ['MessagesInFlight', THRESHOLDS.messagesInFlight, 1],
    ['ApiErrors', THRESHOLDS.apiErrorPercent, 1],
    ['FunctionErrors', THRESHOLDS.functionErrors, 1],
    ['WorkerThrottled', THRESHOLDS.workerThrottles, 3],
    ['TableThrottled', THRESHOLDS.tableThrottles, 3],
    ['SweepLag', THRESHOLDS.sweepLagMs, 2],
    ['SweeperSilent', THRESHOLDS.sweepsMin, 2],
  ])('%s: %d, %d periods in a row', (id, Threshold, EvaluationPeriods) => {
    expect(alarms[id]).toMatchObject({ Threshold, EvaluationPeriods });
    const periods = [
      alarms[id]!.Period,
      ...(alarms[id]!.Metrics ?? []).map(({ MetricStat }) => MetricStat?.Period),
    ].filter((period) => period !== undefined);
    expect(new Set(periods)).toEqual(new Set([PERIOD_S]));
  });

  test('a message is late in the dead-letter queue after its second try, and before SQS leaves it out for its third', () => {
    const { visibilityTimeoutSeconds } = DEAD_LETTERS;
    expect(THRESHOLDS.deadLetterAgeSeconds).toBeGreaterThan(visibilityTimeoutSeconds);
    expect(THRESHOLDS.deadLetterAgeSeconds + PERIOD_S).toBeLessThan(2 * visibilityTimeoutSeconds);
    // Failing burials are in flight but for the moments between two tries; several periods outlast one of these.
    expect(alarms['BurialsFail']).toMatchObject({ Statistic: 'Minimum' });
    expect(alarms['BurialsFail']!.EvaluationPeriods * PERIOD_S).toBeGreaterThan(2 * visibilityTimeoutSeconds);
  });

  test('a delayed message whose node runs long is not late', () => {
    expect(THRESHOLDS.workAgeSeconds).toBeGreaterThanOrEqual(QUEUE.delaySecondsMax + WORKER.timeoutSeconds);
    const late = (waiting: number, age: number) =>
      evaluate(expressionOf(alarms['WorkWaits']!), { waiting, age }, PERIOD_S);
    expect(late(3, 4_000)).toBe(4_000);
    expect(late(0, 4_000)).toBe(0);
  });

  test('SQS’s limit is still ahead, and a sweeper that always fails rings', () => {
    expect(THRESHOLDS.messagesInFlight).toBeLessThan(120_000);
    expect(THRESHOLDS.functionErrors).toBeLessThanOrEqual(PERIOD_S / (SWEEPER.rateMinutes * 60));
    expect(evaluate(expressionOf(alarms['FunctionErrors']!), { worker: 2, sweeper: 5 }, PERIOD_S)).toBe(7);
  });

  test('the API’s errors count from ten on, as a share of its requests', () => {
    const rate = (errors: number, requests: number) =>
      evaluate(expressionOf(alarms['ApiErrors']!), { errors, requests }, PERIOD_S);
    expect(rate(9, 9)).toBe(0);
    expect(rate(10, 400)).toBe(2.5);
    expect(rate(50, 500)).toBe(10);
  });
});

describe('the topic', () => {
  test('takes what CloudWatch’s alarms of this account say, by TLS alone', () => {
    const [[topic]] = resources(prod, 'AWS::SNS::Topic') as [[string, unknown]];
    const policies = resources(prod, 'AWS::SNS::TopicPolicy').map(([, { Properties }]) => Properties);
    expect(policies).toEqual([{ Topics: [{ Ref: topic }], PolicyDocument: expect.anything() as unknown }]);
    const { Statement } = policies[0]!['PolicyDocument'] as { Statement: unknown[] };
    expect(Statement.filter((statement) => denyWithoutTlsMatches(statement))).toHaveLength(1);
    expect(Statement).toContainEqual(
      expect.objectContaining({
        Effect: 'Allow',
        Action: 'sns:Publish',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      }),
    );
    expect(Statement).toHaveLength(2);
  });

  test('tells the operator by mail', () => {
    const subscriptions = resources(devWithBoth, 'AWS::SNS::Subscription').map(([, { Properties }]) => Properties);
    expect(subscriptions).toMatchObject([{ Protocol: 'email', Endpoint: EMAIL }]);
  });
});

function denyWithoutTlsMatches(statement: unknown): boolean {
  const { Effect, Action, Principal, Condition } = statement as Record<string, unknown>;
  return (
    Effect === 'Deny' &&
    Action === 'sns:Publish' &&
    Principal === '*' &&
    JSON.stringify(Condition) === JSON.stringify({ Bool: { 'aws:SecureTransport': 'false' } })
  );
}
