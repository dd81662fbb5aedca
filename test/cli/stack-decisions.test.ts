import { describe, expect, test } from 'vitest';
import { awsSettings } from '../../cli/stack/aws-settings.ts';
import { explained } from '../../cli/stack/aws-trouble.ts';
import { asTyped, readCommandLine } from '../../cli/stack/command-line.ts';
import type { Verb } from '../../cli/stack/command-line.ts';
import { consentTo } from '../../cli/stack/consent.ts';
import { obstacleTo } from '../../cli/stack/obstacle.ts';
import { failedDeployText, failedDestroyText } from '../../cli/stack/outcome.ts';
import { deployProspect, destroyProspect } from '../../cli/stack/prospect.ts';
import type { Situation } from '../../cli/stack/situation.ts';
import { situationText } from '../../cli/stack/situation.ts';
import type { DeployedStack } from '../../cli/stack/stack-state.ts';
import { fateOf, isStepwell, standingOf } from '../../cli/stack/stack-state.ts';
import { stackIdentity } from '../../lib/stack-identity.ts';
import { dev } from '../infra/synthesized.ts';

const DESCRIPTION = 'Stepwell: durable DAG workflows';

const stackIn = (status: string, given: Partial<DeployedStack> = {}): DeployedStack => ({
  id: 'id',
  status,
  description: DESCRIPTION,
  terminationProtection: false,
  outputs: {},
  ...given,
});

function situation(stack: DeployedStack | undefined, env: Situation['env'] = {}): Situation {
  return {
    env,
    branch: undefined,
    identity: stackIdentity(env, undefined),
    caller: { account: '123456789012', region: 'eu-west-1', arn: 'arn:aws:iam::123456789012:user/ann' },
    stack,
  };
}

describe('whose stack it is', () => {
  test('ours has what we look for', () => {
    const template = dev.toJSON() as { Description: string; Outputs: Record<string, unknown> };
    expect(isStepwell(stackIn('ROLLBACK_COMPLETE', { description: template.Description }))).toBe(true);
    expect(Object.keys(template.Outputs)).toEqual(expect.arrayContaining(['ApiUrl', 'TableName']));
  });

  test.each([
    ['UPDATE_COMPLETE', { outputs: { TableName: 't' }, description: undefined }, true],
    // Whatever it calls itself: ours has that output once it is complete.
    ['UPDATE_COMPLETE', {}, false],
    ['UPDATE_ROLLBACK_COMPLETE', {}, false],
    ['ROLLBACK_COMPLETE', {}, true],
    ['ROLLBACK_COMPLETE', { description: 'A web shop' }, false],
    ['DELETE_FAILED', { description: undefined }, false],
    ['CREATE_IN_PROGRESS', {}, true],
    ['CREATE_IN_PROGRESS', { description: 'Not Stepwell: a shop' }, false],
    ['REVIEW_IN_PROGRESS', { description: undefined }, true],
  ] as const)('%s with %j: %s', (status, given, ours) => {
    expect(isStepwell(stackIn(status, given))).toBe(ours);
  });
});

describe('what stands in the way', () => {
  const ours = { outputs: { TableName: 't' } };

  test.each([
    ['CREATE_COMPLETE', 'settled', undefined, undefined],
    ['UPDATE_COMPLETE', 'settled', undefined, undefined],
    ['UPDATE_ROLLBACK_COMPLETE', 'settled', undefined, undefined],
    ['IMPORT_COMPLETE', 'settled', undefined, undefined],
    ['REVIEW_IN_PROGRESS', 'shell', undefined, undefined],
    ['ROLLBACK_COMPLETE', 'rolled-back', undefined, undefined],
    ['CREATE_IN_PROGRESS', 'busy', 'Wait until it is done', 'Wait until it is done'],
    ['UPDATE_ROLLBACK_IN_PROGRESS', 'busy', 'Wait until it is done', 'Wait until it is done'],
    ['UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', 'busy', 'Wait until it is done', 'Wait until it is done'],
    ['ROLLBACK_IN_PROGRESS', 'busy', 'Wait until it is done', 'Wait until it is done'],
    ['DELETE_IN_PROGRESS', 'deleting', 'Wait until it is gone', undefined],
    ['DELETE_FAILED', 'half-gone', 'deploy again: npm run destroy', undefined],
    ['ROLLBACK_FAILED', 'half-gone', 'deploy again: npm run destroy', undefined],
    ['CREATE_FAILED', 'paused', 'deploy again: npx cdk rollback', undefined],
    ['UPDATE_FAILED', 'paused', 'deploy again: npx cdk rollback', undefined],
    ['UPDATE_ROLLBACK_FAILED', 'paused', 'deploy again: npx cdk rollback', undefined],
    ['IMPORT_ROLLBACK_FAILED', 'paused', 'deploy again: npx cdk rollback', undefined],
  ])('%s is %s', (status, standing, toDeploy, toDestroy) => {
    expect(standingOf(status)).toBe(standing);
    const given = situation(stackIn(status, ours));
    for (const [verb, text] of [
      ['deploy', toDeploy],
      ['destroy', toDestroy],
    ] as const) {
      const obstacle = obstacleTo(verb, given);
      if (text === undefined) expect(obstacle).toBeUndefined();
      else expect(obstacle).toContain(text);
      if (obstacle !== undefined) expect(obstacle).toContain(`stepwell-dev`);
    }
  });

  test('no stack, no obstacle', () => {
    expect(obstacleTo('deploy', situation(undefined))).toBeUndefined();
    expect(obstacleTo('destroy', situation(undefined))).toBeUndefined();
  });

  test('the remains of a first deployment that are protected: the command that removes them', () => {
    const stack = stackIn('ROLLBACK_COMPLETE', { terminationProtection: true });
    expect(obstacleTo('deploy', situation(stack, { STAGE: 'prod', PREFIX: 'shop' }))).toContain(
      'Remove it, then deploy again: PREFIX=shop STAGE=prod npm run destroy -- --yes',
    );
  });

  test('protection stops the end of a dev stack, not of a prod one, whose protection is ours', () => {
    const stack = stackIn('CREATE_COMPLETE', { terminationProtection: true, ...ours });
    expect(obstacleTo('destroy', situation(stack))).toContain('Somebody protected stepwell-dev');
    expect(obstacleTo('destroy', situation(stack, { STAGE: 'prod' }))).toBeUndefined();
    expect(obstacleTo('deploy', situation(stack))).toBeUndefined();
  });
});

test.each([
  ['deploy', 'dev', false, false, 'given'],
  ['deploy', 'dev', false, true, 'given'],
  ['deploy', 'prod', false, true, 'refused'],
  ['deploy', 'prod', true, false, 'given'],
  ['destroy', 'dev', false, true, 'ask'],
  ['destroy', 'dev', false, false, 'refused'],
  ['destroy', 'dev', true, false, 'given'],
  ['destroy', 'prod', false, true, 'refused'],
  ['destroy', 'prod', true, false, 'given'],
] satisfies [Verb, string, boolean, boolean, string][])(
  '%s of %s, --yes: %s, a terminal: %s → %s',
  (verb, STAGE, yes, canAsk, kind) => {
    expect(consentTo(verb, situation(undefined, { STAGE }), yes, canAsk).kind).toBe(kind);
  },
);

describe('texts', () => {
  test('what will be done is said as it will be', () => {
    expect(deployProspect(undefined)).toBe('The stack will be created.');
    expect(deployProspect(stackIn('REVIEW_IN_PROGRESS'))).toMatch(/^The stack will be created: an earlier deployment/);
    expect(deployProspect(stackIn('UPDATE_COMPLETE'))).toBe('The stack will be brought up to date.');
    expect(situationText(situation(undefined))).toContain('named by  no git branch is checked out here');
    expect(situationText({ ...situation(undefined, { PREFIX: '' }), branch: 'main' })).toContain('the git branch main');
  });

  test('a key of ours waits before it is gone', () => {
    const key = { logicalId: 'Key', type: 'AWS::KMS::Key', name: '1234', status: 'CREATE_COMPLETE' };
    expect(destroyProspect(fateOf([key], new Set()), false)).toContain('1234 (after its waiting period)');
  });

  test.each([
    [undefined, 'There is no stack s: nothing was made.'],
    ['REVIEW_IN_PROGRESS', 'nothing was made'],
    ['UPDATE_ROLLBACK_COMPLETE', 'as it was before (UPDATE_ROLLBACK_COMPLETE)'],
    ['ROLLBACK_COMPLETE', 'was undone (ROLLBACK_COMPLETE)'],
    ['UPDATE_IN_PROGRESS', 'CloudFormation goes on with s'],
    ['DELETE_IN_PROGRESS', 'CloudFormation goes on with s'],
    ['UPDATE_ROLLBACK_FAILED', 's is stuck'],
    ['ROLLBACK_FAILED', 's is stuck'],
  ])('a deployment that failed and left %s', (status, text) => {
    const stack = status === undefined ? undefined : stackIn(status);
    expect(failedDeployText('s', 'ended with 1', stack)).toContain(text);
  });

  test.each([
    ['DELETE_IN_PROGRESS', 'goes on deleting s'],
    ['DELETE_FAILED', 'could not be deleted as a whole'],
    ['UPDATE_COMPLETE', 'but s is still there'],
  ])('a destruction that failed and left %s', (status, text) => {
    expect(failedDestroyText('s', undefined, stackIn(status))).toContain(text);
  });
});

test('a command is typed with the variables that were set, and no others', () => {
  expect(asTyped({ PREFIX: 'shop', STAGE: 'prod', HOME: '/' }, 'x')).toBe('PREFIX=shop STAGE=prod x');
  expect(asTyped({ PREFIX: '', STAGE: undefined }, 'x')).toBe('x');
});

test('the command line knows --yes and --help', () => {
  expect(readCommandLine('deploy', [])).toEqual({ yes: false });
  expect(readCommandLine('deploy', ['--yes'])).toEqual({ yes: true });
  expect(readCommandLine('destroy', ['-y'])).toEqual({ yes: true });
  expect(readCommandLine('destroy', ['--yes', '--help'])).toBeUndefined();
  expect(() => readCommandLine('destroy', ['--no'])).toThrow(/'--no'[^]*npm run destroy -- --yes/);
});

describe('region and credentials are those that the CDK would take', () => {
  const keys = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };
  const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' };

  test.each([
    [{}, {}],
    [{ AWS_REGION: 'a', AWS_DEFAULT_REGION: 'b' }, { region: 'a' }],
    [{ AWS_REGION: '', AWS_DEFAULT_REGION: 'b' }, { region: 'b' }],
    [{ AWS_PROFILE: 'a', AWS_DEFAULT_PROFILE: 'b' }, { profile: 'a' }],
    [{ AWS_DEFAULT_PROFILE: 'b' }, { profile: 'b' }],
    [keys, { credentials }],
    [{ ...keys, AWS_SESSION_TOKEN: 't' }, { credentials: { ...credentials, sessionToken: 't' } }],
    [
      { ...keys, AWS_PROFILE: 'a' },
      { profile: 'a', credentials },
    ],
    [{ AWS_ACCESS_KEY_ID: 'id', AWS_PROFILE: 'a' }, { profile: 'a' }],
  ])('%j', (env, settings) => {
    expect(awsSettings(env)).toEqual(settings);
  });
});

describe('trouble', () => {
  const error = (name: string, message: string, code?: string): Error =>
    Object.assign(new Error(message), { name, ...(code !== undefined && { code }) });

  test.each([
    [error('ExpiredTokenException', 'The security token included in the request is expired'), 'have expired'],
    [error('RequestExpired', 'Request has expired.'), 'have expired'],
    [
      error('CredentialsProviderError', 'The SSO session associated with this profile has expired. To refresh …'),
      'have expired',
    ],
    [error('TokenProviderError', "Token is expired. To refresh this SSO session run 'aws sso login'"), 'have expired'],
    [error('CredentialsProviderError', 'Could not load credentials from any providers'), 'No AWS credentials'],
    [error('SignatureDoesNotMatch', 'The request signature …'), 'does not accept your credentials'],
    [error('UnrecognizedClientException', 'The security token included in the request is invalid.'), 'does not accept'],
    [error('AccessDenied', 'User x is not authorized to perform: y'), 'User x is not authorized to perform: y'],
    [error('Error', 'Region is missing'), 'No AWS region is set'],
    [error('Error', 'Region not accepted: region="eu west" is not …'), '"eu west" is no AWS region'],
    [error('Error', 'getaddrinfo ENOTFOUND sts.eu-wst-1.amazonaws.com', 'ENOTFOUND'), 'cannot be reached (getaddrinfo'],
    [error('AggregateError', '', 'ECONNREFUSED'), 'cannot be reached (ECONNREFUSED)'],
    [error('TimeoutError', 'connect timed out'), 'cannot be reached (connect timed out)'],
  ])('%s', (given, told) => {
    const problem = explained(given, { region: 'eu west' });
    expect(problem).toMatchObject({ name: 'StackProblem', message: expect.stringContaining(told) as string });
  });

  test('what nobody expected stays what it is', () => {
    const given = error('InternalFailure', 'oops');
    expect(explained(given, {})).toBe(given);
    expect(explained('oops', {})).toBe('oops');
  });
});
