import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';

const MAIN = join(import.meta.dirname, '../../local/main.ts');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepwell-main-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function start(env: Record<string, string>) {
  return spawn(process.execPath, [MAIN], { env: { ...process.env, STEPWELL_DATA: folder, PORT: '0', ...env } });
}

test('what the user can put right ends with 1 and one message, without a stack trace', async () => {
  const child = start({ PORT: '99999' });
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  expect(code).toBe(1);
  expect(said).toMatch(/^PORT is "99999"; [^\n]*\n$/);
});

test('npm start prints a curl that works, keeps the key to itself, and stops cleanly on Ctrl-C', async () => {
  const child = start({});
  let printed = '';
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      printed += `${line}\n`;
      if (line.includes('curl')) break;
    }
    expect(said).toBe('');
    const [, url = '', file = ''] =
      /curl -s (http:\S+) -H "Authorization: Bearer \$\(cat ([^)]+)\)"/.exec(printed) ?? [];
    const key = readFileSync(file, 'utf8').trim();
    expect(printed).not.toContain(key);
    const listed = await fetch(url, { headers: { authorization: `Bearer ${key}` } });
    expect([listed.status, await listed.json()]).toMatchObject([200, { items: [] }]);
    expect((await fetch(new URL('/health', url))).status).toBe(200);
  } finally {
    child.kill('SIGINT');
  }
  expect(await once(child, 'exit')).toEqual([0, null]);
});
