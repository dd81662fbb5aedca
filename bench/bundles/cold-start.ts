import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import * as z from 'zod';
import { ENV } from '../../shared/config/env.ts';

const run = promisify(execFile);
const Start = z.object({ initMs: z.number(), rssBytes: z.number() });

export type ColdStart = z.infer<typeof Start>;

/** What a function has to have to begin; nothing is called, so that no value matters. */
const ENVIRONMENT = {
  ...Object.fromEntries(
    [
      ENV.tableName,
      ENV.bucketName,
      ENV.workQueueUrl,
      ENV.isolatedQueueUrl,
      ENV.parkedQueueUrl,
      ENV.scheduleGroup,
      ENV.scheduleRoleArn,
      ENV.workQueueArn,
      ENV.undeliveredQueueArn,
      ENV.stackName,
    ].map((name) => [name, 'bench']),
  ),
  [ENV.baseUrl]: 'https://stepwell.example',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'bench',
  AWS_SECRET_ACCESS_KEY: 'bench',
};

/** A fresh process that does nothing but import the file, if there is one, and says how long it took. */
export async function coldStart(file: string | undefined): Promise<ColdStart> {
  const load = file === undefined ? '' : `await import(${JSON.stringify(pathToFileURL(file).href)});`;
  const script = [
    'const begin = performance.now();',
    load,
    'const initMs = performance.now() - begin;',
    'process.stdout.write(JSON.stringify({ initMs, rssBytes: process.memoryUsage().rss }));',
    // Whatever was opened must not keep the process.
    'process.exitCode = 0; setImmediate(() => process.exit());',
  ].join('\n');
  const env = { PATH: process.env['PATH'] ?? '', ...ENVIRONMENT };
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { env });
  return Start.parse(JSON.parse(stdout));
}
