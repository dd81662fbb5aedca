import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { GithubStack } from '../../lib/github/github-stack.ts';
import { parseRepository, subjectOf } from '../../lib/github/repository.ts';
import { readSettings } from '../../lib/github/settings.ts';
import { prod, resources } from './synthesized.ts';

const PROVIDER_ARN = 'arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com';
const BOOTSTRAP = [
  {
    Effect: 'Allow',
    Action: ['sts:AssumeRole'],
    Resource: ['deploy', 'file-publishing', 'lookup'].map(
      (kind) => `arn:aws:iam::<account>:role/cdk-hnb659fds-${kind}-role-<account>-<region>`,
    ),
  },
  {
    Effect: 'Allow',
    Action: ['ssm:GetParameter'],
    Resource: ['arn:aws:ssm:<region>:<account>:parameter/cdk-bootstrap/hnb659fds/version'],
  },
];

/** IAM's names of what the commands call. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  // Needs no permission.
  GetCallerIdentityCommand: [],
  DescribeStacksCommand: ['cloudformation:DescribeStacks'],
  GetTemplateCommand: ['cloudformation:GetTemplate'],
  paginateListStackResources: ['cloudformation:ListStackResources'],
  // Only to remove a production stack, which no workflow does; CDK sets it as its own role.
  UpdateTerminationProtectionCommand: [],
  GetParameterCommand: ['ssm:GetParameter'],
  ListObjectVersionsCommand: ['s3:ListBucketVersions'],
  DeleteObjectsCommand: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
};

interface Role {
  readonly AssumeRolePolicyDocument: { readonly Statement: readonly Record<string, unknown>[] };
  readonly Policies: readonly { readonly PolicyDocument: { readonly Statement: readonly Record<string, unknown>[] } }[];
}

function synthesize(context: Readonly<Record<string, string>>): Template {
  const outdir = mkdtempSync(join(tmpdir(), 'stepwell-github-'));
  process.on('exit', () => {
    rmSync(outdir, { recursive: true, force: true });
  });
  const settings = readSettings((key) => context[key]);
  return Template.fromStack(new GithubStack(new App({ outdir, context }), 'stepwell-github', { settings }));
}

function roleOf(template: Template, construct: string): Role {
  const [, role] = resources(template, 'AWS::IAM::Role').find(([id]) => id.startsWith(construct))!;
  return role.Properties as unknown as Role;
}

const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::AccountId': '<account>',
  'AWS::Region': '<region>',
};

/** An ARN as text, so that a whole policy can be compared with what is written in a test. */
function render(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(render);
  if ('Ref' in value) return PSEUDO[value.Ref as string] ?? value;
  if ('Fn::Join' in value) return ((value['Fn::Join'] as [string, unknown[]])[1].map(render) as string[]).join('');
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, render(inner)]));
}

/** Everything a role may do: it has no other kind of policy, or this fails. */
function statementsOf(template: Template, construct: string): Record<string, unknown>[] {
  expect(resources(template, 'AWS::IAM::Policy')).toEqual([]);
  const role = roleOf(template, construct);
  expect(role).not.toHaveProperty('ManagedPolicyArns');
  return role.Policies.flatMap((policy) => policy.PolicyDocument.Statement).map((statement) => {
    const { Action, Resource: on, ...rest } = render(statement) as Record<string, unknown>;
    return { ...rest, Action: ([Action].flat() as string[]).sort(), Resource: [on].flat() };
  });
}

describe('who may assume the roles', () => {
  const template = synthesize({ repository: 'octo@12/stepwell@34' });

  test.each([
    ['Production', 'production'],
    ['Development', 'development'],
  ])('%s: jobs of one repository in one environment, by equality and nothing else', (construct, environment) => {
    const [provider] = resources(template, 'AWS::IAM::OIDCProvider')[0]!;
    expect(roleOf(template, construct).AssumeRolePolicyDocument.Statement).toEqual([
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRoleWithWebIdentity',
        Principal: { Federated: { Ref: provider } },
        Condition: {
          StringEquals: {
            'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
            'token.actions.githubusercontent.com:sub': `repo:octo@12/stepwell@34:environment:${environment}`,
          },
        },
      },
    ]);
  });

  test('the provider is a resource of CloudFormation’s own: no Lambda creates it', () => {
    template.hasResourceProperties('AWS::IAM::OIDCProvider', {
      Url: 'https://token.actions.githubusercontent.com',
      ClientIdList: ['sts.amazonaws.com'],
    });
    template.resourceCountIs('AWS::Lambda::Function', 0);
  });

  test('a provider that the account has already is used', () => {
    const existing = synthesize({ repository: 'octo/stepwell', providerArn: PROVIDER_ARN });
    existing.resourceCountIs('AWS::IAM::OIDCProvider', 0);
    expect(roleOf(existing, 'Production').AssumeRolePolicyDocument.Statement[0]!['Principal']).toEqual({
      Federated: PROVIDER_ARN,
    });
  });

  test('an account of production’s own gets that role alone', () => {
    const production = synthesize({ repository: 'octo/stepwell', environments: 'production' });
    production.resourceCountIs('AWS::IAM::Role', 1);
    expect(Object.keys(production.findOutputs('*'))).toEqual(['ProductionRoleArn']);
  });
});

describe('what the roles may do', () => {
  const template = synthesize({ repository: 'octo/stepwell' });

  test('production: assume CDK’s roles and ask how the one stack stands', () => {
    expect(statementsOf(template, 'Production')).toEqual([
      ...BOOTSTRAP,
      {
        Effect: 'Allow',
        Action: ['cloudformation:DescribeStacks'],
        Resource: ['arn:aws:cloudformation:<region>:<account>:stack/stepwell-prod/*'],
      },
    ]);
  });

  test('development: the same for dev stacks, and empty their buckets', () => {
    const Condition = { StringEquals: { 'aws:ResourceAccount': '<account>' } };
    expect(statementsOf(template, 'Development')).toEqual([
      ...BOOTSTRAP,
      {
        Effect: 'Allow',
        Action: ['cloudformation:DescribeStacks', 'cloudformation:GetTemplate', 'cloudformation:ListStackResources'],
        Resource: ['stepwell-dev', 'stepwell-*-dev'].map(
          (name) => `arn:aws:cloudformation:<region>:<account>:stack/${name}/*`,
        ),
      },
      {
        Effect: 'Allow',
        Action: ['s3:ListBucketVersions'],
        Resource: ['arn:aws:s3:::stepwell-*'],
        Condition,
      },
      {
        Effect: 'Allow',
        Action: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
        Resource: ['arn:aws:s3:::stepwell-*/*'],
        Condition,
      },
      {
        Effect: 'Deny',
        Action: ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:ListBucketVersions'],
        Resource: ['arn:aws:s3:::stepwell-prod-payloads*', 'arn:aws:s3:::stepwell-prod-payloads*/*'],
      },
    ]);
  });

  test('neither more nor less than `npm run deploy` and `npm run destroy` call with the credentials that they are given', () => {
    const folder = 'cli/stack';
    const sources = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
    const calls = sources.flatMap((source) => source.match(/\bnew \w+Command\(|\bpaginate\w+\(/g) ?? []);
    const needed = [...new Set(calls)].flatMap((call) => {
      const actions = ACTIONS[call.replace(/^new |\($/g, '')];
      expect(actions, call).toBeDefined();
      return actions!;
    });
    const granted = statementsOf(template, 'Development').flatMap(({ Action }) => Action as string[]);
    expect(new Set(granted)).toEqual(new Set([...needed, 'sts:AssumeRole']));
  });

  test('what is denied covers every bucket of the production stack, by the names that CloudFormation makes', () => {
    const buckets = resources(prod, 'AWS::S3::Bucket');
    expect(buckets.length).toBeGreaterThan(0);
    for (const [id, { Properties }] of buckets) {
      expect(Properties).not.toHaveProperty('BucketName');
      expect(`stepwell-prod-${id.toLowerCase()}`).toMatch(/^stepwell-prod-payloads/);
    }
  });

  test('an account with a bootstrap of another qualifier is trusted with its roles', () => {
    const other = synthesize({ repository: 'octo/stepwell', '@aws-cdk/core:bootstrapQualifier': 'wells' });
    expect(statementsOf(other, 'Production')[0]!['Resource']).toContain(
      'arn:aws:iam::<account>:role/cdk-wells-deploy-role-<account>-<region>',
    );
  });
});

describe('what the owner passes', () => {
  test.each(['octo/stepwell', 'Octo-Org/step.well_2', 'octo_corp/x', 'octo@1/stepwell@2'])('%s is taken', (name) => {
    expect(subjectOf(parseRepository(name), 'production')).toBe(`repo:${name}:environment:production`);
  });

  test('what GitHub’s API answers is taken as it is', () => {
    expect(parseRepository('repo:octo@1/stepwell@2')).toBe('octo@1/stepwell@2');
  });

  test.each([
    undefined,
    '',
    'stepwell',
    'octo/*',
    '*/*',
    'octo/step?well',
    'octo/stepwell:environment:x',
    'octo/stepwell/x',
    'octo /stepwell',
    'octo/stepwell\n',
    'octo/..',
    '-octo/stepwell',
    'octo@1/stepwell',
    'octo/stepwell@2',
    'octo@*/stepwell@*',
    'octo@1/..@2',
    'https://github.com/octo/stepwell',
    `${'o'.repeat(40)}/stepwell`,
  ])('the repository %j is refused', (name) => {
    expect(() => parseRepository(name)).toThrow('-c repository=owner@123/name@456');
  });

  test.each(['', 'staging', 'production,', 'production, development', '*'])(
    'the environments %j are refused',
    (names) => {
      const context: Record<string, string> = { repository: 'octo/stepwell', environments: names };
      expect(() => readSettings((key) => context[key])).toThrow('production or development');
    },
  );

  test.each(['', 'arn:aws:iam::123456789012:oidc-provider/example.org', 'arn:aws:iam::*:oidc-provider/*'])(
    'the provider %j is refused',
    (providerArn) => {
      const context: Record<string, string> = { repository: 'octo/stepwell', providerArn };
      expect(() => readSettings((key) => context[key])).toThrow('list-open-id-connect-providers');
    },
  );
});

describe('the app', () => {
  function run(context: object): { readonly status: number | null; readonly said: string; readonly made: string[] } {
    const outdir = mkdtempSync(join(tmpdir(), 'stepwell-github-'));
    // No variable of ours: above all no credentials and no region.
    const env = { CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: JSON.stringify(context) };
    const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/github.ts'], { env, encoding: 'utf8' });
    const made = readdirSync(outdir);
    rmSync(outdir, { recursive: true, force: true });
    return { status, said: stdout + stderr, made };
  }

  test('is synthesized without credentials and without a finding of cdk-nag', () => {
    const { status, said, made } = run({ repository: 'octo/stepwell' });
    expect(said).not.toContain('AwsSolutions');
    expect(status).toBe(0);
    expect(made).toContain('stepwell-github.template.json');
  });

  test('says how to mend a repository that is missing', () => {
    const { status, said } = run({});
    expect(status).toBe(1);
    expect(said).toContain('"repository" is missing. Pass -c repository=');
  });
});
