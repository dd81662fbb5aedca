import type { Account } from './account.ts';
import type { CdkEnd } from './cdk.ts';
import { cdkEnvironment, runCdk } from './cdk.ts';
import { readCommandLine, usage } from './command-line.ts';
import { consentTo } from './consent.ts';
import type { Context } from './context.ts';
import { survey } from './context.ts';
import { obstacleTo } from './obstacle.ts';
import { deployedText, failedDeployText } from './outcome.ts';
import { deployProspect } from './prospect.ts';
import type { Situation } from './situation.ts';
import { situationText } from './situation.ts';
import { StackProblem } from './stack-problem.ts';
import { standingOf } from './stack-state.ts';

/** `npm run deploy`. */
export async function deploy(context: Context, account: Account): Promise<void> {
  const { terminal, cdk } = context;
  const options = readCommandLine('deploy', context.argv);
  if (options === undefined) {
    terminal.say(usage('deploy'));
    return;
  }
  const situation = await survey(context, account);
  terminal.say(`Deploying Stepwell\n\n${situationText(situation)}\n`);
  await refuseWhatCannotBe(situation, account);
  terminal.say(`${deployProspect(situation.stack)}\n`);
  const consent = consentTo('deploy', situation, options.yes, terminal.ask !== undefined);
  if (consent.kind === 'refused') throw new StackProblem(consent.why);

  const { stackName } = situation.identity;
  const { stack } = situation;
  // What changes, permissions first; from the templates, which takes a second. A diff that fails stops nobody: what it
  // stumbled over, the deployment says too.
  if (stack !== undefined && standingOf(stack.status) === 'settled')
    await runCdk(cdk, ['diff', stackName, '--method=template'], cdkEnvironment(situation));
  // Its changes were printed, and prod said yes to them unseen; CDK's question would stop whoever has no terminal.
  const args = ['deploy', stackName, '--require-approval', 'never', '--outputs-file', 'cdk.out/outputs.json'];
  const end = await runCdk(cdk, args, cdkEnvironment(situation));
  await report(end, situation, account, terminal.say);
}

async function refuseWhatCannotBe(situation: Situation, account: Account): Promise<void> {
  const obstacle = obstacleTo('deploy', situation);
  if (obstacle !== undefined) throw new StackProblem(obstacle);
  if ((await account.bootstrapped()) !== 'no') return;
  const { account: id, region } = situation.caller;
  throw new StackProblem(
    `The account ${id} is not prepared for the CDK in ${region}. Once for each account and region:\n` +
      `  npx cdk bootstrap aws://${id}/${region}\nthen run this again.`,
  );
}

/** The stack itself is asked, in the account that was printed: that the CDK was content says nothing about that one. */
async function report(end: CdkEnd, situation: Situation, account: Account, say: (text: string) => void): Promise<void> {
  const { stackName } = situation.identity;
  const stack = await account.describe(stackName);
  if (end !== undefined) throw new StackProblem(failedDeployText(stackName, end, stack));
  if (stack === undefined) throw new StackProblem(`The CDK said it is done, but there is no stack ${stackName}.`);
  say(deployedText(stackName, stack));
}
