/** GitHub's own limits of a login and of a repository's name. `_` is in logins that an enterprise manages. */
const OWNER = '[A-Za-z0-9][A-Za-z0-9_-]{0,38}';
const NAME = '(?!\\.{1,2}(?:@|$))[A-Za-z0-9._-]{1,100}';
const ID = '@[1-9][0-9]{0,18}';
const REPOSITORY = new RegExp(`^(?:${OWNER}/${NAME}|${OWNER}${ID}/${NAME}${ID})$`);
/** What GitHub's API puts before it (`sub_claim_prefix`): so that its answer can be passed on as it is. */
const SUBJECT_PREFIX = 'repo:';

/** A repository as GitHub writes it at the start of its tokens' `sub`. */
export type Repository = string & { readonly brand: 'Repository' };

/**
 * Repositories made, renamed or opted in since 15 July 2026 carry the numbers of owner and repository, so that nobody
 * who takes a name over takes the trust with it; older ones carry names alone. We cannot know which, and the role must
 * trust exactly one of the two: the owner says.
 *
 * @throws on anything else: `*` in particular would end up in a trust policy.
 */
export function parseRepository(value: unknown): Repository {
  const name = typeof value === 'string' ? value.replace(new RegExp(`^${SUBJECT_PREFIX}`), '') : '';
  if (isRepository(name)) return name;
  throw new Error(
    `The context value "repository" is ${JSON.stringify(value) ?? 'missing'}. Pass -c repository=owner@123/name@456, as your ` +
      'repository calls itself in its OIDC tokens, or -c repository=owner/name for one made before 15 July 2026; docs/ci.md says how to find out.',
  );
}

/** The `sub` of a token that a job in this environment gets, and no other job. */
export function subjectOf(repository: Repository, environment: string): string {
  return `${SUBJECT_PREFIX}${repository}:environment:${environment}`;
}

function isRepository(value: string): value is Repository {
  return REPOSITORY.test(value);
}
