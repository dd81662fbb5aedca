import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { deploy } from '../../cli/stack/deploy.ts';
import { runCommand } from '../../cli/stack/main.ts';
import type { FakeAws } from './fake-aws.ts';
import { REGION } from './fake-aws.ts';

/** In place of the CDK's CLI: tells the fake how it was called, and ends as the fake says. */
const FAKE_CDK = `
const { AWS_ENDPOINT_URL, PREFIX, STAGE, AWS_REGION, PATH } = process.env;
const body = JSON.stringify({ args: process.argv.slice(2), env: { PREFIX, STAGE, AWS_REGION, PATH, cwd: process.cwd() } });
const answer = await fetch(AWS_ENDPOINT_URL + '/fake-cdk', { method: 'POST', body });
process.exitCode = Number(await answer.text());
`;

const folder = mkdtempSync(join(tmpdir(), 'stepwell-cdk-'));
const script = join(folder, 'cdk.mjs');
writeFileSync(script, FAKE_CDK);
process.on('exit', () => {
  rmSync(folder, { recursive: true, force: true });
});

/** Credentials of nobody. AWS_ENDPOINT_URL has to be in the process's own environment too: the SDK reads it there. */
export function environmentOf(aws: FakeAws): Record<string, string | undefined> {
  return {
    ...process.env,
    AWS_ENDPOINT_URL: aws.endpoint,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_SESSION_TOKEN: undefined,
    AWS_PROFILE: undefined,
    PREFIX: undefined,
    STAGE: undefined,
  };
}

interface Given {
  readonly argv?: readonly string[];
  readonly env?: Record<string, string | undefined>;
  readonly branch?: string;
  /** Missing = there is no terminal. */
  readonly answer?: boolean;
}

export interface Run {
  readonly code: number;
  readonly said: string;
  readonly complained: string;
  readonly questions: readonly string[];
}

/** Runs a command as `npm run` would, but with a terminal of ours and a CDK that is not one. */
export async function run(command: typeof deploy, aws: FakeAws, given: Given = {}): Promise<Run> {
  const said: string[] = [];
  const complained: string[] = [];
  const questions: string[] = [];
  const { answer } = given;
  const code = await runCommand(command, {
    argv: given.argv ?? [],
    env: { ...environmentOf(aws), ...given.env },
    branch: given.branch,
    terminal: {
      say: (line) => said.push(line),
      complain: (line) => complained.push(line),
      ...(answer !== undefined && {
        ask: async (question: string) => {
          questions.push(question);
          return answer;
        },
      }),
    },
    cdk: { script, folder },
  });
  return { code, said: said.join('\n'), complained: complained.join('\n'), questions };
}
