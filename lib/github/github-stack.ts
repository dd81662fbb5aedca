import type { StackProps } from 'aws-cdk-lib';
import { CfnOutput, Stack } from 'aws-cdk-lib';
import { OidcProviderNative } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { AUDIENCE, DeployRole, ISSUER } from './deploy-role.ts';
import type { Environment, Settings } from './settings.ts';

const CONSTRUCTS: Readonly<Record<Environment, string>> = { production: 'Production', development: 'Development' };

/** What lets a GitHub repository deploy Stepwell without a stored key. An account's owner deploys it once, by hand. */
export class GithubStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps & { readonly settings: Settings }) {
    const { settings, ...stackProps } = props;
    super(scope, id, { description: 'Lets a GitHub repository deploy Stepwell', ...stackProps });
    const providerArn = settings.providerArn ?? this.#provider();
    for (const environment of settings.environments) {
      const { role } = new DeployRole(this, CONSTRUCTS[environment], {
        repository: settings.repository,
        environment,
        providerArn,
      });
      // oxlint-disable-next-line no-new -- a construct adds itself to its scope
      new CfnOutput(this, `${CONSTRUCTS[environment]}RoleArn`, {
        value: role.roleArn,
        description: `The variable AWS_ROLE_ARN of the environment ${environment}`,
      });
    }
  }

  /** The older construct of this name would bring a Lambda along. AWS knows GitHub's certificates: no thumbprints. */
  #provider(): string {
    return new OidcProviderNative(this, 'Provider', { url: `https://${ISSUER}`, clientIds: [AUDIENCE] })
      .oidcProviderArn;
  }
}
