import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MUTANTS } from './catalogue.ts';
import { mutate } from './mutant.ts';

const ROOT = join(import.meta.dirname, '../../..');

test('there are at least 25 mutants, each with a name of its own', () => {
  expect(MUTANTS.length).toBeGreaterThanOrEqual(25);
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
});

test.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))('%s can still be put in', (_, mutant) => {
  for (const { file } of mutant.edits) {
    const source = readFileSync(join(ROOT, file), 'utf8');
    const mutated = mutate(source, file, mutant);
    expect(mutated).not.toBe(source);
    expect(() => stripTypeScriptTypes(mutated)).not.toThrow();
  }
});

test('a text that is not there any more is not passed over', () => {
  const [mutant] = MUTANTS;
  expect(() => mutate('another source', mutant!.edits[0]!.file, mutant!)).toThrow('occurs 0 times');
});
