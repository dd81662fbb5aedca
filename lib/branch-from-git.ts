import { execFileSync } from 'node:child_process';

/** A question to files that are there: git that takes longer waits for something that will not come. */
const GIT_WITHIN_MS = 10_000;

/**
 * The branch that is checked out. Undefined where there is none to name: a detached HEAD (what most CI checks out), no
 * repository (an unpacked archive), no git.
 */
export function currentBranch(folder: string = import.meta.dirname): string | undefined {
  try {
    const answer = execFileSync('git', ['branch', '--show-current'], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: GIT_WITHIN_MS,
    });
    const branch = answer.trim();
    return branch === '' ? undefined : branch;
  } catch {
    return undefined;
  }
}
