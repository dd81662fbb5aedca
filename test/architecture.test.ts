import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

/**
 * The import arrows of docs/architecture.md. A folder may import what its row names and itself; a package is matched by
 * its name. The longest matching row counts.
 */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  'shared/domain': ['zod'],
  'shared/domain/expression': ['zod', 'shared/domain', '@marcbachmann/cel-js', 're2js', '@noble/hashes'],
  'shared/engine': ['zod', 'shared/domain'],
  'shared/documents': ['shared/domain', 'yaml', 're2js', 'node:'],
  'shared/nodes': [
    'zod',
    'ipaddr.js',
    'node:',
    'shared/domain',
    'shared/documents',
    'shared/engine/node-type.ts',
    'shared/engine/node-registry.ts',
  ],
  'shared/config': [],
  'shared/metering': ['shared/config', 'shared/domain', 'node:'],
  'shared/contracts': ['zod', 'shared/domain', 'shared/metering/usage.ts'],
  'shared/adapters/memory': ['shared/domain', 'shared/engine', 'node:'],
  'shared/adapters/system': ['shared/domain', 'shared/engine', 'node:'],
  'shared/adapters/aws': [
    'shared/domain',
    'shared/engine',
    'shared/config',
    'shared/metering',
    '@aws-sdk/',
    '@smithy/',
    'node:',
  ],
  lambdas: ['shared/', '@middy/core', '@aws-lambda-powertools/', '@aws-sdk/', 'aws-lambda', 'zod', 'node:'],
  // The composition root and the health check know clients; the rest of the handlers does not.
  'lambdas/api': [
    'shared/',
    'lambdas/runtime',
    '@middy/core',
    '@aws-lambda-powertools/',
    '@aws-sdk/client-sqs',
    'aws-lambda',
    'zod',
    'node:',
  ],
  'lambdas/worker': ['shared/', 'lambdas/runtime', '@middy/core', '@aws-lambda-powertools/', 'aws-lambda', 'node:'],
  lib: ['shared/config', 'aws-cdk-lib', 'constructs', 'cdk-nag', 'node:'],
  // How the functions become what is uploaded; no construct.
  'lib/bundling': ['esbuild', '@jridgewell/sourcemap-codec', 'node:'],
  bin: ['lib', 'aws-cdk-lib', 'node:'],
};

const ROOT = resolve(import.meta.dirname, '..');
const CODE = ['bin', 'lib', 'lambdas', 'shared', 'local', 'cli', 'examples', 'scripts', 'bench'];

function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
}

const sources = new Map(
  [...CODE, 'test'].flatMap(filesBelow).map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]),
);
const own = [...sources].filter(([file]) => !file.startsWith('test/'));

function importsOf(file: string, text: string): string[] {
  const specifiers = [...text.matchAll(/\bfrom '([^']+)'|\bimport\('([^']+)'\)|^import '([^']+)'/gm)].map(
    ([, from, dynamic, bare]) => from ?? dynamic ?? bare ?? '',
  );
  return specifiers.map((specifier) =>
    specifier.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(file), specifier)) : specifier,
  );
}

function rowOf(file: string): string | undefined {
  return Object.keys(ARROWS)
    .filter((folder) => file.startsWith(`${folder}/`))
    .sort((a, b) => b.length - a.length)[0];
}

describe('the import arrows', () => {
  test('there is something to check', () => {
    expect(own.length).toBeGreaterThan(150);
    expect(own.flatMap(([file, text]) => importsOf(file, text)).length).toBeGreaterThan(500);
  });

  test.each(Object.keys(ARROWS))('%s imports only what it may', (folder) => {
    const mine = own.filter(([file]) => rowOf(file) === folder);
    const wrong = mine.flatMap(([file, text]) => {
      const allowed = [...(ARROWS[folder] ?? []), folder];
      return importsOf(file, text)
        .filter((target) => !allowed.some((prefix) => target.startsWith(prefix)))
        .map((target) => `${file} → ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  test.each([
    ['@marcbachmann/cel-js', 'shared/domain/expression/cel.ts'],
    ['@noble/hashes', 'shared/domain/expression/functions/sha256.ts'],
    ['re2js', 'shared/domain/expression/regex.ts'],
  ])('%s is behind one file', (library, file) => {
    const users = own
      .filter(
        ([path, text]) =>
          path.startsWith('shared/domain/') && importsOf(path, text).some((target) => target.startsWith(library)),
      )
      .map(([path]) => path);
    expect(users).toEqual([file]);
  });

  test('only adapters/aws, the composition root, the health check, the local stack, the CLI and the bench know an AWS SDK', () => {
    const users = own
      .filter(([path, text]) => importsOf(path, text).some((target) => target.startsWith('@aws-sdk/')))
      .map(([path]) => path);
    const allowed = [
      'shared/adapters/aws/',
      'lambdas/runtime/',
      'lambdas/api/operations/system.ts',
      'local/',
      'cli/',
      'bench/',
    ];
    expect(users.filter((path) => !allowed.some((prefix) => path.startsWith(prefix)))).toEqual([]);
  });
});

describe('the style that tools do not keep', () => {
  test('no file is longer than 400 lines', () => {
    expect([...sources].filter(([, text]) => text.split('\n').length > 401).map(([file]) => file)).toEqual([]);
  });

  test('no `any` outside tests', () => {
    expect(own.filter(([, text]) => /: any\b|<any>|\bas any\b|any\[\]/.test(text)).map(([file]) => file)).toEqual([]);
  });

  test('domain and engine know no clock and no chance: the same data, the same decision', () => {
    const pure = own.filter(([file]) => /^shared\/(domain|engine)\//.test(file));
    expect(
      pure
        .filter(([, text]) => /\bDate\.now\(|new Date\(\)|Math\.random\(|\bsetTimeout\(|\bprocess\./.test(text))
        .map(([file]) => file),
    ).toEqual([]);
  });

  test('nothing is left to do', () => {
    expect(own.filter(([, text]) => /\/[/*].*\b(TODO|FIXME|HACK)\b/.test(text)).map(([file]) => file)).toEqual([]);
  });
});
