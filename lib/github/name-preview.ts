// A step of .github/workflows/preview.yml: tells the following jobs whose stack they deploy or remove. A program rather
// than shell, because the rule must be the one that `npm run deploy` has.
import { appendFileSync } from 'node:fs';
import { previewOf } from './preview.ts';

const outputs = process.env['GITHUB_OUTPUT'];
if (outputs === undefined) throw new Error('GITHUB_OUTPUT is not set; this runs as a step of a GitHub workflow.');
const preview = previewOf(process.env['HEAD_REF']);
if (preview === undefined) {
  // No outputs: the following jobs are skipped.
  console.log('::notice title=No preview::This branch’s stack would be the main one.');
} else {
  appendFileSync(outputs, `prefix=${preview.prefix}\nstack=${preview.stackName}\n`);
  console.log(`This pull request has the stack ${preview.stackName}.`);
}
