import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { apiKeyOf } from '../../local/api-key.ts';
import { openDataFolder } from '../../local/data-folder.ts';
import { StartupProblem } from '../../local/startup-problem.ts';
import { startStubStack } from './stub-stack.ts';

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'stepwell-data-'));
});
afterEach(() => {
  rmSync(parent, { recursive: true, force: true });
});

test('two cannot hold one folder; the message names the holder and what to do', () => {
  const first = openDataFolder(join(parent, 'data'));
  first.announce({
    url: 'http://127.0.0.1:3000',
    dynamodb: 'http://127.0.0.1:1',
    sqs: 'http://127.0.0.1:1',
    table: 'State',
  });
  expect(() => openDataFolder(join(parent, 'data'))).toThrow(StartupProblem);
  expect(() => openDataFolder(join(parent, 'data'))).toThrow(
    new RegExp(`process ${process.pid} \\(http://127.0.0.1:3000\\).*STEPWELL_DATA=.*PORT=3001`, 's'),
  );
  first.release();
  openDataFolder(join(parent, 'data')).release();
});

test('a folder of a newer format is left alone', () => {
  const folder = join(parent, 'data');
  openDataFolder(folder).release();
  writeFileSync(join(folder, 'format'), '99\n');
  expect(() => openDataFolder(folder)).toThrow(/newer Stepwell \(format 99\).*move the folder away/s);
  // The lock was let go of: with the format put right it opens.
  writeFileSync(join(folder, 'format'), '1\n');
  openDataFolder(folder).release();
});

test('a path that cannot be a folder says so', () => {
  writeFileSync(join(parent, 'file'), '');
  expect(() => openDataFolder(join(parent, 'file', 'data'))).toThrow(/cannot be used.*STEPWELL_DATA=/s);
});

test('the API key is made once, is 256 bits, and only its owner can read it', () => {
  const key = apiKeyOf(parent);
  expect(key).toMatch(/^sw_[A-Za-z0-9_-]{43}$/);
  const file = join(parent, 'api-key');
  chmodSync(file, 0o644);
  expect(apiKeyOf(parent)).toBe(key);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a key file that was cut short is a problem that names it', () => {
  writeFileSync(join(parent, 'api-key'), 'sw_');
  expect(() => apiKeyOf(parent)).toThrow(/api-key.*at least 32/s);
});

test.each(['dynamodb.db', 'fauxqs/fauxqs.db', 'schedules.db', 'lock.db'])(
  'a broken %s is reported with what to do, and nothing is left running',
  async (file) => {
    const folder = join(parent, 'data');
    const stack = await startStubStack({ dataDir: folder });
    await stack.stop();
    rmSync(join(folder, `${file}-wal`), { force: true });
    writeFileSync(
      join(folder, file),
      'this is not a database, and long enough to be looked at as if it were one'.repeat(99),
    );
    const failed = startStubStack({ dataDir: folder });
    await expect(failed).rejects.toBeInstanceOf(StartupProblem);
    await expect(failed).rejects.toThrow(/move|STEPWELL_DATA/i);
    expect(existsSync(join(folder, 'dynoxide.pid'))).toBe(false);
  },
);
