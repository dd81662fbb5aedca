import { readdirSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuildOptions, Plugin } from 'esbuild';
import { build } from 'esbuild';
import { thinSourceMap } from './thin-source-map.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const LAMBDAS = 'lambdas';
const MAP = '.map';

/** esbuild's ESM output has no `require`; a few dependencies are CommonJS and call it for Node's own modules. */
const REQUIRE_BANNER =
  "import{createRequire as stepwellRequire}from'node:module';const require=stepwellRequire(import.meta.url);";

/**
 * As an ES module, `node:http` has all its exports read at once, the lazy ones too, and those load the whole of `fetch`:
 * 25 of 40 ms. Required, it has not.
 */
const httpWithoutFetch: Plugin = {
  name: 'http-without-fetch',
  setup(bundle) {
    const namespace = 'required';
    bundle.onResolve({ filter: /^(?:node:)?http$/ }, (from) =>
      from.namespace === namespace ? { path: 'node:http', external: true } : { path: 'node:http', namespace },
    );
    bundle.onLoad({ filter: /^node:http$/, namespace }, () => ({ contents: "module.exports = require('node:http');" }));
  },
};

/** The SDK's clients bring along the whole of their package.json, scripts and all, to say their version. */
const versionsAlone: Plugin = {
  name: 'versions-alone',
  setup(bundle) {
    bundle.onLoad({ filter: /[\\/]@aws-sdk[\\/][^\\/]+[\\/]package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, 'utf8')) as { readonly version: string };
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
};

const OPTIONS = {
  absWorkingDir: repository,
  bundle: true,
  // What is imported when it is needed lies in files of its own, which a cold start need not compile.
  splitting: true,
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
  alias: {
    // Handlers take their role's credentials from the environment (lambdas/runtime/aws-settings.ts). The SDK's search for
    // others (SSO, profiles, instance metadata) is 90 KB that never runs.
    '@aws-sdk/credential-provider-node': './lambdas/runtime/no-credential-search.ts',
    // Of S3's client, what it needs to search in objects.
    '@smithy/core/event-streams': './lambdas/runtime/no-event-streams.ts',
    // The same parser as ES modules, of which only the half that reads is taken.
    yaml: './node_modules/yaml/browser/dist/index.js',
  },
  // What the SDK reads a browser's name with, in a browser.
  external: ['bowser'],
  plugins: [httpWithoutFetch, versionsAlone],
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
 * A folder for each function: `index.mjs`, what it loads later, and their maps. With our pinned SDK, tree-shaken: it starts
 * faster than the runtime's copy and is the one that was tested.
 */
export async function bundleFunctions(outdir: string): Promise<void> {
  await Promise.all(functionFolders().map((folder) => bundleFunction(folder, join(outdir, folder))));
}

async function bundleFunction(folder: string, outdir: string): Promise<void> {
  const entryPoints = { index: `${LAMBDAS}/${folder}/index.ts` };
  const { outputFiles } = await build({ ...OPTIONS, entryPoints, outdir, write: false });
  await mkdir(outdir, { recursive: true });
  const maps = new Map(
    outputFiles
      .filter(({ path }) => path.endsWith(MAP))
      .map(({ path, text }) => [path, thinSourceMap(text, inRepository(dirname(path)))]),
  );
  await Promise.all(
    outputFiles
      .filter(({ path }) => !path.endsWith(MAP))
      .map(async ({ path, text }) => {
        const map = maps.get(path + MAP);
        // A file of dependencies alone has nothing to map.
        await writeFile(path, map === undefined ? text.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n') : text);
        if (map !== undefined) await writeFile(path + MAP, map);
      }),
  );
}

/** Names of our own sources that are the same on every machine, or a function would look changed although it is not. */
function inRepository(folder: string): (source: string) => string | undefined {
  return (source) => {
    const name = relative(repository, resolve(folder, source)).replaceAll('\\', '/');
    return /^(?:lambdas|shared)\//.test(name) ? name : undefined;
  };
}
