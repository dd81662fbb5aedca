import type { Verb } from './command-line.ts';
import { asTyped } from './command-line.ts';
import type { Situation } from './situation.ts';
import type { DeployedStack, Standing } from './stack-state.ts';
import { isStepwell, standingOf } from './stack-state.ts';

/** Why the stack cannot be deployed or destroyed as it is, and what to do about it; undefined when it can. */
export function obstacleTo(verb: Verb, situation: Situation): string | undefined {
  const { stack, identity } = situation;
  if (stack === undefined) return undefined;
  const { stackName } = identity;
  if (!isStepwell(stack))
    return (
      `There is a stack ${stackName}, but it is no Stepwell: it has no output TableName. It is left alone.\n` +
      `To use another name: ${asTyped({ ...situation.env, PREFIX: '<name>' }, `npm run ${verb}`)}`
    );
  if (standingOf(stack.status) === 'busy')
    return `CloudFormation is at work on ${stackName} (${stack.status}). Wait until it is done, then run this again.`;
  return verb === 'deploy' ? obstacleToDeploy(stack, situation) : obstacleToDestroy(stack, situation);
}

function obstacleToDeploy({ status, terminationProtection }: DeployedStack, situation: Situation): string | undefined {
  const { env, identity } = situation;
  const { stackName } = identity;
  const yes = identity.stage === 'prod' ? ' -- --yes' : '';
  const destroyFirst = `Remove it, then deploy again: ${asTyped(env, `npm run destroy${yes}`)}`;
  const obstacles: Readonly<Partial<Record<Standing, string>>> = {
    deleting: `${stackName} is being deleted (${status}). Wait until it is gone, then run this again.`,
    'half-gone': `What is left of ${stackName} cannot be updated (${status}). ${destroyFirst}`,
    paused:
      `The last change of ${stackName} failed and was not undone (${status}). ` +
      `Undo it, then deploy again: ${asTyped(env, 'npx cdk rollback')}`,
    // `cdk deploy` deletes such a stack first; it may not while that is protected.
    ...(terminationProtection && {
      'rolled-back': `The first deployment of ${stackName} failed and was undone (${status}). ${destroyFirst}`,
    }),
  };
  return obstacles[standingOf(status)];
}

function obstacleToDestroy({ terminationProtection }: DeployedStack, { identity }: Situation): string | undefined {
  if (!terminationProtection || identity.stage === 'prod') return undefined;
  // Ours are unprotected in dev.
  return (
    `Somebody protected ${identity.stackName} against deletion by hand. If that is over: ` +
    `aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name ${identity.stackName}`
  );
}
