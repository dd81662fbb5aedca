import type { Caller } from '../../shared/adapters/aws/lean-clients.ts';
import type { Env } from './config.ts';

/**
 * Whose calls a function's are. Credentials come from its own environment, where Lambda puts its role's: the SDK's search
 * through profiles, SSO and instance metadata is left out of the bundle (`lib/bundling/functions.ts`), and several functions
 * of one local process are still told apart.
 */
export function awsSettings(env: Env): Caller {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    AWS_REGION: region,
  } = env;
  if (accessKeyId === undefined || secretAccessKey === undefined || region === undefined)
    throw new Error(
      'the environment has no AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION, which Lambda sets for each function',
    );
  return { region, credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) } };
}
