import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { destroy } from '../../cli/stack/destroy.ts';
import { run } from './command-run.ts';
import { FakeAws } from './fake-aws.ts';
import type { FakeResource, FakeStack } from './fake-stacks.ts';
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

const resource = (logicalId: string, type: string, name: string): FakeResource => ({
  logicalId,
  type,
  name,
  status: 'CREATE_COMPLETE',
});

/** A Stepwell with 1,200 payloads in its bucket: more than S3 lists at once. The bucket is the 104th resource, on the second page. */
function deployed(name: string, given: Partial<FakeStack> = {}): FakeStack {
  const functions = Array.from({ length: 100 }, (_, n) => resource(`Function${n}`, 'AWS::Lambda::Function', `f${n}`));
  aws.s3.fill(`${name}-bucket`, 1_200);
  const stack = aws.stacks.put(name, {
    resources: [
      ...functions,
      resource('Table', 'AWS::DynamoDB::Table', `${name}-table`),
      resource('Work', 'AWS::SQS::Queue', `https://sqs.example.com/${name}-work`),
      // Never created: there is nothing to delete.
      resource('Alarm', 'AWS::CloudWatch::Alarm', ''),
      resource('Bucket', 'AWS::S3::Bucket', `${name}-bucket`),
      resource('Logs', 'AWS::Logs::LogGroup', `${name}-logs`),
    ],
    ...given,
  });
  aws.cdk = () => aws.destroyStack(stack);
  return stack;
}

const PROD = { STAGE: 'prod' };
const prod = (given: Partial<FakeStack> = {}): FakeStack =>
  deployed('stepwell-prod', { terminationProtection: true, retained: ['Table', 'Work', 'Bucket', 'Logs'], ...given });

describe('npm run destroy, dev', () => {
  test('says what goes, asks, empties the bucket, deletes the stack and looks whether anything is left', async () => {
    const stack = deployed('stepwell-dev');
    const { code, said, complained, questions } = await run(destroy, aws, { answer: true });
    expect([complained, code]).toEqual(['', 0]);
    expect(questions).toEqual(['Destroy stepwell-dev?']);
    expect(said).toContain('stepwell-dev (CREATE_COMPLETE)');
    expect(said).toContain(`What goes, for good: 104 resources, and what these hold:
  AWS::DynamoDB::Table  stepwell-dev-table
  AWS::Logs::LogGroup   stepwell-dev-logs
  AWS::S3::Bucket       stepwell-dev-bucket (emptied first)
  AWS::SQS::Queue       https://sqs.example.com/stepwell-dev-work
What stays: nothing.`);
    // 1,200 keys with two versions each, and 120 delete markers.
    expect(said).toContain('The bucket stepwell-dev-bucket is empty; 2520 objects were deleted.');
    expect(said).toMatch(/stepwell-dev is gone, and nothing of it is left\.$/);
    expect(aws.cdkCalls.map(({ args }) => args.join(' '))).toEqual(['destroy stepwell-dev --force']);
    expect(aws.cdkCalls[0]?.env).toMatchObject({ PREFIX: 'stepwell', STAGE: 'dev' });
    expect(stack.status).toBe('DELETE_COMPLETE');
  });

  test('a no does nothing', async () => {
    deployed('stepwell-dev');
    const { code, complained } = await run(destroy, aws, { answer: false });
    expect([code, complained]).toEqual([1, 'Nothing has been done.']);
    expect(aws.s3.count('stepwell-dev-bucket')).toBe(2_520);
    expect(aws.cdkCalls).toEqual([]);
  });

  test('where nobody can be asked it wants --yes', async () => {
    deployed('stepwell-pay-42-dev');
    const branch = 'feature/PAY-42-refunds';
    const refused = await run(destroy, aws, { branch });
    expect(refused.code).toBe(1);
    expect(refused.complained).toContain('To do it: npm run destroy -- --yes');
    expect(aws.s3.count('stepwell-pay-42-dev-bucket')).toBe(2_520);

    const done = await run(destroy, aws, { branch, argv: ['--yes'] });
    expect([done.code, done.questions]).toEqual([0, []]);
  });

  test('stopped after the bucket was emptied, it is finished by running it once more', async () => {
    const stack = deployed('stepwell-dev');
    aws.cdk = () => 1;
    const stopped = await run(destroy, aws, { argv: ['--yes'] });
    expect(stopped.code).toBe(1);
    expect(stopped.complained).toContain('The CDK ended with 1, but stepwell-dev is still there (CREATE_COMPLETE).');
    expect(aws.s3.isEmpty('stepwell-dev-bucket')).toBe(true);

    aws.cdk = () => aws.destroyStack(stack);
    const again = await run(destroy, aws, { argv: ['--yes'] });
    expect([again.code, again.complained]).toEqual([0, '']);
    expect(again.said).toContain('0 objects were deleted');
  });

  test('what a worker wrote behind its back is emptied in a second round', async () => {
    const stack = deployed('stepwell-dev');
    aws.cdk = () => {
      if (aws.cdkCalls.length === 1) aws.s3.fill('stepwell-dev-bucket', 3);
      return aws.destroyStack(stack);
    };
    const { code, said } = await run(destroy, aws, { argv: ['--yes'] });
    expect(code).toBe(0);
    expect(aws.cdkCalls).toHaveLength(2);
    expect(said).toContain('7 objects were deleted');
  });

  test('a bucket that fills up again and again ends the command, not the user’s patience', async () => {
    const stack = deployed('stepwell-dev');
    aws.cdk = () => {
      aws.s3.fill('stepwell-dev-bucket', 3);
      return aws.destroyStack(stack);
    };
    const { code, complained } = await run(destroy, aws, { argv: ['--yes'] });
    expect(code).toBe(1);
    expect(aws.cdkCalls).toHaveLength(2);
    expect(complained).toContain('could not be deleted as a whole (DELETE_FAILED)');
  });

  test('half gone by an earlier try, bucket and all: it goes on from there', async () => {
    const stack = deployed('stepwell-dev', { status: 'DELETE_FAILED', outputs: {} });
    for (const each of stack.resources) each.status = 'DELETE_COMPLETE';
    stack.resources.push({ ...resource('Gone', 'AWS::S3::Bucket', 'gone-bucket'), status: 'DELETE_FAILED' });
    const { code, said } = await run(destroy, aws, { argv: ['--yes'] });
    expect(code).toBe(0);
    expect(said).toContain('What goes, for good: 1 resource, and what these hold:');
    // No longer its own: a bucket of that name is somebody else's by now.
    expect(aws.s3.count('stepwell-dev-bucket')).toBe(2_520);
  });

  test('an object that cannot be deleted is named, and the stack left as it is', async () => {
    deployed('stepwell-dev');
    aws.s3.locked.add('default/<&>/7');
    const { code, complained } = await run(destroy, aws, { argv: ['--yes'] });
    expect(code).toBe(1);
    expect(complained).toContain('the first is default/<&>/7: AccessDenied, Access Denied');
    expect(aws.cdkCalls).toEqual([]);
  });

  test('CloudFormation that goes on without the CDK is said to', async () => {
    const stack = deployed('stepwell-dev');
    aws.cdk = () => {
      stack.status = 'DELETE_IN_PROGRESS';
      return 130;
    };
    const { code, complained } = await run(destroy, aws, { argv: ['--yes'] });
    expect(code).toBe(1);
    expect(complained).toContain('CloudFormation goes on deleting stepwell-dev (DELETE_IN_PROGRESS).');
  });

  test('no stack: says so, and that is fine', async () => {
    const { code, said, complained } = await run(destroy, aws, { branch: 'feature/gone' });
    expect([code, complained]).toEqual([0, '']);
    expect(said).toMatch(
      /There is no stack stepwell-feature-gone-x\w{6}-dev in this account and region: nothing to do\.$/,
    );
    expect(aws.cdkCalls).toEqual([]);
  });

  test('a stack that is no Stepwell is left alone, bucket and all', async () => {
    deployed('stepwell-dev', { outputs: { SiteBucket: 'stepwell-dev-bucket' } });
    const { code, complained } = await run(destroy, aws, { argv: ['--yes'] });
    expect(code).toBe(1);
    expect(complained).toContain('it is no Stepwell');
    expect(aws.s3.count('stepwell-dev-bucket')).toBe(2_520);
    expect(aws.cdkCalls).toEqual([]);
  });

  test('a dev stack that somebody protected is left to them', async () => {
    deployed('stepwell-dev', { terminationProtection: true });
    const { code, complained } = await run(destroy, aws, { argv: ['--yes'] });
    expect(code).toBe(1);
    expect(complained).toContain('--no-enable-termination-protection --stack-name stepwell-dev');
    expect(aws.s3.count('stepwell-dev-bucket')).toBe(2_520);
  });
});

describe('npm run destroy, prod', () => {
  test('without --yes it says what would go, what would stay, and how to say yes', async () => {
    const stack = prod();
    const { code, said, complained, questions } = await run(destroy, aws, { env: PROD, answer: true });
    expect([code, questions]).toEqual([1, []]);
    expect(said).toContain(`The protection against deletion will be lifted first.
What goes, for good: 100 resources.
What stays, and costs what it costs: 4 resources:
  AWS::DynamoDB::Table  stepwell-prod-table
  AWS::Logs::LogGroup   stepwell-prod-logs
  AWS::S3::Bucket       stepwell-prod-bucket
  AWS::SQS::Queue       https://sqs.example.com/stepwell-prod-work
`);
    expect(complained).toBe('This is prod; nothing has been done.\nTo do it: STAGE=prod npm run destroy -- --yes');
    expect([stack.status, stack.terminationProtection]).toEqual(['CREATE_COMPLETE', true]);
  });

  test('with it, the protection is lifted, the stack deleted, and what stayed is named; no payload is touched', async () => {
    prod();
    const { code, said, complained } = await run(destroy, aws, { env: PROD, argv: ['--yes'] });
    expect([complained, code]).toEqual(['', 0]);
    expect(aws.calls.slice(-5)).toEqual([
      'UpdateTerminationProtection',
      'cdk destroy',
      'DescribeStacks',
      'ListStackResources',
      'ListStackResources',
    ]);
    const report = said.slice(said.indexOf('stepwell-prod is gone'));
    for (const name of ['table', 'bucket', 'work', 'logs']) expect(report).toContain(`stepwell-prod-${name}`);
    expect(aws.calls).not.toContain('DeleteObjects');
    expect(aws.s3.count('stepwell-prod-bucket')).toBe(2_520);
  });

  test('when the CDK did not begin, the protection is put back', async () => {
    const stack = prod();
    aws.cdk = () => 1;
    const { code, said } = await run(destroy, aws, { env: PROD, argv: ['--yes'] });
    expect(code).toBe(1);
    expect(stack.terminationProtection).toBe(true);
    expect(said).toContain('The protection against deletion is back.');
  });

  test('a protection that cannot be lifted stops it before anything goes', async () => {
    prod();
    aws.refusals.set('UpdateTerminationProtection', new WireError(403, 'AccessDenied', 'not authorized'));
    const { code, complained } = await run(destroy, aws, { env: PROD, argv: ['--yes'] });
    expect([code, complained]).toEqual([1, 'AWS does not let you do that: not authorized']);
    expect(aws.cdkCalls).toEqual([]);
  });

  test('a first deployment that was rolled back is cleared away, protected as it is', async () => {
    const stack = prod({ status: 'ROLLBACK_COMPLETE', outputs: {} });
    const { code } = await run(destroy, aws, { env: PROD, argv: ['--yes'] });
    expect([code, stack.status]).toEqual([0, 'DELETE_COMPLETE']);
  });
});
