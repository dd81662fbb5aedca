import { readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuildOptions } from 'esbuild';
import { build } from 'esbuild';
import { thinSourceMap } from './thin-source-map.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const LAMBDAS = 'lambdas';

/** esbuild's ESM output has no `require`; a few dependencies are CommonJS and call it for Node's own modules. */
const REQUIRE_BANNER =
  "import{createRequire as stepwellRequire}from'node:module';const require=stepwellRequire(import.meta.url);";

const OPTIONS = {
  absWorkingDir: repository,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  mainFields: ['module', 'main'],
  minify: true,
  sourcemap: true,
  sourcesContent: false,
  legalComments: 'none',
  outExtension: { '.js': '.mjs' },
  banner: { js: REQUIRE_BANNER },
  // Handlers take their role's credentials from the environment (lambdas/runtime/aws-clients.ts). The SDK's search for others
  // (SSO, profiles, instance metadata) is 90 KB that never runs.
  alias: { '@aws-sdk/credential-provider-node': './lambdas/runtime/no-credential-search.ts' },
  logLevel: 'warning',
} as const satisfies BuildOptions;

/** The folders of `lambdas/` that are a function: those with an `index.ts`. */
export function functionFolders(): string[] {
  return readdirSync(join(repository, LAMBDAS), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && readdirSync(join(repository, LAMBDAS, entry.name)).includes('index.ts'))
    .map(({ name }) => name)
    .sort();
}

/**
 * One ESM file for each function, all in one pass of esbuild: `<outdir>/<folder>/index.mjs` and its map. With our pinned
 * SDK, tree-shaken: it starts faster than the runtime's copy and is the one that was tested.
 */
export async function bundleFunctions(outdir: string): Promise<void> {
  const entryPoints = Object.fromEntries(
    functionFolders().map((name) => [`${name}/index`, `${LAMBDAS}/${name}/index.ts`]),
  );
  const { outputFiles } = await build({ ...OPTIONS, entryPoints, outdir, write: false });
  await Promise.all(
    outputFiles.map(async ({ path, text }) => {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, path.endsWith('.map') ? thinSourceMap(text, inRepository(dirname(path))) : text);
    }),
  );
}

/** Names that are the same on every machine, or a function would look changed although it is not. */
function inRepository(folder: string): (source: string) => string {
  return (source) => relative(repository, resolve(folder, source)).replaceAll('\\', '/');
}
