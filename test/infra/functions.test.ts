import { describe, expect, test } from 'vitest';
import { ENV } from '../../shared/config/env.ts';
import { API, RECURSIVE_LOOP } from '../../shared/config/functions.ts';
import { dev, dispatchCycle, functionOf, matching, resources } from './synthesized.ts';

describe('functions', () => {
  test('all run Node 24 on arm64, log to a group of their own that expires', () => {
    const functions = resources(dev, 'AWS::Lambda::Function');
    expect(functions).toHaveLength(5);
    const groups = functions.map(([, { Properties }]) => {
      expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
      return (Properties['LoggingConfig'] as { LogGroup: { Ref: string } }).LogGroup.Ref;
    });
    expect(new Set(groups).size).toBe(5);
    for (const group of groups) {
      expect(dev.toJSON()['Resources'][group].Properties.RetentionInDays).toBeGreaterThan(0);
    }
  });

  test('the API answers before the gateway gives up at 30 s', () => {
    expect(functionOf(dev, 'Api')[1].Properties).toMatchObject({
      Timeout: API.timeoutSeconds,
      MemorySize: API.memoryMb,
    });
    expect(API.timeoutSeconds).toBeLessThan(30);
  });

  test('Lambda lets exactly those loop that a queue feeds and that may send to a queue of the dispatch cycle', () => {
    const { queues, functions } = dispatchCycle(dev);
    expect(queues.map((id) => id.replace(/[0-9A-F]{8}$/, '')).sort()).toEqual(['QueuesIsolated', 'QueuesWork']);
    const looping = resources(dev, 'AWS::Lambda::Function')
      .filter(([, { Properties }]) => Properties['RecursiveLoop'] === 'Allow')
      .map(([id]) => id);
    expect(looping.sort()).toEqual([...functions].sort());
    for (const [construct, loop] of Object.entries(RECURSIVE_LOOP)) {
      const [id, { Properties }] = functionOf(dev, construct);
      expect({ id, loop: Properties['RecursiveLoop'] ?? 'Terminate' }).toEqual({ id, loop });
    }
    expect(Object.keys(RECURSIVE_LOOP)).toHaveLength(resources(dev, 'AWS::Lambda::Function').length);
  });

  test('whoever is permitted is configured, and nobody else', () => {
    const everybody = [
      ENV.tableName,
      ENV.bucketName,
      ENV.workQueueUrl,
      ENV.isolatedQueueUrl,
      ENV.baseUrl,
      ENV.stackName,
    ];
    const scheduling = [ENV.scheduleGroup, ENV.scheduleRoleArn, ENV.workQueueArn, ENV.undeliveredQueueArn];
    const wanted: Readonly<Record<string, readonly string[]>> = {
      Api: [...everybody, ...scheduling],
      Worker: [...everybody, ...scheduling, ENV.parkedQueueUrl],
      IsolatedWorker: [...everybody, ...scheduling, ENV.parkedQueueUrl],
      DeadLetters: [...everybody, ...scheduling, ENV.parkedQueueUrl],
      Sweeper: everybody,
    };
    for (const [construct, names] of Object.entries(wanted)) {
      const { Variables } = functionOf(dev, construct)[1].Properties['Environment'] as {
        Variables: Record<string, unknown>;
      };
      const given = Object.keys(Variables).filter((name) => name.startsWith('STEPWELL_'));
      expect({ construct, given: given.sort() }).toEqual({ construct, given: [...names].sort() });
    }
  });
});

test('one catch-all route leads to the API function, payload format 2.0, without an authorizer: the keys are ours', () => {
  expect(resources(dev, 'AWS::ApiGatewayV2::Route')).toHaveLength(1);
  expect(matching(dev, 'AWS::ApiGatewayV2::Route', { RouteKey: '$default', AuthorizationType: 'NONE' })).toHaveLength(
    1,
  );
  expect(
    matching(dev, 'AWS::ApiGatewayV2::Integration', {
      PayloadFormatVersion: '2.0',
      IntegrationUri: { 'Fn::GetAtt': [functionOf(dev, 'Api')[0], 'Arn'] },
    }),
  ).toHaveLength(1);
});
