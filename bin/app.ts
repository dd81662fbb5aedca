import { App } from 'aws-cdk-lib';
import { stackName } from '../lib/stack-name.ts';
import { stageNamed } from '../lib/stage.ts';
import { StepwellStack } from '../lib/stepwell-stack.ts';

const stage = stageNamed(process.env['STAGE'] ?? 'dev');
const name = stackName(process.env['PREFIX'] ?? 'stepwell', stage.name);

const app = new App();
// oxlint-disable-next-line no-new -- a stack adds itself to the app
new StepwellStack(app, name, { stage, stackName: name, terminationProtection: stage.protectData });
app.synth();
