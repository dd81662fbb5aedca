import type { Repository } from './repository.ts';
import { parseRepository } from './repository.ts';

/** Names of GitHub environments: the workflows' jobs are in one of them, and the roles trust them by these names. */
export const ENVIRONMENTS = ['production', 'development'] as const;

export type Environment = (typeof ENVIRONMENTS)[number];

export interface Settings {
  readonly repository: Repository;
  /** Both by default; one of them where production has an account of its own. */
  readonly environments: readonly Environment[];
  /** GitHub's identity provider, where the account has it already: it can have only one. */
  readonly providerArn: string | undefined;
}

const PROVIDER_ARN = /^arn:aws[a-z-]*:iam::[0-9]{12}:oidc-provider\/token\.actions\.githubusercontent\.com$/;

/** `context`: the values given with `cdk deploy -c key=value`. */
export function readSettings(context: (key: string) => unknown): Settings {
  return {
    repository: parseRepository(context('repository')),
    environments: parseEnvironments(context('environments')),
    providerArn: parseProviderArn(context('providerArn')),
  };
}

function parseEnvironments(value: unknown): readonly Environment[] {
  if (value === undefined) return ENVIRONMENTS;
  const named = typeof value === 'string' ? value.split(',') : [];
  if (named.length > 0 && named.every(isEnvironment)) return [...new Set(named)];
  throw new Error(
    `The context value "environments" is ${JSON.stringify(value)}; it is ${ENVIRONMENTS.join(' or ')}, or both with a comma between.`,
  );
}

function isEnvironment(name: string): name is Environment {
  return ENVIRONMENTS.some((environment) => environment === name);
}

function parseProviderArn(value: unknown): string | undefined {
  if (value === undefined || (typeof value === 'string' && PROVIDER_ARN.test(value))) return value;
  throw new Error(
    `The context value "providerArn" is ${JSON.stringify(value)}; it is arn:aws:iam::<account>:oidc-provider/token.actions.githubusercontent.com, ` +
      'as "aws iam list-open-id-connect-providers" prints it. Leave it out to have the provider made.',
  );
}
