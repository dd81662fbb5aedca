import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { environmentOf } from './command-run.ts';
import { FakeAws } from './fake-aws.ts';

let aws: FakeAws;
beforeEach(async () => {
  aws = await FakeAws.start();
});
afterEach(async () => {
  await aws[Symbol.asyncDispose]();
});

/** As npm runs it, without a terminal. */
async function start(verb: 'deploy' | 'destroy', argv: readonly string[], env: Record<string, string> = {}) {
  const script = join(import.meta.dirname, `../../cli/${verb}.ts`);
  const { promise, resolve } = Promise.withResolvers<{ code: unknown; stdout: string; stderr: string }>();
  execFile(
    process.execPath,
    [script, ...argv],
    { env: { ...environmentOf(aws), ...env }, cwd: import.meta.dirname },
    (error, stdout, stderr) => resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
  );
  return await promise;
}

describe('as processes', () => {
  test.each(['deploy', 'destroy'] as const)('%s --help says how it is used', async (verb) => {
    const { code, stdout, stderr } = await start(verb, ['--help']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`npm run ${verb} -- --yes`);
    expect(aws.calls).toEqual([]);
  });

  test('an unknown flag ends with 1, the usage and no stack trace', async () => {
    const { code, stdout, stderr } = await start('deploy', ['--force']);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^Unknown option '--force'/);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  test('there is nothing to destroy: 0', async () => {
    const { code, stdout, stderr } = await start('destroy', ['--yes'], { PREFIX: 'shop' });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('There is no stack shop-dev');
  });

  test('without a terminal nobody is asked: 1', async () => {
    aws.stacks.put('shop-dev');
    const { code, stdout, stderr } = await start('destroy', [], { PREFIX: 'shop' });
    expect(code).toBe(1);
    expect(stdout).toContain('What stays: nothing.');
    expect(stderr).toBe(
      'There is no terminal to ask on; nothing has been done.\nTo do it: PREFIX=shop npm run destroy -- --yes\n',
    );
    expect(aws.calls).not.toContain('cdk destroy');
  });
});
