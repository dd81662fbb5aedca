import type { StackIdentity } from '../stack-identity.ts';
import { stackIdentity } from '../stack-identity.ts';

/**
 * The stack of a pull request: the one that its branch has on a laptop, too. Undefined where that is the main stack (a
 * pull request that brings `main` somewhere else, say): a preview must neither be deployed over it nor, closed, remove it.
 */
export function previewOf(branch: string | undefined): StackIdentity | undefined {
  const preview = stackIdentity({ STAGE: 'dev' }, branch);
  const main = stackIdentity({ STAGE: 'dev' }, undefined);
  return preview.stackName === main.stackName ? undefined : preview;
}
