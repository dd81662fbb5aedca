// Runs on whatever Node the machine has (>= 20): installs when node_modules is missing or older than the lock file,
// so that every npm script works from a bare clone. Plain JavaScript because type stripping needs Node 22.18. Runs as a
// `pre` script: in one command line the shell would remember where it found `node` and miss the one just installed.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const NODE_MAJOR_MIN = 20;
const stamp = 'node_modules/.stepwell-lock-sha256';

const major = Number(process.versions.node.split('.')[0]);
if (major < NODE_MAJOR_MIN) {
  console.error(
    `Stepwell needs Node ${NODE_MAJOR_MIN} or newer to install itself; this is ${process.version}. See https://nodejs.org.`,
  );
  process.exit(1);
}

const lockDigest = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
const installed = existsSync(stamp) ? readFileSync(stamp, 'utf8') : undefined;
if (installed !== lockDigest) {
  console.error('Installing dependencies (once, about half a minute) …');
  const npmCli = process.env.npm_execpath;
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  try {
    if (npmCli === undefined) execFileSync('npm', args, { stdio: 'inherit', shell: process.platform === 'win32' });
    else execFileSync(process.execPath, [npmCli, ...args], { stdio: 'inherit' });
  } catch {
    console.error('npm ci failed (see above). Check the network and the npm registry, then run the command again.');
    process.exit(1);
  }
  writeFileSync(stamp, lockDigest);
}
