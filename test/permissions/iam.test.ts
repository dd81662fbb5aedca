import { describe, expect, test } from 'vitest';
import { arn, asRole, asService } from './calls/requester.ts';
import type { Call } from './iam/call.ts';
import { decide, type PolicySet } from './iam/decide.ts';
import { parsePolicy } from './iam/statement.ts';

const ROLE = 'arn:aws:iam::000000000000:role/Worker';
const OTHER = 'arn:aws:iam::000000000000:role/Other';
const ROOT = 'arn:aws:iam::000000000000:root';
const TABLE = arn('dynamodb', 'table/State');
const QUEUE = arn('sqs', 'Work');
const BUCKET = 'arn:aws:s3:::payloads';
const KEY = arn('kms', 'key/Data');
const GROUP = arn('scheduler', 'schedule-group/stepwell');

type Raw = Readonly<Record<string, unknown>>;

const allow = (Action: unknown, Resource: unknown, more: Raw = {}): Raw => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
});
const deny = (Action: unknown, Resource: unknown, more: Raw = {}): Raw => ({
  Effect: 'Deny',
  Action,
  Resource,
  ...more,
});
const document = (Statement: readonly Raw[]) => ({ Version: '2012-10-17', Statement });

interface Policies {
  readonly identity?: readonly Raw[];
  readonly trust?: readonly Raw[];
  readonly resources?: Readonly<Record<string, readonly Raw[]>>;
}

function policySet({ identity = [], trust = [], resources = {} }: Policies): PolicySet {
  const own = parsePolicy(document(identity), 'the role’s policy', { principals: 'implied' });
  const trusting = parsePolicy(document(trust), 'the role’s trust', { principals: 'named', resource: ROLE });
  return {
    roles: new Map([
      [ROLE, { identity: own, trust: trusting }],
      [OTHER, { identity: [], trust: [] }],
    ]),
    resources: new Map(
      Object.entries(resources).map(([resource, statements]) => [
        resource,
        parsePolicy(document(statements), `the policy of ${resource}`, { principals: 'named' }),
      ]),
    ),
  };
}

type Row = readonly [what: string, allowed: boolean, policies: Policies, call: Call];

const get = asRole(ROLE, 'dynamodb:GetItem', TABLE);
const own = (...identity: Raw[]): Policies => ({ identity });

describe('actions and resources', () => {
  test.each<Row>([
    ['nothing is permitted by itself', false, {}, get],
    ['what is listed is', true, own(allow('dynamodb:GetItem', TABLE)), get],
    ['whatever its case', true, own(allow('DynamoDB:getitem', TABLE)), get],
    ['one of several', true, own(allow(['dynamodb:PutItem', 'dynamodb:GetItem'], [BUCKET, TABLE])), get],
    ['another action is not', false, own(allow('dynamodb:PutItem', TABLE)), get],
    ['an action that begins like it is not', false, own(allow('dynamodb:Get', TABLE)), get],
    ['* is any text', true, own(allow('dynamodb:Get*', TABLE)), get],
    ['? is one character', true, own(allow('dynamodb:?etItem', TABLE)), get],
    ['and no less than one', false, own(allow('dynamodb:?GetItem', TABLE)), get],
    ['a dot is a dot', false, own(allow('dynamodb:Get.tem', TABLE)), get],
    ['all but others', true, own({ Effect: 'Allow', NotAction: 'dynamodb:PutItem', Resource: TABLE }), get],
    ['all but this', false, own({ Effect: 'Allow', NotAction: 'dynamodb:Get*', Resource: TABLE }), get],
    ['all resources but others', true, own({ Effect: 'Allow', Action: '*', NotResource: BUCKET }), get],
    ['all resources but this', false, own({ Effect: 'Allow', Action: '*', NotResource: TABLE }), get],
    ['resources do care about case', false, own(allow('dynamodb:GetItem', TABLE.replace('State', 'state'))), get],
    [
      'the right to a table is none to its indexes',
      false,
      own(allow('dynamodb:Query', TABLE)),
      asRole(ROLE, 'dynamodb:Query', `${TABLE}/index/listing`),
    ],
    [
      'nor the other way round',
      false,
      own(allow('dynamodb:Query', `${TABLE}/index/*`)),
      asRole(ROLE, 'dynamodb:Query', TABLE),
    ],
    ['a bucket is not its objects', false, own(allow('s3:*', BUCKET)), asRole(ROLE, 's3:GetObject', `${BUCKET}/a/b`)],
    [
      'which lie under it, slashes and all',
      true,
      own(allow('s3:*', `${BUCKET}/*`)),
      asRole(ROLE, 's3:GetObject', `${BUCKET}/a/b`),
    ],
    [
      'a bucket whose name goes on is another',
      false,
      own(allow('s3:*', `${BUCKET}/*`)),
      asRole(ROLE, 's3:GetObject', `${BUCKET}2/a`),
    ],
    [
      'a wildcard stays in its part of an ARN',
      false,
      own(allow('sqs:*', 'arn:aws:sqs:*')),
      asRole(ROLE, 'sqs:SendMessage', QUEUE),
    ],
    [
      'but for the last, where colons are text',
      true,
      own(allow('logs:PutLogEvents', arn('logs', 'log-group:G:*'))),
      asRole(ROLE, 'logs:PutLogEvents', arn('logs', 'log-group:G:log-stream:S')),
    ],
    [
      'what knows no resources wants *',
      false,
      own(allow('xray:PutTraceSegments', TABLE)),
      asRole(ROLE, 'xray:PutTraceSegments', '*'),
    ],
    ['and has it', true, own(allow('xray:PutTraceSegments', '*')), asRole(ROLE, 'xray:PutTraceSegments', '*')],
    ['deny wins', false, own(allow('*', '*'), deny('dynamodb:*', '*')), get],
    ['wherever it stands', false, own(deny('dynamodb:GetItem', TABLE), allow('dynamodb:GetItem', TABLE)), get],
    ['where it applies', true, own(allow('*', '*'), deny('dynamodb:PutItem', '*')), get],
  ])('%s: %s', (_what, allowed, policies, call) => {
    expect(decide(policySet(policies), call).allowed).toBe(allowed);
  });
});

describe('conditions', () => {
  const withTls = asRole(ROLE, 'sqs:SendMessage', QUEUE);
  const withoutTls = { ...withTls, context: { ...withTls.context, 'aws:securetransport': 'false' } };
  const unknownTls = { ...withTls, context: {} };
  const pass = asRole(ROLE, 'iam:PassRole', OTHER, { 'iam:passedtoservice': 'scheduler.amazonaws.com' });
  const on = (Condition: unknown): Policies => own(allow('*', '*', { Condition }));
  const passTo = (value: unknown) => on({ StringEquals: { 'iam:PassedToService': value } });
  const several = asRole(ROLE, 'sqs:SendMessage', QUEUE, { 'kms:encryptioncontext:x': ['a', 'b'] });
  const none = asRole(ROLE, 'sqs:SendMessage', QUEUE);
  const set = (operator: string, values: readonly string[]) =>
    on({ [operator]: { 'kms:EncryptionContext:x': values } });

  test.each<Row>([
    ['a value that is wanted', true, passTo('scheduler.amazonaws.com'), pass],
    ['one of several', true, passTo(['lambda.amazonaws.com', 'scheduler.amazonaws.com']), pass],
    ['another value', false, passTo('lambda.amazonaws.com'), pass],
    ['equal does not mean like', false, passTo('scheduler.*'), pass],
    ['like does', true, on({ StringLike: { 'iam:PassedToService': 'scheduler.*' } }), pass],
    ['a key that is missing is not equal', false, passTo('scheduler.amazonaws.com'), withTls],
    ['it may be missing', true, on({ StringEqualsIfExists: { 'iam:PassedToService': 'x' } }), withTls],
    ['but not be another', false, on({ StringEqualsIfExists: { 'iam:PassedToService': 'x' } }), pass],
    [
      'the trap: what is missing is not equal, hence "not equal"',
      true,
      on({ StringNotEquals: { 'iam:PassedToService': 'x' } }),
      withTls,
    ],
    [
      'not equal to any of several',
      false,
      on({ StringNotEquals: { 'iam:PassedToService': ['x', 'scheduler.amazonaws.com'] } }),
      pass,
    ],
    [
      'keys whatever their case',
      true,
      on({ StringEquals: { 'IAM:passedtoservice': 'scheduler.amazonaws.com' } }),
      pass,
    ],
    ['Bool', true, on({ Bool: { 'aws:SecureTransport': 'true' } }), withTls],
    ['Bool as CloudFormation may write it', true, on({ Bool: { 'aws:SecureTransport': true } }), withTls],
    ['Null: it must be there', true, on({ Null: { 'aws:SecureTransport': 'false' } }), withTls],
    ['Null: it must not', false, on({ Null: { 'aws:SecureTransport': 'true' } }), withTls],
    [
      'all operators',
      false,
      on({ Bool: { 'aws:SecureTransport': 'true' }, StringEquals: { 'aws:PrincipalAccount': '1' } }),
      withTls,
    ],
    [
      'all keys',
      false,
      on({ StringEquals: { 'aws:PrincipalAccount': '000000000000', 'aws:RequestedRegion': 'x' } }),
      withTls,
    ],
    ['ARNs part by part', true, on({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/*' } }), withTls],
    [
      'ArnEquals knows wildcards too',
      true,
      on({ ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/W*' } }),
      withTls,
    ],
    ['numbers', true, on({ NumericLessThan: { 'aws:PrincipalAccount': '5' } }), withTls],
    ['any value', true, set('ForAnyValue:StringEquals', ['b', 'c']), several],
    ['not any value', false, set('ForAnyValue:StringEquals', ['c']), several],
    ['all values', true, set('ForAllValues:StringEquals', ['a', 'b', 'c']), several],
    ['not all values', false, set('ForAllValues:StringEquals', ['a']), several],
    ['the trap: all of none', true, set('ForAllValues:StringEquals', ['a']), none],
    ['any of none', false, set('ForAnyValue:StringEquals', ['a']), none],
  ])('%s: %s', (_what, allowed, policies, call) => {
    expect(decide(policySet(policies), call).allowed).toBe(allowed);
  });

  test('a deny without TLS stops what came without it, and what is not known to have come with it does not meet it', () => {
    const statement = deny('sqs:*', QUEUE, {
      Principal: { AWS: '*' },
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
    const policies = policySet({ ...own(allow('sqs:SendMessage', QUEUE)), resources: { [QUEUE]: [statement] } });
    expect([withTls, withoutTls, unknownTls].map((call) => decide(policies, call).allowed)).toEqual([
      true,
      false,
      true,
    ]);
  });

  test('one value is not compared where there are several', () => {
    const policies = policySet(on({ StringEquals: { 'kms:EncryptionContext:x': 'a' } }));
    expect(() => decide(policies, several)).toThrow('has several values');
  });
});

describe('the policies of resources', () => {
  const to = (Principal: unknown, more: Raw = {}) => allow('sqs:SendMessage', QUEUE, { Principal, ...more });
  const send = asRole(ROLE, 'sqs:SendMessage', QUEUE);
  const byService = asService('scheduler.amazonaws.com', 'sqs:SendMessage', QUEUE, GROUP);
  const onQueue = (...statements: Raw[]): Policies => ({ resources: { [QUEUE]: statements } });
  const decrypt = asRole(ROLE, 'kms:Decrypt', KEY);
  const onKey = (Principal: unknown) => ({ [KEY]: [allow('kms:*', '*', { Principal })] });
  const become = asService('scheduler.amazonaws.com', 'sts:AssumeRole', ROLE, GROUP);
  const trust = (Principal: unknown, more: Raw = {}): Policies => ({
    trust: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal, ...more }],
  });
  const scheduler = { Service: 'scheduler.amazonaws.com' };

  test.each<Row>([
    ['either policy will do', true, onQueue(to({ AWS: ROLE })), send],
    ['for whom it names', false, onQueue(to({ AWS: OTHER })), send],
    ['everybody is named by *', true, onQueue(to('*')), send],
    ['the account is not the role: it must be permitted by itself', false, onQueue(to({ AWS: ROOT })), send],
    ['a service is none of the account’s', false, onQueue(to({ AWS: ROOT })), byService],
    ['it must be named', true, onQueue(to(scheduler)), byService],
    ['another is not', false, onQueue(to({ Service: 'lambda.amazonaws.com' })), byService],
    ['to another queue it does not reach', false, { resources: { [TABLE]: [to('*')] } }, send],
    [
      'a deny for the account is one for its roles',
      false,
      { ...own(allow('*', '*')), resources: { [QUEUE]: [deny('*', '*', { Principal: { AWS: ROOT } })] } },
      send,
    ],
    [
      'objects are guarded by their bucket',
      false,
      { ...own(allow('*', '*')), resources: { [BUCKET]: [deny('s3:*', `${BUCKET}/*`, { Principal: '*' })] } },
      asRole(ROLE, 's3:GetObject', `${BUCKET}/x`),
    ],
    ['a key without a word of its policy is shut', false, own(allow('kms:*', '*')), decrypt],
    [
      'a key that names the account leaves it to the role',
      true,
      { ...own(allow('kms:Decrypt', KEY)), resources: onKey({ AWS: ROOT }) },
      decrypt,
    ],
    ['which must be permitted then', false, { resources: onKey({ AWS: ROOT }) }, decrypt],
    ['a key that names the role', true, { resources: onKey({ AWS: ROLE }) }, decrypt],
    ['a role is whoever its trust names', true, trust(scheduler), become],
    ['not whoever may do anything', false, own(allow('*', '*')), asRole(ROLE, 'sts:AssumeRole', OTHER)],
    [
      'for the group that it names',
      true,
      trust(scheduler, {
        Condition: { StringEquals: { 'aws:SourceArn': GROUP, 'aws:SourceAccount': '000000000000' } },
      }),
      become,
    ],
    [
      'and no other (confused deputy)',
      false,
      trust(scheduler, { Condition: { StringEquals: { 'aws:SourceArn': `${GROUP}2` } } }),
      become,
    ],
  ])('%s: %s', (_what, allowed, policies, call) => {
    expect(decide(policySet(policies), call).allowed).toBe(allowed);
  });

  test('a decision names the statements that made it', () => {
    const policies = policySet(
      own(allow('s3:GetObject', BUCKET), allow('dynamodb:GetItem', TABLE), deny('dynamodb:PutItem', TABLE)),
    );
    expect(decide(policies, get)).toMatchObject({ allowed: true, by: [{ where: 'the role’s policy, statement 2' }] });
    expect(decide(policies, asRole(ROLE, 'dynamodb:PutItem', TABLE))).toMatchObject({
      allowed: false,
      why: 'an explicit deny (the role’s policy, statement 3)',
    });
    expect(decide(policies, asRole(ROLE, 'dynamodb:Scan', TABLE))).toMatchObject({
      allowed: false,
      why: expect.stringMatching(/^an implicit deny/) as string,
    });
  });
});

describe('what is not understood is refused', () => {
  const on = (Condition: unknown) => allow('*', '*', { Condition });
  test.each([
    [
      'an operator',
      on({ DateGreaterThan: { 'aws:PrincipalArn': 'x' } }),
      'the condition operator DateGreaterThan is not understood',
    ],
    [
      'an operator like those of every object',
      on({ constructor: { 'aws:PrincipalArn': 'x' } }),
      'operator constructor is not understood',
    ],
    [
      'a condition key that no modelled call carries',
      on({ StringEquals: { 'aws:PrincipalTag/team': 'x' } }),
      'aws:PrincipalTag/team is not among those',
    ],
    [
      'a policy variable in a condition',
      on({ StringEquals: { 'aws:PrincipalArn': '${aws:username}' } }),
      'is not understood',
    ],
    [
      'a policy variable in a resource',
      allow('*', `${BUCKET}/\${aws:username}/*`),
      'policy variables are not understood',
    ],
    ['a number that is none', on({ NumericEquals: { 'aws:PrincipalAccount': 'x' } }), 'is not understood'],
    ['an element', { ...allow('*', '*'), NotPrincipal: '*' }, 'NotPrincipal'],
    ['neither action nor NotAction', { Effect: 'Allow', Resource: '*' }, 'it needs Action or NotAction'],
    ['both', { Effect: 'Allow', Action: '*', NotAction: '*', Resource: '*' }, 'it needs Action or NotAction'],
    ['no resource', { Effect: 'Allow', Action: '*' }, 'it needs Resource or NotResource'],
    ['a principal in a role’s own policy', allow('*', '*', { Principal: '*' }), 'names a principal'],
  ])('%s', (_what, statement, message) => {
    expect(() => policySet(own(statement))).toThrow(message);
  });

  test.each([
    ['none at all', undefined, 'it names no principal'],
    ['a federated one', { Federated: 'x' }, 'Federated'],
    ['a user', { AWS: 'arn:aws:iam::000000000000:user/x' }, 'is not understood'],
  ])('a principal: %s', (_what, Principal, message) => {
    expect(() => policySet({ resources: { [QUEUE]: [allow('*', '*', { Principal })] } })).toThrow(message);
  });

  test('the older policy language', () => {
    const old = { Version: '2008-10-17', Statement: [] };
    expect(() => parsePolicy(old, 'a policy', { principals: 'implied' })).toThrow('a policy is not understood');
  });

  test('a role that is not there', () => {
    expect(() =>
      decide(policySet({}), asRole('arn:aws:iam::000000000000:role/Nobody', 's3:GetObject', BUCKET)),
    ).toThrow('no role');
  });
});
