import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MUTANTS } from './catalogue.ts';
import { mutate } from './mutant.ts';

// Loaded before the simulator (`node --import`): puts the bug that MUTANT names into the file that it belongs in.

const ROOT = resolve(import.meta.dirname, '../../..');
const name = process.env['MUTANT'];
const mutant = MUTANTS.find((candidate) => candidate.name === name);
if (mutant === undefined) throw new Error(`MUTANT names no mutant: ${name}`);

registerHooks({
  load(url, context, nextLoad) {
    const file = url.startsWith('file:') ? relative(ROOT, fileURLToPath(url)).split(sep).join('/') : '';
    if (!mutant.edits.some((edit) => edit.file === file)) return nextLoad(url, context);
    const source = mutate(readFileSync(fileURLToPath(url), 'utf8'), file, mutant);
    return { ...nextLoad(url, context), source };
  },
});
