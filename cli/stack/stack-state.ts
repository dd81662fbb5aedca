/** A stack as CloudFormation describes it. */
export interface DeployedStack {
  readonly id: string;
  readonly status: string;
  readonly description: string | undefined;
  readonly terminationProtection: boolean;
  readonly outputs: Readonly<Record<string, string>>;
}

export const BUCKET = 'AWS::S3::Bucket';

export interface StackResource {
  readonly logicalId: string;
  readonly type: string;
  /** What it is called in the account. */
  readonly name: string;
  readonly status: string;
}

/**
 * What can be done with a stack in such a state.
 *
 * - `settled`: anything.
 * - `shell`: a change set was made for it and never carried out; it holds nothing.
 * - `rolled-back`: its first deployment failed and was undone; it can only be deleted, which `cdk deploy` does first.
 * - `paused`: a change failed and was not undone; it wants a rollback, or to be deleted.
 * - `half-gone`: deleting it, or undoing its first deployment, failed; only deleting it again helps.
 * - `deleting`, `busy`: CloudFormation is at it.
 */
export type Standing = 'settled' | 'shell' | 'rolled-back' | 'paused' | 'half-gone' | 'deleting' | 'busy';

const STANDINGS: Readonly<Record<string, Standing>> = {
  REVIEW_IN_PROGRESS: 'shell',
  DELETE_IN_PROGRESS: 'deleting',
  ROLLBACK_COMPLETE: 'rolled-back',
  ROLLBACK_FAILED: 'half-gone',
  DELETE_FAILED: 'half-gone',
  CREATE_FAILED: 'paused',
  UPDATE_FAILED: 'paused',
  UPDATE_ROLLBACK_FAILED: 'paused',
  IMPORT_ROLLBACK_FAILED: 'paused',
};

export function standingOf(status: string): Standing {
  return STANDINGS[status] ?? (status.endsWith('_IN_PROGRESS') ? 'busy' : 'settled');
}

/** What `lib/stepwell-stack.ts` describes itself as. */
const DESCRIPTION = /^Stepwell: /;

/**
 * Whether it is ours to change. Its outputs say so; a stack that never came to be, or is half gone, has none, and there
 * the description has to do. A shell is nobody's yet.
 */
export function isStepwell({ status, outputs, description }: DeployedStack): boolean {
  const standing = standingOf(status);
  if (outputs['TableName'] !== undefined || standing === 'shell') return true;
  return standing !== 'settled' && DESCRIPTION.test(description ?? '');
}

/** What deleting the stack does to its resources. */
export interface Fate {
  readonly goes: readonly StackResource[];
  readonly stays: readonly StackResource[];
}

/** `retained`: logical ids that the deployed template wants kept. What was deleted already is neither. */
export function fateOf(resources: readonly StackResource[], retained: ReadonlySet<string>): Fate {
  const there = resources.filter(({ status }) => status !== 'DELETE_COMPLETE');
  const keeps = (resource: StackResource): boolean =>
    retained.has(resource.logicalId) || resource.status === 'DELETE_SKIPPED';
  return { goes: there.filter((resource) => !keeps(resource)), stays: there.filter(keeps) };
}
