import { listed } from './resource-list.ts';
import type { DeployedStack, StackResource, Standing } from './stack-state.ts';
import { standingOf } from './stack-state.ts';

export function deployedText(stackName: string, { outputs }: DeployedStack): string {
  return [
    `\n${stackName} is deployed${outputs['ApiUrl'] === undefined ? '.' : `: ${outputs['ApiUrl']}`}`,
    `The first API key: npm run keys -- create --stack ${stackName}`,
  ].join('\n');
}

/** `end`: how the CDK ended, which has said its reason itself. */
export function failedDeployText(stackName: string, end: string, stack: DeployedStack | undefined): string {
  return `\nThe CDK ${end}; its reason is above. ${afterFailure(stackName, stack)}`;
}

function afterFailure(stackName: string, stack: DeployedStack | undefined): string {
  if (stack === undefined) return `There is no stack ${stackName}: nothing was made.`;
  const { status } = stack;
  const goesOn = `CloudFormation goes on with ${stackName} (${status}). Wait until it is done, then run this again.`;
  const isStuck = `${stackName} is stuck (${status}). Run this again: it says what to do.`;
  const texts: Readonly<Record<Standing, string>> = {
    settled: `${stackName} is as it was before (${status}).`,
    shell: `${stackName} was prepared (${status}), nothing was made.`,
    'rolled-back': `The deployment of ${stackName} was undone (${status}). What prod keeps, it keeps then, too: look for resources with the state DELETE_SKIPPED, which hold nothing yet and may be deleted by hand. Mend the reason and run this again.`,
    deleting: goesOn,
    busy: goesOn,
    paused: isStuck,
    'half-gone': isStuck,
  };
  return texts[standingOf(status)];
}

export function destroyedText(stackName: string, stays: readonly StackResource[]): string {
  if (stays.length === 0) return `\n${stackName} is gone, and nothing of it is left.`;
  return [
    `\n${stackName} is gone. This stayed, with all that it holds; a new deployment makes new ones and does not take it up again:`,
    ...listed(stays),
  ].join('\n');
}

/** The stack is still there although it was to be deleted. `end`: how the CDK ended, undefined = well. */
export function failedDestroyText(stackName: string, end: string | undefined, { status }: DeployedStack): string {
  const cdk = `\nThe CDK ${end ?? 'ended well'}`;
  const standing = standingOf(status);
  if (standing === 'deleting')
    return `${cdk}; CloudFormation goes on deleting ${stackName} (${status}). Run this again to see it through.`;
  if (standing === 'half-gone')
    return `${cdk}; ${stackName} could not be deleted as a whole (${status}). Mend what it says above, then run this again.`;
  return `${cdk}, but ${stackName} is still there (${status}). See above for the reason, then run this again.`;
}
