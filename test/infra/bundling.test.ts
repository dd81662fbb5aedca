import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
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

const run = promisify(execFile);
const outdir = mkdtempSync(join(tmpdir(), 'stepwell-bundles-'));

beforeAll(() => bundleFunctions(outdir));
afterAll(() => {
  rmSync(outdir, { recursive: true, force: true });
});

const read = (folder: string, file: 'index.mjs' | 'index.mjs.map', from = outdir) =>
  readFileSync(join(from, folder, file), 'utf8');

test('each function of the template has a bundle, and each bundle a function', () => {
  const used = resources(dev, 'AWS::Lambda::Function').map(
    ([, resource]) => (resource as unknown as { Metadata: Record<string, string> }).Metadata['stepwell:lambda'],
  );
  expect([...new Set(used)].sort()).toEqual(functionFolders());
});

describe.each(functionFolders())('the bundle of %s', (folder) => {
  test('is small', () => {
    const bytes = (['index.mjs', 'index.mjs.map'] as const)
      .map((file) => deflateRawSync(read(folder, file), { level: 9 }).length)
      .reduce((sum, size) => sum + size, 0);
    console.log(`${folder}: ${bytes} bytes zipped`);
    expect(bytes).toBeLessThanOrEqual(ZIPPED_BYTES_MAX);
  });

  test('holds no search for credentials', () => {
    expect(read(folder, 'index.mjs')).not.toMatch(/sso_start_url|169\.254\.169\.254\/latest|credential_process/);
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
      expect(read(folder, 'index.mjs', elsewhere)).toBe(read(folder, 'index.mjs'));
      expect(read(folder, 'index.mjs.map', elsewhere)).toBe(read(folder, 'index.mjs.map'));
    }
  } finally {
    rmSync(elsewhere, { recursive: true, force: true });
  }
});
