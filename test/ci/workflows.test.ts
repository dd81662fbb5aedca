import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { AUDIENCE } from '../../lib/github/deploy-role.ts';
import { ENVIRONMENTS } from '../../lib/github/settings.ts';
import { stackIdentity } from '../../lib/stack-identity.ts';
import { dev } from '../infra/synthesized.ts';
import { awsJobs, isAction, jobs, steps, workflow, workflows } from './workflow-files.ts';

const npm = z
  .object({ scripts: z.record(z.string(), z.string()), devDependencies: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync('package.json', 'utf8')));

const PINNED = /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/;

test('there are the four workflows, and nothing that no test sees', () => {
  expect(workflows.map(({ name }) => name).sort()).toEqual(['check.yml', 'deploy.yml', 'preview.yml', 'security.yml']);
});

describe.each(workflows.map((file) => [file.name, file] as const))('%s', (_, file) => {
  /** From the text, since a parsed file has lost the comments; every `uses` is on a line of its own, or the counts differ. */
  const used = [...file.text.matchAll(/^\s*(?:- )?uses: (.+)$/gm)].map(([, value]) => value!);
  const local = used.filter((value) => value.startsWith('./'));

  test('pins every action to a commit, with its version beside it', () => {
    const parsed = Object.values(file.jobs).flatMap((job) => [job.uses, ...job.steps.map((step) => step.uses)]);
    expect(used).toHaveLength(parsed.filter((value) => value !== undefined).length);
    for (const value of used.filter((one) => !local.includes(one))) expect(value).toMatch(PINNED);
    for (const value of local) expect(existsSync(value.split(' ')[0]!), value).toBe(true);
  });

  test('grants nothing that a job does not ask for itself', () => {
    expect(file.permissions).toEqual({});
    for (const job of Object.values(file.jobs)) expect(job.permissions).toBeDefined();
  });

  test('starts on nothing that runs a stranger’s code with our permissions', () => {
    const harmless = ['pull_request', 'push', 'schedule', 'workflow_call', 'workflow_dispatch'];
    expect(harmless).toEqual(expect.arrayContaining(Object.keys(file.on)));
  });
});

test('one version of each action throughout', () => {
  const pins = new Set(steps.flatMap(([, { uses }]) => uses ?? []));
  const actions = [...pins].map((pin) => pin.replace(/@.*/, ''));
  expect(actions.sort()).toEqual(['actions/checkout', 'actions/setup-node', 'aws-actions/configure-aws-credentials']);
});

describe.each(jobs.filter(([, job]) => job.uses === undefined))('%s', (_, job) => {
  test('has an end, and an image that does not change under it', () => {
    expect(job['timeout-minutes']).toBeLessThanOrEqual(60);
    expect(job['runs-on']).toMatch(/^ubuntu-\d\d\.04$/);
  });

  test('writes nothing to GitHub; a token for AWS only where a role is assumed, in an environment that the role trusts', () => {
    const written = Object.entries(job.permissions ?? {}).filter(([, access]) => access !== 'read');
    const assumes = awsJobs.some(([, one]) => one === job);
    expect(written).toEqual(assumes ? [['id-token', 'write']] : []);
    expect(ENVIRONMENTS.filter((name) => name === job.environment?.name)).toHaveLength(assumes ? 1 : 0);
  });
});

describe('steps', () => {
  test.each(steps.filter(([, step]) => step.run !== undefined))(
    '%s puts no expression into its script: a branch’s name may be one',
    (_, { run }) => {
      expect(run).not.toContain('${{');
    },
  );

  test.each(steps.filter(([, step]) => isAction(step, 'actions/checkout')))('%s leaves no token behind', (_, step) => {
    expect(step.with['persist-credentials']).toBe(false);
  });

  test.each(steps.filter(([, step]) => isAction(step, 'actions/setup-node')))(
    '%s takes the Node that the repository pins, and no cache that another job could have filled',
    (_, step) => {
      expect(step.with).toEqual({ 'node-version': npm.devDependencies['node'], 'package-manager-cache': false });
    },
  );

  test('what they run is there', () => {
    const commands = steps.flatMap(([, { run }]) => run?.split('\n') ?? []);
    const called = commands.flatMap((command) => /npm run ([\w:-]+)/.exec(command)?.[1] ?? []);
    expect([...new Set(called)].sort()).toEqual(['deploy', 'destroy', 'synth']);
    expect(Object.keys(npm.scripts)).toEqual(expect.arrayContaining(called));
    const files = commands.flatMap((command) => /(?:^|")(?:node|bash) ([\w./-]+)/.exec(command)?.[1] ?? []);
    expect([...new Set(files)].sort()).toEqual([
      '.ci/run',
      '.github/address.sh',
      'bin/github.ts',
      'lib/github/name-preview.ts',
      'scripts/ensure-installed.mjs',
    ]);
    for (const file of files) expect(existsSync(file), file).toBe(true);
  });

  test('tools from elsewhere are pinned, Python’s and their dependencies by hash', () => {
    const commands = steps.flatMap(([, { run }]) => run?.split('\n') ?? []);
    const go = commands.filter((command) => command.includes('go install'));
    const pip = commands.filter((command) => command.includes('pip" install'));
    expect([go.length, pip.length]).toEqual([2, 2]);
    for (const command of go) expect(command).toMatch(/^go install [\w./-]+@v\d+\.\d+\.\d+$/);
    for (const command of pip)
      expect(command).toMatch(/--require-hashes --only-binary :all: -r \.github\/requirements\.txt$/);
  });
});

describe.each(awsJobs)('%s', (_, job) => {
  const index = (wanted: string): number => job.steps.findIndex(({ run, uses }) => (run ?? uses)?.includes(wanted));

  test('installs packages before there are credentials', () => {
    expect(index('ensure-installed')).toBeGreaterThanOrEqual(0);
    expect(index('ensure-installed')).toBeLessThan(index('configure-aws-credentials'));
  });

  test('takes its role from the environment, for the audience that the role trusts', () => {
    expect(job.steps[index('configure-aws-credentials')]!.with).toEqual({
      'role-to-assume': '${{ vars.AWS_ROLE_ARN }}',
      'aws-region': '${{ vars.AWS_REGION }}',
    });
    // The action's default, which its readme states.
    expect(AUDIENCE).toBe('sts.amazonaws.com');
  });

  test('waits for others on its stack, and is never stopped half-way', () => {
    expect(job.concurrency?.['cancel-in-progress']).toBe(false);
    const { PREFIX, STAGE } = job.env;
    const identity = PREFIX!.startsWith('${{') ? '${{ needs.name.outputs.stack }}' : `${PREFIX}-${STAGE}`;
    expect(job.concurrency?.group).toBe(identity);
  });
});

describe('deploy.yml', () => {
  const { on, jobs: deploys } = workflow('deploy.yml');

  test.each(['dev', 'prod'] as const)('%s: the stack that a checkout of main has on a laptop', (stage) => {
    const { PREFIX, STAGE } = deploys[stage]!.env;
    expect(stackIdentity({ PREFIX, STAGE }, undefined)).toEqual(stackIdentity({ STAGE: stage }, 'main'));
  });

  test('everything waits for the checks; production also for somebody to start it, on main', () => {
    expect(Object.keys(on)).toEqual(['push', 'workflow_dispatch']);
    expect(on['push']).toEqual({ branches: ['main'] });
    expect(deploys['check']!.uses).toBe('./.github/workflows/check.yml');
    expect([deploys['dev']!['needs'], deploys['prod']!['needs']]).toEqual(['check', 'check']);
    expect(deploys['dev']!.if).toBe("github.event_name == 'push' && vars.AWS_REGION != ''");
    expect(deploys['prod']!.if).toBe("github.event_name == 'workflow_dispatch' && github.ref == 'refs/heads/main'");
    expect(deploys['prod']!.environment?.name).toBe('production');
  });

  test('the address that is shown is an output of the stack', () => {
    const [, output] = /OutputKey=='(\w+)'/.exec(readFileSync('.github/address.sh', 'utf8'))!;
    expect(Object.keys(dev.findOutputs('*'))).toContain(output);
  });
});

describe('check.yml', () => {
  test('runs what CI runs, and synthesizes both stages with no permission but to read the code', () => {
    const { on, jobs: checks } = workflow('check.yml');
    expect(Object.keys(on)).toEqual(expect.arrayContaining(['pull_request', 'workflow_call']));
    expect(checks['check']!.steps.at(-1)!.run).toBe('bash .ci/run');
    expect(checks['synth']!['strategy']).toMatchObject({ matrix: { stage: ['dev', 'prod'] } });
    expect(checks['synth']!.steps.at(-1)).toMatchObject({
      run: 'npm run synth',
      env: { STAGE: '${{ matrix.stage }}' },
    });
    expect(checks['synth']!.permissions).toEqual({ contents: 'read' });
  });
});
