import type { AwsSettings } from './aws-settings.ts';
import { StackProblem } from './stack-problem.ts';

interface AwsError {
  readonly name: string;
  /** Of the system, when there was no answer. */
  readonly code: string;
  readonly message: string;
}

const LOG_IN = 'Log in again (aws sso login, or whatever gave you the credentials) and run this again.';

const EXPIRED = /^(?:ExpiredToken|ExpiredTokenException|RequestExpired)$/;
/** Providers of SSO and of logins say so in prose only, under the name they also have for "there are none". */
const EXPIRED_IN_PROSE = /\b(?:token|session)\b.*\bexpired\b/i;
const NO_CREDENTIALS = /^(?:CredentialsProviderError|TokenProviderError)$/;
const WRONG_CREDENTIALS =
  /^(?:InvalidClientTokenId|UnrecognizedClientException|SignatureDoesNotMatch|AuthFailure|InvalidAccessKeyId)$/;
const FORBIDDEN = /^(?:AccessDenied|AccessDeniedException|UnauthorizedOperation)$/;
const UNREACHABLE = /^(?:ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;

/** What AWS, or the way there, means by an error, and how to mend it; undefined for what nobody expected. */
function meaningOf({ name, code, message }: AwsError, { region, profile }: AwsSettings): string | undefined {
  if (EXPIRED.test(name) || EXPIRED_IN_PROSE.test(message)) return `Your AWS credentials have expired. ${LOG_IN}`;
  if (message.startsWith('Region is missing'))
    return 'No AWS region is set. Name one, as in AWS_REGION=eu-west-1, or in your profile (aws configure).';
  if (message.startsWith('Region not accepted'))
    return `"${region}" is no AWS region. Set AWS_REGION to one that is, as in eu-west-1.`;
  if (NO_CREDENTIALS.test(name))
    return (
      `No AWS credentials were found (${message}).\n` +
      `Set AWS_PROFILE${profile === undefined ? '' : ` (now ${profile})`} to a profile that is logged in, ` +
      'or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.'
    );
  if (WRONG_CREDENTIALS.test(name)) return `AWS does not accept your credentials (${name}). ${LOG_IN}`;
  if (FORBIDDEN.test(name)) return `AWS does not let you do that: ${message}`;
  if (UNREACHABLE.test(code) || name === 'TimeoutError') {
    const where = region === undefined ? 'the region' : `the region ${region}`;
    return `AWS cannot be reached (${message === '' ? code : message}). Is there a network, and is ${where} written right?`;
  }
  return undefined;
}

/** The same error as a problem that the user can mend, where it is one. */
export function explained(error: unknown, settings: AwsSettings): unknown {
  if (error instanceof StackProblem || !(error instanceof Error)) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const meaning = meaningOf({ name: error.name, code, message: error.message }, settings);
  return meaning === undefined ? error : new StackProblem(meaning, { cause: error });
}
