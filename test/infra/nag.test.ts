import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { afterAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { addNag } from '../../lib/nag.ts';
import type { Options } from '../../lib/options.ts';
import type { StageName } from '../../lib/stage.ts';
import { stageNamed } from '../../lib/stage.ts';
import { StepwellStack } from '../../lib/stepwell-stack.ts';

const EVERYTHING: Options = {
  customerKey: true,
  alarms: true,
  alarmEmail: 'someone@example.com',
  dashboard: true,
  tracing: true,
  lifecycleEvents: true,
  infrequentAccessLogs: true,
};
const NOTHING: Options = { customerKey: false, alarms: false, dashboard: false, tracing: false };

const Finding = z.object({
  ruleName: z.string(),
  violatingConstructs: z.array(z.object({ constructPath: z.string() })),
});
const Report = z.object({
  pluginReports: z.array(
    z.object({
      pluginName: z.string(),
      violations: z.array(Finding),
      suppressedViolations: z.array(z.looseObject({ ruleName: z.string() })),
    }),
  ),
});

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  // CDK says by it that a synthesis had findings; here that is what one test is about.
  process.exitCode = 0;
});

function report(stage: StageName, options: Options, change: (stack: StepwellStack) => void = () => undefined) {
  const outdir = mkdtempSync(join(tmpdir(), 'stepwell-nag-'));
  folders.push(outdir);
  const app = new App({ outdir, context: { 'aws:cdk:bundling-stacks': [] } });
  addNag(app);
  change(new StepwellStack(app, `stepwell-${stage}`, { stage: stageNamed(stage, options) }));
  app.synth();
  return Report.parse(JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8'))).pluginReports;
}

describe('cdk-nag has nothing to say that nobody has answered', () => {
  test.each<[StageName, string, Options]>([
    ['dev', 'as it is', {}],
    ['prod', 'as it is', {}],
    ['dev', 'with every option', EVERYTHING],
    ['prod', 'with every option', EVERYTHING],
    ['prod', 'with none', NOTHING],
  ])('%s %s', (stage, _, options) => {
    const reports = report(stage, options);
    expect(reports.map(({ pluginName }) => pluginName)).toEqual(['AwsSolutions', 'Serverless']);
    expect(reports.flatMap(({ violations }) => violations)).toEqual([]);
    expect(reports.flatMap(({ suppressedViolations }) => suppressedViolations).length).toBeGreaterThan(0);
  });

  test('it would: a queue without TLS is found', () => {
    expect(() => report('dev', {}, (stack) => void new Queue(stack, 'Bare'))).toThrow('AwsSolutions-SQS4');
  });
});
