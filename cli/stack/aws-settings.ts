import type { Environment } from './command-line.ts';

/** For the SDK's clients; what is missing here they look for themselves (profiles, SSO, container and instance roles). */
export interface AwsSettings {
  readonly region?: string;
  readonly profile?: string;
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

/**
 * Region and credentials as the CDK (and the AWS CLI) chooses them, where the SDK for JavaScript would choose otherwise:
 * keys in the environment before AWS_PROFILE, AWS_DEFAULT_REGION and AWS_DEFAULT_PROFILE at all. Else we would print one
 * account and the CDK deploy to another.
 */
export function awsSettings(env: Environment): AwsSettings {
  const first = (...names: readonly string[]): string | undefined =>
    names.map((name) => env[name]).find((value) => value !== undefined && value !== '');
  const region = first('AWS_REGION', 'AWS_DEFAULT_REGION');
  const profile = first('AWS_PROFILE', 'AWS_DEFAULT_PROFILE');
  const accessKeyId = first('AWS_ACCESS_KEY_ID');
  const secretAccessKey = first('AWS_SECRET_ACCESS_KEY');
  const sessionToken = first('AWS_SESSION_TOKEN');
  const common = { ...(region !== undefined && { region }), ...(profile !== undefined && { profile }) };
  if (accessKeyId === undefined || secretAccessKey === undefined) return common;
  return {
    ...common,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
  };
}
