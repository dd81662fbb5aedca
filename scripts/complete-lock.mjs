// Run by hand after `npm install` changed the lock file. A registry mirror may answer only for this machine's platform;
// npm then leaves the other platforms' optional packages out of the lock, and `npm ci` refuses it everywhere. This adds
// them (version, os, cpu, libc, optional): npm skips what does not fit and fetches what does.
import { readFileSync, writeFileSync } from 'node:fs';

const OS = new Set(['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32']);
const CPU = {
  arm64: 'arm64',
  x64: 'x64',
  ia32: 'ia32',
  arm: 'arm',
  ppc64: 'ppc64',
  riscv64: 'riscv64',
  s390x: 's390x',
};

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const known = new Set(
  Object.keys(lock.packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)),
);
let added = 0;
for (const owner of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
    if (known.has(name)) continue;
    const words = name.split(/[/-]/);
    const os = words.find((word) => OS.has(word));
    const cpu = words.map((word) => CPU[word]).find((word) => word !== undefined);
    if (os === undefined || cpu === undefined || !/^\d/.test(version))
      throw new Error(`${name}@${version}: which platform is it for?`);
    const libc = name.includes('musl') ? { libc: ['musl'] } : name.includes('-gnu') ? { libc: ['glibc'] } : {};
    lock.packages[`node_modules/${name}`] = {
      version,
      cpu: [cpu],
      ...(owner.dev ? { dev: true } : {}),
      ...libc,
      optional: true,
      os: [os],
    };
    known.add(name);
    added += 1;
  }
}
const { '': root, ...rest } = lock.packages;
lock.packages = { '': root, ...Object.fromEntries(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1))) };
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} packages of other platforms added to package-lock.json`);
