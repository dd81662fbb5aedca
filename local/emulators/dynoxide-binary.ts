import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { StartupProblem } from '../startup-problem.ts';

/** Platforms for which an `@dynoxide/<os>-<cpu>` package with the binary exists. */
const SUPPORTED = ['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64', 'win32-x64'] as const;

const WAY_OUT =
  'Any DynamoDB-compatible server will do instead: start one (for instance DynamoDB Local) and name it, ' +
  'DYNAMODB_ENDPOINT=http://127.0.0.1:8000 npm start';

/** Path of the dynoxide binary for this machine. */
export function dynoxideBinary(platform: string = process.platform, cpu: string = process.arch): string {
  const target = `${platform}-${cpu}`;
  if (!SUPPORTED.some((supported) => supported === target)) {
    throw new StartupProblem(
      `The embedded DynamoDB (dynoxide) has no build for ${target}, only for ${SUPPORTED.join(', ')}. ${WAY_OUT}`,
    );
  }
  try {
    const manifest = createRequire(import.meta.url).resolve(`@dynoxide/${target}/package.json`);
    return join(dirname(manifest), platform === 'win32' ? 'dynoxide.exe' : 'dynoxide');
  } catch (error) {
    throw new StartupProblem(
      `The package @dynoxide/${target} is not installed; it is an optional dependency, so run npm ci without ` +
        `--omit=optional. ${WAY_OUT}`,
      { cause: error },
    );
  }
}
