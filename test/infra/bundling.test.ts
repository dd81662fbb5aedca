import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleFunctions, functionFolders } from '../../lib/bundling/functions.ts';
import { dev, resources } from './synthesized.ts';

/** What is uploaded of one function, zipped, its source map included. */
const ZIPPED_BYTES_MAX = 400_000;
/** What an archive says of each file, twice. */
const ZIP_ENTRY_BYTES = 130;

const run = promisify(execFile);
const outdir = mkdtempSync(join(tmpdir(), 'stepwell-bundles-'));

beforeAll(() => bundleFunctions(outdir));
afterAll(() => {
  rmSync(outdir, { recursive: true, force: true });
});

const filesOf = (folder: string, from = outdir) => readdirSync(join(from, folder)).sort();
const read = (folder: string, file: string, from = outdir) => readFileSync(join(from, folder, file), 'utf8');
const zipped = (text: string) => deflateRawSync(text, { level: 9 }).length;

/** `index.mjs` and what it imports statically. */
function loadedAtOnce(folder: string): string[] {
  const found = new Set(['index.mjs']);
  for (const file of found)
    for (const [, path] of read(folder, file).matchAll(/(?:from|import) ?"\.\/([^"]+)"/g))
      if (path !== undefined) found.add(path);
  return [...found];
}

test('each function of the template has a bundle, and each bundle a function', () => {
  const used = resources(dev, 'AWS::Lambda::Function').map(
    ([, resource]) => (resource as unknown as { Metadata: Record<string, string> }).Metadata['stepwell:lambda'],
  );
  expect(new Set(used)).toEqual(new Set(functionFolders()));
});

describe.each(functionFolders())('the bundle of %s', (folder) => {
  test('is small, with all that it may load later', () => {
    const bytes = filesOf(folder).reduce((sum, file) => sum + zipped(read(folder, file)) + ZIP_ENTRY_BYTES, 0);
    console.log(`${folder}: ${bytes} bytes zipped, ${zipped(read(folder, 'index.mjs'))} of them in index.mjs`);
    expect(bytes).toBeLessThanOrEqual(ZIPPED_BYTES_MAX);
  });

  test('holds no search for credentials', () => {
    for (const file of filesOf(folder))
      expect(read(folder, file)).not.toMatch(/sso_start_url|169\.254\.169\.254\/latest|credential_process/);
  });

  test('does not have a cold start compile what it may never need: S3, schedules, events, YAML, fetch', () => {
    const atOnce = loadedAtOnce(folder);
    expect(atOnce).toContain('index.mjs');
    const text = atOnce.map((file) => read(folder, file)).join('\n');
    expect(text).not.toMatch(/ListBuckets|CreateSchedule|PutEvents|from ?"node:http"/);
    const later = filesOf(folder).filter((file) => file.endsWith('.mjs') && !atOnce.includes(file));
    expect(later.map((file) => read(folder, file)).join('\n')).toMatch(/CreateSchedule/);
  });

  test('names its sources as the repository does, wherever it was made', () => {
    const { sources } = JSON.parse(read(folder, 'index.mjs.map')) as { sources: string[] };
    expect(sources).toContain(`lambdas/${folder}/index.ts`);
    expect(sources.filter((source) => !/^(lambdas|shared)\/.*\.ts$/.test(source))).toEqual([]);
  });

  test('starts, and says what is missing by the line of our own file that misses it', async () => {
    const env = {
      PATH: process.env['PATH'],
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'b',
      AWS_REGION: 'us-east-1',
    };
    const started = run(
      process.execPath,
      ['--enable-source-maps', '-e', `await import('${pathToFileURL(join(outdir, folder, 'index.mjs')).href}')`],
      { env },
    );
    const { stderr } = await started.then(
      () => ({ stderr: 'it started without an environment' }),
      (error: { stderr: string }) => error,
    );
    expect(stderr).toContain('the environment is incomplete: STEPWELL_TABLE');
    const line = Number(/lambdas\/runtime\/config\.ts:(\d+)/.exec(stderr)?.[1]);
    const source = readFileSync(join(import.meta.dirname, '../../lambdas/runtime/config.ts'), 'utf8').split('\n');
    expect(source[line - 1]).toContain('throw new Error');
  });
});

test('what was not changed is not uploaded again: the same sources give the same bytes in any folder', async () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'stepwell-other-'));
  try {
    await bundleFunctions(elsewhere);
    for (const folder of functionFolders()) {
      expect(filesOf(folder, elsewhere)).toEqual(filesOf(folder));
      for (const file of filesOf(folder)) expect(read(folder, file, elsewhere)).toBe(read(folder, file));
    }
  } finally {
    rmSync(elsewhere, { recursive: true, force: true });
  }
});
