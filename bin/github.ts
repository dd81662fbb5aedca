import { App } from 'aws-cdk-lib';
import { GithubStack } from '../lib/github/github-stack.ts';
import { readSettings } from '../lib/github/settings.ts';
import { addNag } from '../lib/nag.ts';

const app = new App();
addNag(app);
const settings = readSettings((key) => app.node.tryGetContext(key));
// oxlint-disable-next-line no-new -- a stack adds itself to the app
new GithubStack(app, 'stepwell-github', { settings });
app.synth();
