import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { API } from '../../shared/config/functions.ts';
import { dev, matching, prod, resources, synthesize } from './synthesized.ts';

describe('the public API', () => {
  test.each([
    ['dev', dev, 100],
    ['prod', prod, 1_000],
    ['an operator’s', synthesize('dev', 'stepwell', { apiRequestsPerSecond: 7 }), 7],
  ] as const)('%s: the gateway bounds the rate of all requests together', (_, template, rate) => {
    expect(
      matching(template, 'AWS::ApiGatewayV2::Stage', {
        StageName: '$default',
        AutoDeploy: true,
        DefaultRouteSettings: { ThrottlingRateLimit: rate, ThrottlingBurstLimit: API.burstFactor * rate },
      }),
    ).toHaveLength(1);
    expect(resources(template, 'AWS::ApiGatewayV2::Stage')).toHaveLength(1);
  });

  test('each request is logged, without its path: callback tokens are in it', () => {
    const { Properties } = resources(dev, 'AWS::ApiGatewayV2::Stage')[0]![1];
    const { AccessLogSettings } = Properties as unknown as {
      AccessLogSettings: { Format: string; DestinationArn: unknown };
    };
    const format = JSON.parse(AccessLogSettings.Format) as Record<string, string>;
    expect(format).toMatchObject({ requestId: '$context.requestId', status: '$context.status' });
    expect(Object.values(format).join(' ')).not.toMatch(/path|authorizer|query/i);
    expect(JSON.stringify(AccessLogSettings.DestinationArn)).toContain('PublicApiAccessLog');
  });

  test('its log group’s name is its stack’s alone, also after a stack of the same name was deleted and its logs kept', () => {
    const [name] = resources(prod, 'AWS::Logs::LogGroup')
      .filter(([id]) => id.startsWith('PublicApiAccessLog'))
      .map(([, { Properties }]) => JSON.stringify(Properties['LogGroupName']));
    expect(name).toContain('/aws/vendedlogs/stepwell-prod/');
    expect(name).toContain('{"Ref":"AWS::StackId"}');
  });

  test('the gateway may invoke the function for this API alone', () => {
    const permissions = resources(dev, 'AWS::Lambda::Permission');
    expect(permissions).toHaveLength(1);
    expect(
      matching(dev, 'AWS::Lambda::Permission', {
        Action: 'lambda:InvokeFunction',
        Principal: 'apigateway.amazonaws.com',
        SourceArn: Match.objectLike({ 'Fn::Join': Match.anyValue() }),
      }),
    ).toHaveLength(1);
  });
});

test('the sweeper is started each minute and, when it fails, by nothing else', () => {
  expect(
    matching(dev, 'AWS::Scheduler::Schedule', {
      ScheduleExpression: 'rate(1 minute)',
      Target: Match.objectLike({
        RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
        DeadLetterConfig: Match.anyValue(),
      }),
    }),
  ).toHaveLength(1);
  expect(
    matching(dev, 'AWS::Lambda::EventInvokeConfig', { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 }),
  ).toHaveLength(1);
});
