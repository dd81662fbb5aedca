import { realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { deploy } from '../../cli/stack/deploy.ts';
import { run } from './command-run.ts';
import { ACCOUNT, CALLER, FakeAws, REGION } from './fake-aws.ts';
import { WireError } from './wire.ts';

let aws: FakeAws;
beforeEach(async () => {
  aws = await FakeAws.start();
  vi.stubEnv('AWS_ENDPOINT_URL', aws.endpoint);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await aws[Symbol.asyncDispose]();
});

describe('npm run deploy', () => {
  test('says what it will do, as whom and where, deploys that and nothing else, and tells where the API is', async () => {
    aws.cdk = () => {
      aws.stacks.put('stepwell-pay-42-dev', {
        outputs: { TableName: 't', ApiUrl: 'https://abc.execute-api.eu-west-1.amazonaws.com' },
      });
      return 0;
    };
    const { code, said, complained } = await run(deploy, aws, { branch: 'feature/PAY-42-refunds' });
    expect(complained).toBe('');
    expect(code).toBe(0);
    expect(said).toBe(`Deploying Stepwell

  stack     stepwell-pay-42-dev (does not exist)
  named by  the git branch feature/PAY-42-refunds
  stage     dev
  account   ${ACCOUNT}
  region    ${REGION}
  as        ${CALLER}

The stack will be created.


stepwell-pay-42-dev is deployed: https://abc.execute-api.eu-west-1.amazonaws.com
The first API key: npm run keys -- create --stack stepwell-pay-42-dev`);
    expect(aws.cdkCalls.map(({ args }) => args.join(' '))).toEqual([
      'deploy stepwell-pay-42-dev --require-approval never --outputs-file cdk.out/outputs.json',
    ]);
  });

  test('leaves the CDK no choice of its own: prefix, stage, region, Node and folder are said', async () => {
    await run(deploy, aws, {
      branch: 'feature/PAY-42-refunds',
      env: { STAGE: 'prod', AWS_REGION: undefined, AWS_DEFAULT_REGION: 'eu-central-1' },
      argv: ['--yes'],
    });
    const [call] = aws.cdkCalls;
    expect(call?.env).toMatchObject({ PREFIX: 'stepwell-pay-42', STAGE: 'prod', AWS_REGION: 'eu-central-1' });
    expect(call?.env['PATH']?.startsWith(dirname(process.execPath))).toBe(true);
    expect(dirname(call?.env['cwd'] ?? '')).toBe(realpathSync(tmpdir()));
  });

  test('brings a stack that is there up to date', async () => {
    aws.stacks.put('shop-dev', { status: 'UPDATE_COMPLETE' });
    const { code, said } = await run(deploy, aws, { env: { PREFIX: 'shop' }, branch: 'feature/PAY-42-refunds' });
    expect(code).toBe(0);
    expect(said).toContain('shop-dev (UPDATE_COMPLETE)');
    expect(said).toContain('named by  PREFIX\n');
    expect(said).toContain('The stack will be brought up to date.');
    expect(aws.cdkCalls.map(({ args }) => args.slice(0, 2).join(' '))).toEqual(['diff shop-dev', 'deploy shop-dev']);
  });

  test('a diff that fails stops nobody: the deployment says what it stumbled over', async () => {
    aws.stacks.put('shop-dev', { status: 'UPDATE_COMPLETE' });
    aws.cdk = ({ args }) => (args[0] === 'diff' ? 1 : 0);
    const { code } = await run(deploy, aws, { env: { PREFIX: 'shop' } });
    expect(code).toBe(0);
    expect(aws.cdkCalls.map(({ args }) => args[0])).toEqual(['diff', 'deploy']);
  });

  test('prod waits for --yes, and says how to say it', async () => {
    aws.stacks.put('shop-prod', { terminationProtection: true });
    const env = { PREFIX: 'shop', STAGE: 'prod' };
    const refused = await run(deploy, aws, { env, answer: true });
    expect(refused.code).toBe(1);
    expect(refused.questions).toEqual([]);
    expect(refused.said).toContain('The stack will be brought up to date.');
    expect(refused.complained).toBe(`This is prod; nothing has been done.
To see what would change: PREFIX=shop STAGE=prod npx cdk diff
To do it: PREFIX=shop STAGE=prod npm run deploy -- --yes`);
    expect(aws.cdkCalls).toEqual([]);

    const done = await run(deploy, aws, { env, argv: ['--yes'] });
    expect(done.code).toBe(0);
    expect(aws.cdkCalls.map(({ args }) => args.slice(0, 2).join(' '))).toEqual(['diff shop-prod', 'deploy shop-prod']);
  });

  test('leaves a stack alone that is no Stepwell, with --yes, too', async () => {
    aws.stacks.put('stepwell-dev', { outputs: { SiteUrl: 'https://example.com' } });
    const { code, complained } = await run(deploy, aws, { argv: ['--yes'] });
    expect(code).toBe(1);
    expect(complained).toContain('it is no Stepwell: it has no output TableName. It is left alone.');
    expect(complained).toContain('PREFIX=<name> npm run deploy');
    expect(aws.cdkCalls).toEqual([]);
  });

  test('an account that the CDK does not know: the command that makes it so', async () => {
    aws.bootstrapped = false;
    const { code, complained } = await run(deploy, aws);
    expect(code).toBe(1);
    expect(complained).toContain(`\n  npx cdk bootstrap aws://${ACCOUNT}/${REGION}\n`);
    expect(aws.cdkCalls).toEqual([]);
  });

  test('who may not look whether the account is prepared may deploy: the CDK looks with a role of its own', async () => {
    aws.refusals.set('GetParameter', new WireError(400, 'AccessDeniedException', 'not authorized'));
    aws.stacks.put('stepwell-dev');
    expect((await run(deploy, aws)).code).toBe(0);
    expect(aws.calls.at(-2)).toBe('cdk deploy');
  });

  test('a first deployment that was rolled back: the CDK removes the remains', async () => {
    aws.stacks.put('stepwell-dev', { status: 'ROLLBACK_COMPLETE', outputs: {} });
    aws.cdk = () => {
      aws.stacks.put('stepwell-dev');
      return 0;
    };
    const { code, said } = await run(deploy, aws);
    expect(code).toBe(0);
    expect(said).toContain('its remains will be deleted, and the stack created anew.');
  });

  test('when the CDK fails it says how things stand, and ends with 1', async () => {
    aws.cdk = () => {
      aws.stacks.put('stepwell-dev', { status: 'ROLLBACK_COMPLETE', outputs: {} });
      return 1;
    };
    const { code, complained } = await run(deploy, aws);
    expect(code).toBe(1);
    expect(complained).toBe(
      '\nThe CDK ended with 1; its reason is above. The deployment of stepwell-dev was undone (ROLLBACK_COMPLETE). ' +
        'What prod keeps, it keeps then, too: look for resources with the state DELETE_SKIPPED, which hold nothing yet ' +
        'and may be deleted by hand. Mend the reason and run this again.',
    );
  });

  test('a CDK that is content without a stack where we said it would be is not believed', async () => {
    const { code, complained } = await run(deploy, aws);
    expect(code).toBe(1);
    expect(complained).toBe('The CDK said it is done, but there is no stack stepwell-dev.');
  });
});

/** The environment without these variables, nor any other place where the SDK would look for what they say. */
function without(...names: readonly string[]): Record<string, undefined> {
  for (const name of names) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_CONFIG_FILE', 'missing');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', 'missing');
  return Object.fromEntries(names.map((name) => [name, undefined]));
}

describe('common trouble is told in a sentence, before anything is done', () => {
  test.each([
    ['GetCallerIdentity', 'ExpiredToken', 'Your AWS credentials have expired. Log in again'],
    ['GetCallerIdentity', 'InvalidClientTokenId', 'AWS does not accept your credentials (InvalidClientTokenId).'],
    ['DescribeStacks', 'AccessDenied', 'AWS does not let you do that: because of the test'],
    ['GetParameter', 'ExpiredTokenException', 'Your AWS credentials have expired.'],
    ['DescribeStacks', 'InternalFailure', 'That did not work: InternalFailure: because of the test'],
  ])('%s: %s', async (call, error, told) => {
    aws.refusals.set(call, new WireError(403, error, 'because of the test'));
    const { code, complained } = await run(deploy, aws, { argv: ['--yes'] });
    expect(code).toBe(1);
    expect(complained).toContain(told);
    expect(complained).not.toMatch(/^ +at /m);
    expect(aws.cdkCalls).toEqual([]);
  });

  test('no region', async () => {
    const { code, complained } = await run(deploy, aws, { env: without('AWS_REGION', 'AWS_DEFAULT_REGION') });
    expect([code, complained]).toEqual([1, expect.stringMatching(/^No AWS region is set\. /)]);
    expect(aws.calls).toEqual([]);
  });

  test('no credentials, and the profile that has none', async () => {
    const nobody = without('AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY');
    const { code, complained } = await run(deploy, aws, { env: { ...nobody, AWS_PROFILE: 'work' } });
    expect(code).toBe(1);
    expect(complained).toMatch(/^No AWS credentials were found \(.*\)\.\nSet AWS_PROFILE \(now work\) to a profile/);
  });

  test('nobody answers', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:9');
    const { code, complained } = await run(deploy, aws);
    expect(code).toBe(1);
    expect(complained).toMatch(/^AWS cannot be reached \(.*\)\. .* is the region eu-west-1 written right\?$/);
  });

  test.each([
    [{ PREFIX: '1shop' }, 'PREFIX is "1shop"'],
    [{ STAGE: 'staging' }, 'STAGE is "staging"; it is dev or prod.'],
  ])('%j', async (env, told) => {
    const { code, complained } = await run(deploy, aws, { env });
    expect([code, complained]).toEqual([1, expect.stringContaining(told)]);
    expect(aws.calls).toEqual([]);
  });

  test.each([['--force'], ['--profile=work'], ['stepwell-dev']])('%s is not passed on to the CDK', async (argument) => {
    const { code, complained } = await run(deploy, aws, { argv: ['--yes', argument] });
    expect(code).toBe(1);
    expect(complained).toContain('npm run deploy -- --yes');
    expect(aws.calls).toEqual([]);
  });
});
