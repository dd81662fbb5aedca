import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import type { Options } from '../../lib/options.ts';
import type { StageName } from '../../lib/stage.ts';
import { stageNamed } from '../../lib/stage.ts';
import { stackIdentity } from '../../lib/stack-identity.ts';
import { StepwellStack } from '../../lib/stepwell-stack.ts';

export type Properties = Record<string, unknown>;
export interface Resource {
  readonly Type: string;
  readonly Properties: Properties;
  readonly DeletionPolicy?: string;
}
export interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

export function synthesize(stage: StageName, prefix = 'stepwell', options: Options = {}): Template {
  const outdir = mkdtempSync(join(tmpdir(), 'stepwell-infra-'));
  process.on('exit', () => {
    rmSync(outdir, { recursive: true, force: true });
  });
  const app = new App({ outdir, context: { 'aws:cdk:bundling-stacks': [] } });
  const { stackName: name } = stackIdentity({ PREFIX: prefix, STAGE: stage }, undefined);
  return Template.fromStack(new StepwellStack(app, name, { stage: stageNamed(stage, options), stackName: name }));
}

export const dev = synthesize('dev');
export const prod = synthesize('prod');

export const resources = (template: Template, type: string): [string, Resource][] =>
  Object.entries(template.findResources(type)) as [string, Resource][];

/** The function whose logical id starts with this construct's id. */
export function functionOf(template: Template, construct: string): [string, Resource] {
  const found = resources(template, 'AWS::Lambda::Function').find(([id]) => id.startsWith(`${construct}Function`));
  if (found === undefined) throw new Error(`There is no function ${construct}.`);
  return found;
}

/** What the role of a function may do, its log group apart. */
export function statementsOf(template: Template, construct: string): Statement[] {
  const [, policy] = resources(template, 'AWS::IAM::Policy').find(([id]) => id.startsWith(`${construct}RoleDefault`))!;
  const { Statement: statements } = policy.Properties['PolicyDocument'] as { Statement: Statement[] };
  return statements;
}

/** The resources of a type that have (at least) these properties. */
export function matching(template: Template, type: string, properties: object): string[] {
  return Object.keys(template.findResources(type, { Properties: properties }));
}

export const actionsOf = (statements: readonly Statement[]): string[] => statements.flatMap((s) => s.Action).sort();

export const queueId = (template: Template, construct: string): string =>
  resources(template, 'AWS::SQS::Queue').find(([id]) => id.startsWith(`Queues${construct}`))![0];

export function denyWithoutTls(action: string): unknown {
  return Match.objectLike({
    Effect: 'Deny',
    Action: action,
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  });
}

interface QueueFlow {
  readonly from: string;
  readonly to: string;
}

/**
 * The queues that lead back to themselves through functions which they feed, and the functions that a queue feeds and
 * that may send to one of them: read off the mappings and policies alone.
 */
export function dispatchCycle(template: Template): { readonly queues: string[]; readonly functions: string[] } {
  const fed = resources(template, 'AWS::Lambda::EventSourceMapping').map(([, { Properties }]) => ({
    queue: (Properties['EventSourceArn'] as { 'Fn::GetAtt': [string, string] })['Fn::GetAtt'][0],
    fn: (Properties['FunctionName'] as { Ref: string }).Ref,
  }));
  const queues = resources(template, 'AWS::SQS::Queue').map(([id]) => id);
  const sends = (fn: string, queue: string): boolean =>
    statementsOf(template, fn.replace(/Function[0-9A-F]{8}$/, '')).some(
      ({ Action, Resource }) =>
        [Action].flat().includes('sqs:SendMessage') && JSON.stringify(Resource).includes(`"${queue}"`),
    );
  const flows: QueueFlow[] = fed.flatMap(({ queue: from, fn }) =>
    queues.filter((to) => sends(fn, to)).map((to) => ({ from, to })),
  );
  const reaches = (start: string): Set<string> => {
    const reached = new Set<string>();
    const open = [start];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      for (const { from, to } of flows) {
        if (from !== next || reached.has(to)) continue;
        reached.add(to);
        open.push(to);
      }
    }
    return reached;
  };
  const cycle = queues.filter((queue) => reaches(queue).has(queue));
  const functions = fed.filter(({ fn }) => cycle.some((queue) => sends(fn, queue))).map(({ fn }) => fn);
  return { queues: cycle, functions: [...new Set(functions)] };
}
