import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCdk } from '../../cli/stack/cdk.ts';
import { FakeAws } from './fake-aws.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepwell-cdk-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function runScript(source: string, env: Record<string, string> = {}) {
  const script = join(folder, 'cdk.mjs');
  writeFileSync(script, source);
  return await runCdk({ script, folder }, [], env);
}

describe('the CDK as a child', () => {
  test('how it ended is told', async () => {
    expect(await runScript('')).toBeUndefined();
    expect(await runScript('process.exitCode = 3')).toBe('ended with 3');
    expect(await runScript("process.kill(process.pid, 'SIGKILL')")).toBe('was stopped (SIGKILL)');
  });

  test('a signal to end is passed on, and we stay to see how the child ends', async () => {
    await using aws = await FakeAws.start();
    const before = process.listenerCount('SIGINT');
    let during = 0;
    aws.cdk = () => {
      during = process.listenerCount('SIGINT');
      // As if somebody had sent it: with the child waiting, and its own handler in place.
      process.emit('SIGTERM', 'SIGTERM');
      return 0;
    };
    const end = await runScript(
      `process.on('SIGTERM', () => process.exit(7));
       setTimeout(() => process.exit(9), 30_000);
       await fetch(process.env.AWS_ENDPOINT_URL + '/fake-cdk', { method: 'POST', body: '{"args":[],"env":{}}' });`,
      { AWS_ENDPOINT_URL: aws.endpoint },
    );
    expect(end).toBe('ended with 7');
    // Ctrl-C reaches the whole terminal: unheeded by us while the child runs, as ever afterwards.
    expect(during).toBe(before + 1);
    expect(process.listenerCount('SIGINT')).toBe(before);
  });
});
