import type { Account } from './account.ts';
import { cdkEnvironment, runCdk } from './cdk.ts';
import { readCommandLine, usage } from './command-line.ts';
import { consentTo } from './consent.ts';
import type { Context, Terminal } from './context.ts';
import { survey } from './context.ts';
import { obstacleTo } from './obstacle.ts';
import { destroyedText, failedDestroyText } from './outcome.ts';
import { destroyProspect } from './prospect.ts';
import type { Situation } from './situation.ts';
import { situationText } from './situation.ts';
import { StackProblem } from './stack-problem.ts';
import type { DeployedStack, Fate } from './stack-state.ts';
import { BUCKET, fateOf, standingOf } from './stack-state.ts';

/** Workers that still ran may have filled a bucket behind our back; by the second round they are gone. */
const ROUNDS_MAX = 2;

/** `npm run destroy`. Each step can be done again, so that stopped anywhere it is finished by running it once more. */
export async function destroy(context: Context, account: Account): Promise<void> {
  const { terminal } = context;
  const options = readCommandLine('destroy', context.argv);
  if (options === undefined) {
    terminal.say(usage('destroy'));
    return;
  }
  const situation = await survey(context, account);
  terminal.say(`Destroying a Stepwell\n\n${situationText(situation)}\n`);
  const { stack, identity } = situation;
  if (stack === undefined) {
    terminal.say(`There is no stack ${identity.stackName} in this account and region: nothing to do.`);
    return;
  }
  const obstacle = obstacleTo('destroy', situation);
  if (obstacle !== undefined) throw new StackProblem(obstacle);
  const fate = await fateIn(account, identity.stackName);
  terminal.say(`${destroyProspect(fate, stack.terminationProtection)}\n`);
  await obtainConsent(situation, options.yes, terminal);
  await carryOut({ context, account, situation, stack, fate });
}

async function obtainConsent(situation: Situation, yes: boolean, { ask }: Terminal): Promise<void> {
  const consent = consentTo('destroy', situation, yes, ask !== undefined);
  if (consent.kind === 'refused') throw new StackProblem(consent.why);
  if (consent.kind === 'ask' && !((await ask?.(consent.question)) ?? false))
    throw new StackProblem('Nothing has been done.');
}

async function fateIn(account: Account, stackName: string): Promise<Fate> {
  const resources = await account.resourcesOf(stackName);
  // A stack that holds nothing may have no template either.
  return resources.length === 0 ? { goes: [], stays: [] } : fateOf(resources, await account.retainedBy(stackName));
}

interface Destruction {
  readonly context: Context;
  readonly account: Account;
  readonly situation: Situation;
  readonly stack: DeployedStack;
  readonly fate: Fate;
}

async function carryOut(destruction: Destruction): Promise<void> {
  const { context, account, situation, stack } = destruction;
  const { terminal } = context;
  const { stackName } = situation.identity;
  let { fate } = destruction;
  for (let round = 1; ; round += 1) {
    await emptyBuckets(fate, account, terminal);
    if (stack.terminationProtection && round === 1) await account.setTerminationProtection(stackName, false);
    const end = await runCdk(context.cdk, ['destroy', stackName, '--force'], cdkEnvironment(situation));
    const left = await account.describe(stack.id);
    if (left === undefined || left.status === 'DELETE_COMPLETE') {
      // CloudFormation's own word for what it kept, while it remembers the stack; else what its template said.
      const stays = left === undefined ? fate.stays : fateOf(await account.resourcesOf(stack.id), new Set()).stays;
      terminal.say(destroyedText(stackName, stays));
      return;
    }
    fate = await fateIn(account, stack.id);
    if (left.status === 'DELETE_FAILED' && round < ROUNDS_MAX && bucketsOf(fate).length > 0) continue;
    await protectAgain(destruction, left);
    throw new StackProblem(failedDestroyText(stackName, end, left));
  }
}

function bucketsOf({ goes }: Fate): readonly string[] {
  return goes.filter(({ type }) => type === BUCKET).map(({ name }) => name);
}

async function emptyBuckets(fate: Fate, account: Account, { say }: Terminal): Promise<void> {
  for (const bucket of bucketsOf(fate)) {
    const objects = await account.emptyBucket(bucket);
    say(`The bucket ${bucket} is empty; ${objects} objects were deleted.`);
  }
}

/** A stack that was not touched after all must not lie about unprotected. One that is half gone cannot be kept anyway. */
async function protectAgain({ context, account, situation, stack }: Destruction, left: DeployedStack): Promise<void> {
  if (!stack.terminationProtection || standingOf(left.status) !== 'settled') return;
  await account.setTerminationProtection(situation.identity.stackName, true);
  context.terminal.say('The protection against deletion is back.');
}
