import { branchSlug } from './branch-slug.ts';
import type { StageName } from './stage.ts';
import { stageNamed } from './stage.ts';

export interface StackIdentity {
  readonly prefix: string;
  readonly stage: StageName;
  /** Everything else in the account is named by CloudFormation after it. */
  readonly stackName: string;
}

/** The environment variables that decide; an empty one counts as not set, as a shell's `PREFIX= npm run deploy` means it. */
export interface IdentityVariables {
  readonly PREFIX?: string | undefined;
  readonly STAGE?: string | undefined;
}

/** Of main, of a checkout without a branch, and what the others' begin with. */
const PREFIX_DEFAULT = 'stepwell';
const MAIN_BRANCHES: ReadonlySet<string> = new Set(['main', 'master']);
/** The schedule group carries the stack's name and may have 64 characters; CloudFormation's own rule is the same but for 128. */
const PREFIX_LENGTH_MAX = 40;
const PREFIX = new RegExp(`^[a-zA-Z][a-zA-Z0-9-]{0,${PREFIX_LENGTH_MAX - 1}}$`);

/**
 * Whose stack this is: PREFIX says so, else the branch, so that colleagues on two branches have a stack each.
 *
 * The stage is what follows the last hyphen (no stage has one), so that no prefix and stage make the name of two others:
 * the branch `dev` has `stepwell-dev-dev`, beside main's `stepwell-dev`.
 *
 * @throws when PREFIX or STAGE cannot be used.
 */
export function stackIdentity(variables: IdentityVariables, branch: string | undefined): StackIdentity {
  const { name: stage } = stageNamed(given(variables.STAGE) ?? 'dev');
  const prefix = given(variables.PREFIX) ?? prefixOf(branch);
  if (!PREFIX.test(prefix))
    throw new Error(
      `PREFIX is "${prefix}"; it is a letter and up to ${PREFIX_LENGTH_MAX - 1} more letters, digits or hyphens. ` +
        'Without it the stack is named after the git branch.',
    );
  return { prefix, stage, stackName: `${prefix}-${stage}` };
}

function prefixOf(branch: string | undefined): string {
  if (branch === undefined || branch === '' || MAIN_BRANCHES.has(branch)) return PREFIX_DEFAULT;
  return `${PREFIX_DEFAULT}-${branchSlug(branch)}`;
}

function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
