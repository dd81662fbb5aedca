import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { currentBranch } from '../lib/branch-from-git.ts';
import { bundleFunctions } from '../lib/bundling/functions.ts';
import { addNag } from '../lib/nag.ts';
import { readOptions } from '../lib/options.ts';
import { stackIdentity } from '../lib/stack-identity.ts';
import { stageNamed } from '../lib/stage.ts';
import { StepwellStack } from '../lib/stepwell-stack.ts';

function whatToSynthesize(app: App) {
  const { PREFIX, STAGE } = process.env;
  const { stage: name, stackName } = stackIdentity({ PREFIX, STAGE }, currentBranch());
  return { stage: stageNamed(name, readOptions(app.node.tryGetContext('stepwell'), name)), stackName };
}

/** The CDK command line says for which stacks it needs code: for none to list or destroy them, nor for the local stack. */
function wantsCode(app: App): boolean {
  const patterns: unknown = app.node.tryGetContext('aws:cdk:bundling-stacks');
  return !Array.isArray(patterns) || patterns.length > 0;
}

async function main(): Promise<void> {
  const app = new App();
  const { stage, stackName } = whatToSynthesize(app);
  const properties = { stage, stackName, terminationProtection: stage.protectData };
  if (wantsCode(app)) {
    const bundles = join(app.outdir, 'bundles');
    await bundleFunctions(bundles);
    addNag(app);
    // oxlint-disable-next-line no-new -- a stack adds itself to the app
    new StepwellStack(app, stackName, { ...properties, bundles });
  } else {
    // oxlint-disable-next-line no-new -- as above
    new StepwellStack(app, stackName, properties);
  }
  app.synth();
}

try {
  await main();
} catch (error) {
  // What an operator can mend is said in its message; where in CDK it was noticed helps nobody.
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
