import { describe, expect, test } from 'vitest';
import type { Statement } from './synthesized.ts';
import { dev, resources, statementsOf, actionsOf, queueId } from './synthesized.ts';

describe('permissions', () => {
  const engine = [
    'dynamodb:BatchGetItem',
    'dynamodb:GetItem',
    'dynamodb:PutItem',
    'dynamodb:Query',
    'dynamodb:UpdateItem',
    'logs:CreateLogStream',
    'logs:PutLogEvents',
    's3:GetObject',
    's3:PutObject',
    'sqs:SendMessage',
  ];
  const scheduling = ['iam:PassRole', 'scheduler:CreateSchedule'];
  const index = ['dynamodb:Query'];
  const consuming = ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'];

  test.each([
    ['Api', [...engine, ...scheduling, ...index, 'sqs:GetQueueAttributes'].sort()],
    ['Sweeper', [...engine, ...index].sort()],
    ['Worker', [...engine, ...scheduling, ...index, ...consuming].sort()],
    ['DeadLetters', [...engine, ...scheduling, ...index, ...consuming].sort()],
    ['IsolatedWorker', [...engine, ...scheduling, ...consuming].sort()],
  ])('%s may do exactly this', (construct, actions) => {
    expect(new Set(actionsOf(statementsOf(dev, construct)))).toEqual(new Set(actions));
  });

  test('no statement has a wildcard action or resource, no role a managed policy', () => {
    for (const [id, { Properties }] of resources(dev, 'AWS::IAM::Policy')) {
      const { Statement: statements } = Properties['PolicyDocument'] as { Statement: Statement[] };
      for (const statement of statements) {
        expect({ id, actions: JSON.stringify(statement.Action) }).toEqual({
          id,
          actions: expect.not.stringContaining('*') as string,
        });
        expect({ id, resources: [statement.Resource].flat() }).not.toEqual({
          id,
          resources: expect.arrayContaining(['*']) as string[],
        });
      }
    }
    for (const [, { Properties }] of resources(dev, 'AWS::IAM::Role')) {
      expect(Properties).not.toHaveProperty('ManagedPolicyArns');
    }
  });

  test('the timers’ role sends to the work queue and to that of what was undelivered, and only this account’s schedules of this group can use it', () => {
    const [, role] = resources(dev, 'AWS::IAM::Role').find(([id]) => id.startsWith('TimersSchedulerRole'))!;
    expect(resources(dev, 'AWS::Scheduler::ScheduleGroup')[0]![1].Properties).toMatchObject({ Name: 'stepwell-dev' });
    expect(role.Properties['AssumeRolePolicyDocument']).toMatchObject({
      Statement: [
        {
          Principal: { Service: 'scheduler.amazonaws.com' },
          Condition: {
            StringEquals: {
              'aws:SourceAccount': { Ref: 'AWS::AccountId' },
              'aws:SourceArn': {
                'Fn::Join': [
                  '',
                  [
                    'arn:',
                    { Ref: 'AWS::Partition' },
                    ':scheduler:',
                    { Ref: 'AWS::Region' },
                    ':',
                    { Ref: 'AWS::AccountId' },
                    ':schedule-group/stepwell-dev',
                  ],
                ],
              },
            },
          },
        },
      ],
    });
    expect(statementsOf(dev, 'TimersScheduler')).toEqual([
      {
        Effect: 'Allow',
        Action: 'sqs:SendMessage',
        Resource: [
          { 'Fn::GetAtt': [queueId(dev, 'Work'), 'Arn'] },
          { 'Fn::GetAtt': [queueId(dev, 'Undelivered'), 'Arn'] },
        ],
      },
    ]);
  });

  test('functions may pass that role, to Scheduler alone', () => {
    for (const construct of ['Api', 'Worker', 'IsolatedWorker', 'DeadLetters']) {
      const pass = statementsOf(dev, construct).filter((statement) => statement.Action === 'iam:PassRole');
      expect(pass).toMatchObject([
        {
          Resource: { 'Fn::GetAtt': [expect.stringMatching(/^TimersSchedulerRole/), 'Arn'] },
          Condition: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
        },
      ]);
    }
  });
});
