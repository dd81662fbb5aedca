import { describe, expect, test } from 'vitest';
import { localNames } from '../../local/template/local-names.ts';
import type { Template } from '../../local/template/template.ts';
import { synthesizedTemplate } from '../../local/template/synth.ts';
import { Judge } from './guard/judge.ts';
import { decide } from './iam/decide.ts';
import { grantsOf, withoutGrant, withStatements } from './iam/grants.ts';
import { readPolicies } from './iam/policy-set.ts';
import { asRole, asService, arn } from './calls/requester.ts';
import { wildcards } from './wildcards.ts';

const PLACES = { baseUrl: 'https://api', queueUrl: (name: string) => `https://sqs/${name}` };

function templateOf(resources: Record<string, { readonly Type: string; readonly Properties?: object }>): Template {
  const filled = Object.entries(resources).map(([id, { Type, Properties = {} }]) => [
    id,
    { Type, Properties: Properties as Record<string, unknown>, Metadata: {} },
  ]);
  return { Resources: Object.fromEntries(filled) as Template['Resources'] };
}
const read = (template: Template) => readPolicies(template, localNames(template, PLACES));
const policy = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
const role = (Properties: object = {}) => ({
  Type: 'AWS::IAM::Role',
  Properties: { AssumeRolePolicyDocument: policy(), ...Properties },
});

describe('a template’s policies', () => {
  const template = templateOf({
    Role: role({
      AssumeRolePolicyDocument: policy({
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { Service: 'lambda.amazonaws.com' },
      }),
      Policies: [
        {
          PolicyName: 'inline',
          PolicyDocument: policy({
            Effect: 'Allow',
            Action: 's3:GetObject',
            Resource: { 'Fn::Sub': '${Bucket.Arn}/*' },
          }),
        },
      ],
    }),
    Policy: {
      Type: 'AWS::IAM::Policy',
      Properties: {
        PolicyName: 'Policy',
        Roles: [{ Ref: 'Role' }],
        PolicyDocument: policy({
          Effect: 'Allow',
          Action: ['sqs:SendMessage', 'sqs:ReceiveMessage'],
          Resource: [
            { 'Fn::GetAtt': ['Queue', 'Arn'] },
            {
              'Fn::Join': [
                '',
                [
                  'arn:',
                  { Ref: 'AWS::Partition' },
                  ':sqs:',
                  { Ref: 'AWS::Region' },
                  ':',
                  { Ref: 'AWS::AccountId' },
                  ':Other',
                ],
              ],
            },
          ],
        }),
      },
    },
    Bucket: { Type: 'AWS::S3::Bucket' },
    Queue: { Type: 'AWS::SQS::Queue' },
    Function: { Type: 'AWS::Lambda::Function' },
    Permission: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        Action: 'lambda:InvokeFunction',
        FunctionName: { 'Fn::GetAtt': ['Function', 'Arn'] },
        Principal: 'apigateway.amazonaws.com',
        SourceArn: arn('execute-api', 'Api/*/*'),
      },
    },
  });
  const ROLE = 'arn:aws:iam::000000000000:role/Role';
  const invoke = (api: string) =>
    asService(
      'apigateway.amazonaws.com',
      'lambda:InvokeFunction',
      arn('lambda', 'function:Function'),
      arn('execute-api', `${api}/$default/$default`),
    );

  test.each([
    ['inline', asRole(ROLE, 's3:GetObject', 'arn:aws:s3:::bucket/x'), true],
    ['attached', asRole(ROLE, 'sqs:SendMessage', arn('sqs', 'Queue')), true],
    ['references of all kinds', asRole(ROLE, 'sqs:ReceiveMessage', arn('sqs', 'Other')), true],
    ['trust', asService('lambda.amazonaws.com', 'sts:AssumeRole', ROLE, arn('lambda', 'function:Function')), true],
    ['a permission', invoke('Api'), true],
    ['with its source', invoke('Another'), false],
  ])('are read: %s', (_what, call, allowed) => {
    expect(decide(read(template), call).allowed).toBe(allowed);
  });

  test('fall apart into single grants, each of which can be taken out alone', () => {
    const names = localNames(template, PLACES);
    const grants = grantsOf(template, names);
    expect(grants.map(({ name }) => name)).toEqual([
      'lambda.amazonaws.com: sts:AssumeRole on Role',
      'Role: s3:GetObject on bucket/*',
      'Role: sqs:SendMessage on Queue',
      'Role: sqs:SendMessage on Other',
      'Role: sqs:ReceiveMessage on Queue',
      'Role: sqs:ReceiveMessage on Other',
      'apigateway.amazonaws.com: lambda:InvokeFunction on Function',
    ]);
    for (const grant of grants) {
      const left = grantsOf(withoutGrant(template, grant), names).map(({ name }) => name);
      expect(left).toEqual(grants.filter((other) => other !== grant).map(({ name }) => name));
    }
  });
});

describe('what could grant something and is not understood is refused', () => {
  test.each([
    [
      'a type that nobody has thought about',
      { X: { Type: 'AWS::IAM::ManagedPolicy' } },
      'X is a AWS::IAM::ManagedPolicy',
    ],
    ['a function with a URL', { X: { Type: 'AWS::Lambda::Url' } }, 'knows nothing'],
    [
      'a role with policies of AWS’s',
      { X: role({ ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] }) },
      'ManagedPolicyArns',
    ],
    ['a role with a boundary', { X: role({ PermissionsBoundary: 'x' }) }, 'PermissionsBoundary'],
    [
      'a policy of a user',
      { X: { Type: 'AWS::IAM::Policy', Properties: { PolicyName: 'x', Users: ['x'], PolicyDocument: policy() } } },
      'Users',
    ],
    [
      'a table with a policy of its own',
      { X: { Type: 'AWS::DynamoDB::Table', Properties: { ResourcePolicy: {} } } },
      'X (AWS::DynamoDB::Table) has ResourcePolicy',
    ],
    [
      'a bucket that calls others',
      { X: { Type: 'AWS::S3::Bucket', Properties: { NotificationConfiguration: {} } } },
      'has NotificationConfiguration',
    ],
    [
      'a function in a network',
      { X: { Type: 'AWS::Lambda::Function', Properties: { VpcConfig: {} } } },
      'has VpcConfig',
    ],
    [
      'a permission by name',
      {
        X: {
          Type: 'AWS::Lambda::Permission',
          Properties: { Action: 'a:b', FunctionName: 'name', Principal: 'apigateway.amazonaws.com' },
        },
      },
      'otherwise than by ARN',
    ],
    [
      'a permission for whoever has a token',
      {
        X: {
          Type: 'AWS::Lambda::Permission',
          Properties: { Action: 'a:b', FunctionName: 'arn:x', Principal: 'x', EventSourceToken: 'x' },
        },
      },
      'EventSourceToken',
    ],
  ])('%s', (_what, resources, message) => {
    expect(() => read(templateOf(resources))).toThrow(message);
  });
});

describe('a grant that reaches further than what it names shows', () => {
  /** The template with one more statement in a policy, or another in the place of one. */
  const changed = (template: Template, id: string, change: (statements: readonly object[]) => readonly object[]) => {
    const document = template.Resources[id]?.Properties['PolicyDocument'] as { readonly Statement: readonly object[] };
    return withStatements(template, id, ['PolicyDocument'], change(document.Statement));
  };
  const wide = (template: Template): readonly string[] => {
    const judge = new Judge(template);
    return wildcards(grantsOf(template, judge.names), judge.deployment);
  };

  test.each(['dynamodb:*', 's3:Get*', 'sqs:SendMessag?', '*'])('%s, in any role', async (Action) => {
    const template = await synthesizedTemplate({ stage: 'prod' });
    const policies = Object.keys(template.Resources).filter(
      (id) => template.Resources[id]?.Type === 'AWS::IAM::Policy',
    );
    expect(policies.length).toBeGreaterThan(5);
    const table = { 'Fn::GetAtt': [Object.keys(template.Resources).find((id) => id.startsWith('StateTable')), 'Arn'] };
    for (const id of policies) {
      const more = changed(template, id, (statements) => [...statements, { Effect: 'Allow', Action, Resource: table }]);
      expect(wide(more)).toEqual([expect.stringContaining(`: ${Action} on StateTable`)]);
    }
  });

  test.each([
    ['*', () => '*'],
    ['all of its kind', (resource: string) => `${resource.slice(0, resource.lastIndexOf(':') + 1)}*`],
    ['names that begin like it', (resource: string) => `${resource}*`],
  ])('any resource widened to %s', async (_what, widened) => {
    const template = await synthesizedTemplate({ stage: 'prod' });
    const judge = new Judge(template);
    const grants = grantsOf(template, judge.names).filter(
      ({ policy: id, resource }) =>
        template.Resources[id]?.Type === 'AWS::IAM::Policy' && resource !== '*' && widened(resource) !== resource,
    );
    expect(grants.length).toBeGreaterThan(75);
    const wider = grants.reduce(
      (before, { policy: id, action, resource }) =>
        changed(before, id, (statements) => [
          ...statements,
          { Effect: 'Allow', Action: action, Resource: widened(resource) },
        ]),
      template,
    );
    expect(wide(template)).toEqual([]);
    expect(wide(wider)).toHaveLength(grants.length);
  });
});
