import type { StackIdentity } from '../../lib/stack-identity.ts';
import type { Environment } from './command-line.ts';
import type { DeployedStack } from './stack-state.ts';

export interface Caller {
  readonly account: string;
  readonly region: string;
  readonly arn: string;
}

/** All that is known before anything is done. */
export interface Situation {
  readonly env: Environment;
  readonly branch: string | undefined;
  readonly identity: StackIdentity;
  readonly caller: Caller;
  /** Undefined = there is no such stack. */
  readonly stack: DeployedStack | undefined;
}

/** Which stack, where, and as whom: what both commands say first. */
export function situationText({ env, branch, identity, caller, stack }: Situation): string {
  const byBranch = branch === undefined ? 'no git branch is checked out here' : `the git branch ${branch}`;
  const rows: readonly (readonly [string, string])[] = [
    ['stack', `${identity.stackName} (${stack === undefined ? 'does not exist' : stack.status})`],
    ['named by', env['PREFIX'] === undefined || env['PREFIX'] === '' ? byBranch : 'PREFIX'],
    ['stage', identity.stage],
    ['account', caller.account],
    ['region', caller.region],
    ['as', caller.arn],
  ];
  return rows.map(([what, value]) => `  ${what.padEnd(10)}${value}`).join('\n');
}
