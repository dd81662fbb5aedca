import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { previewOf } from '../../lib/github/preview.ts';
import { stackIdentity } from '../../lib/stack-identity.ts';
import { workflow } from './workflow-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'stepwell-preview-'));
const outputs = join(folder, 'outputs');
const summary = join(folder, 'summary');
const env = {
  PATH: `${folder}${delimiter}${process.env['PATH']}`,
  GITHUB_OUTPUT: outputs,
  GITHUB_STEP_SUMMARY: summary,
};

beforeEach(() => {
  writeFileSync(outputs, '');
  writeFileSync(summary, '');
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the stack of a pull request', () => {
  test.each(['feature/PAY-42-refunds', 'refunds', 'dev', 'prod', 'PROD-42', 'mainline'])(
    'of %s: the one that the branch has on a laptop',
    (branch) => {
      const preview = previewOf(branch);
      expect(preview).toEqual(stackIdentity({}, branch));
      expect(preview?.stackName).toMatch(/^stepwell-.+-dev$/);
    },
  );

  test.each(['main', 'master', '', undefined])('of %j: none, since it would be the main one', (branch) => {
    expect(previewOf(branch)).toBeUndefined();
  });
});

describe('the step that names it', () => {
  const name = (branch: string): string => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['lib/github/name-preview.ts'], {
      env: { ...env, HEAD_REF: branch },
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
    return stdout;
  };

  test('hands prefix and stack to the following job', () => {
    name('fix/PAY-42');
    expect(readFileSync(outputs, 'utf8')).toBe('prefix=stepwell-pay-42\nstack=stepwell-pay-42-dev\n');
  });

  test('hands nothing on for main, so that the following job is skipped', () => {
    expect(name('main')).toContain('::notice title=No preview::');
    expect(readFileSync(outputs, 'utf8')).toBe('');
    expect(workflow('preview.yml').jobs['stack']!.if).toBe("needs.name.outputs.stack != ''");
  });

  test('lets no branch write another output', () => {
    name('x\nstack=stepwell-dev');
    const lines = readFileSync(outputs, 'utf8').split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[1]).toMatch(/^stack=stepwell-x-stack-\w+-x\w{6}-dev$/);
  });
});

describe('preview.yml', () => {
  const { on, jobs } = workflow('preview.yml');
  const named = jobs['name']!;
  const stack = jobs['stack']!;

  test('runs for every beginning and for the end of a pull request', () => {
    expect(on).toEqual({ pull_request: { types: ['opened', 'reopened', 'synchronize', 'closed'] } });
  });

  test('has nothing for forks and Dependabot, who get no token, nor where no account is set up', () => {
    expect(named.if?.split(/\s+&&\s+/)).toEqual([
      "vars.AWS_REGION != ''",
      'github.event.pull_request.head.repo.full_name == github.repository',
      "github.event.pull_request.user.login != 'dependabot[bot]'",
    ]);
    expect(stack['needs']).toBe('name');
  });

  test('asks how the pull request stands before all else, and does the one or the other', () => {
    const [asks] = stack.steps;
    expect(asks!.run).toContain('gh api "repos/$GITHUB_REPOSITORY/pulls/$NUMBER" >> "$GITHUB_OUTPUT"');
    const when = (command: string) => stack.steps.find(({ run }) => run === command)?.if;
    expect(when('npm run deploy -- --yes')).toBe("steps.pull-request.outputs.state == 'open'");
    expect(when('npm run destroy -- --yes')).toBe("steps.pull-request.outputs.state == 'closed'");
  });

  test('names and removes it with code that is still there when the branch is gone', () => {
    expect(stack.steps[0]!.run).toContain(
      `"ref=\\(if .state == "open" then .head.sha else .base.repo.default_branch end)"`,
    );
    expect(stack.steps[1]!.with['ref']).toBe('${{ steps.pull-request.outputs.ref }}');
    expect(named.steps[0]!.with['ref']).toBe('${{ github.event.repository.default_branch }}');
  });
});

describe('the step that says where the API is', () => {
  const report = (aws: string) => {
    writeFileSync(join(folder, 'aws'), `#!/bin/sh\n${aws}\n`, { mode: 0o755 });
    return spawnSync('bash', ['.github/address.sh'], {
      env: { ...env, PREFIX: 'stepwell-pay-42', STAGE: 'dev' },
      encoding: 'utf8',
    });
  };

  test('asks for the stack’s output and shows it', () => {
    const { status } = report('[ "$4" = stepwell-pay-42-dev ] && echo https://api.example');
    expect(status).toBe(0);
    expect(readFileSync(outputs, 'utf8')).toBe('url=https://api.example\n');
    expect(readFileSync(summary, 'utf8')).toBe('`stepwell-pay-42-dev` is deployed: <https://api.example>\n');
  });

  test('fails where AWS does', () => {
    expect(report('exit 255').status).not.toBe(0);
    expect(readFileSync(outputs, 'utf8')).toBe('');
  });
});
