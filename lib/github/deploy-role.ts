import { Aws, DefaultStackSynthesizer, Stack, Validations } from 'aws-cdk-lib';
import { Effect, PolicyDocument, PolicyStatement, Role, WebIdentityPrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Repository } from './repository.ts';
import { subjectOf } from './repository.ts';
import type { Environment } from './settings.ts';

export const ISSUER = 'token.actions.githubusercontent.com';
/** What aws-actions/configure-aws-credentials asks GitHub for. */
export const AUDIENCE = 'sts.amazonaws.com';

/** The stacks that each environment's workflows deploy: production from `main` alone, development also from branches. */
const STACKS: Readonly<Record<Environment, readonly string[]>> = {
  production: ['stepwell-prod'],
  development: ['stepwell-dev', 'stepwell-*-dev'],
};

/** What they ask CloudFormation themselves, CDK apart: how a stack stands and, to remove it, what is in it. */
const QUESTIONS: Readonly<Record<Environment, readonly string[]>> = {
  production: ['cloudformation:DescribeStacks'],
  development: ['cloudformation:DescribeStacks', 'cloudformation:GetTemplate', 'cloudformation:ListStackResources'],
};

/** With the beginning of the bucket's logical id: `stepwell-prod-42-dev-…` belongs to the branch of ticket PROD-42. */
const PRODUCTION_BUCKETS = ['stepwell-prod-payloads*', 'stepwell-prod-payloads*/*'];

export interface DeployRoleProps {
  readonly repository: Repository;
  readonly environment: Environment;
  readonly providerArn: string;
}

/**
 * What a job in one GitHub environment may do in this account: `npm run deploy`, and for development `npm run destroy`.
 *
 * It keeps everybody else out. It does not keep the two environments apart within one account: the roles that CDK's
 * bootstrap made, which both may assume, deploy and delete every stack of the account, as administrator unless the
 * bootstrap was told otherwise. Separate accounts do (docs/ci.md).
 */
export class DeployRole extends Construct {
  readonly role: Role;

  constructor(scope: Construct, id: string, props: DeployRoleProps) {
    super(scope, id);
    const { environment, repository, providerArn } = props;
    this.role = new Role(this, 'Role', {
      description: `Deploys Stepwell from the environment ${environment} of ${repository}`,
      assumedBy: new WebIdentityPrincipal(providerArn, {
        // Both, and by equality: without `sub` every repository on GitHub could assume this role.
        StringEquals: {
          [`${ISSUER}:aud`]: AUDIENCE,
          [`${ISSUER}:sub`]: subjectOf(repository, environment),
        },
      }),
      inlinePolicies: {
        deploy: new PolicyDocument({ statements: [...this.#bootstrap(), this.#askAboutStacks(environment)] }),
        ...(environment === 'development' && {
          emptyBuckets: new PolicyDocument({ statements: this.#emptyBuckets() }),
        }),
      },
    });
  }

  /** CDK's command line does its work as these roles. The one for images is left out: there are none. */
  #bootstrap(): PolicyStatement[] {
    const stack = Stack.of(this);
    const qualifier = stack.synthesizer.bootstrapQualifier ?? DefaultStackSynthesizer.DEFAULT_QUALIFIER;
    const roles = ['deploy', 'file-publishing', 'lookup'].map((kind) =>
      stack.formatArn({
        service: 'iam',
        region: '',
        resource: 'role',
        resourceName: `cdk-${qualifier}-${kind}-role-${Aws.ACCOUNT_ID}-${Aws.REGION}`,
      }),
    );
    const version = stack.formatArn({
      service: 'ssm',
      resource: 'parameter',
      resourceName: `cdk-bootstrap/${qualifier}/version`,
    });
    return [
      new PolicyStatement({ actions: ['sts:AssumeRole'], resources: roles }),
      new PolicyStatement({ actions: ['ssm:GetParameter'], resources: [version] }),
    ];
  }

  #askAboutStacks(environment: Environment): PolicyStatement {
    const resources = STACKS[environment].map((name) => {
      // A stack's ARN ends in an id that nobody knows beforehand.
      const arn = { service: 'cloudformation', resource: 'stack', resourceName: `${name}/*` };
      this.#acknowledge(
        `arn:<AWS::Partition>:cloudformation:<AWS::Region>:<AWS::AccountId>:stack/${name}/*`,
        'The rest of the ARN is a random id; reading only.',
      );
      return Stack.of(this).formatArn(arn);
    });
    return new PolicyStatement({ actions: [...QUESTIONS[environment]], resources });
  }

  /**
   * CloudFormation cannot delete a bucket that holds anything. The names that it makes begin with the stack's, but it cuts
   * long ones, so that `-dev` may be missing: the pattern is wider than the stacks', and production's bucket is taken out.
   */
  #emptyBuckets(): PolicyStatement[] {
    const ofThisAccount = { StringEquals: { 'aws:ResourceAccount': Aws.ACCOUNT_ID } };
    const buckets = (pattern: string): string =>
      Stack.of(this).formatArn({ service: 's3', region: '', account: '', resource: pattern });
    const list = ['s3:ListBucketVersions'];
    const remove = ['s3:DeleteObject', 's3:DeleteObjectVersion'];
    for (const pattern of ['stepwell-*', 'stepwell-*/*']) {
      this.#acknowledge(
        `arn:<AWS::Partition>:s3:::${pattern}`,
        'CloudFormation chooses the names of preview stacks’ buckets.',
      );
    }
    return [
      new PolicyStatement({ actions: list, resources: [buckets('stepwell-*')], conditions: ofThisAccount }),
      new PolicyStatement({ actions: remove, resources: [buckets('stepwell-*/*')], conditions: ofThisAccount }),
      new PolicyStatement({
        effect: Effect.DENY,
        actions: [...list, ...remove],
        resources: PRODUCTION_BUCKETS.map(buckets),
      }),
    ];
  }

  #acknowledge(resource: string, reason: string): void {
    Validations.of(this).acknowledge({ id: `AwsSolutions-IAM5[Resource::${resource}]`, reason });
  }
}
