import { stackIdentity } from '../../lib/stack-identity.ts';
import type { Account } from './account.ts';
import type { Cdk } from './cdk.ts';
import type { Environment } from './command-line.ts';
import type { Situation } from './situation.ts';
import { StackProblem } from './stack-problem.ts';

export interface Terminal {
  readonly say: (text: string) => void;
  readonly complain: (text: string) => void;
  /** Missing where nobody can answer. */
  readonly ask?: (question: string) => Promise<boolean>;
}

/** What a command is run with. */
export interface Context {
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly branch: string | undefined;
  readonly terminal: Terminal;
  readonly cdk: Cdk;
}

export async function survey({ env, branch }: Context, account: Account): Promise<Situation> {
  const identity = identityOf(env, branch);
  const caller = await account.identifyCaller();
  const stack = await account.describe(identity.stackName);
  return { env, branch, identity, caller, stack };
}

function identityOf(env: Environment, branch: string | undefined): Situation['identity'] {
  try {
    return stackIdentity(env, branch);
  } catch (error) {
    throw new StackProblem(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
