import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';

const FOLDER = '.github/workflows';

const Step = z.looseObject({
  uses: z.string().optional(),
  run: z.string().optional(),
  if: z.string().optional(),
  with: z.record(z.string(), z.unknown()).default({}),
});
const Concurrency = z.strictObject({ group: z.string(), 'cancel-in-progress': z.boolean() });
const Job = z.looseObject({
  uses: z.string().optional(),
  if: z.string().optional(),
  'runs-on': z.string().optional(),
  'timeout-minutes': z.number().optional(),
  permissions: z.record(z.string(), z.string()).optional(),
  environment: z.looseObject({ name: z.string() }).optional(),
  concurrency: Concurrency.optional(),
  env: z.record(z.string(), z.string()).default({}),
  steps: z.array(Step).default([]),
});
const Workflow = z.looseObject({
  on: z.record(z.string(), z.unknown()),
  permissions: z.unknown(),
  jobs: z.record(z.string(), Job),
});

export type Step = z.infer<typeof Step>;
export type Job = z.infer<typeof Job>;

export interface WorkflowFile extends z.infer<typeof Workflow> {
  readonly name: string;
  readonly text: string;
}

export const workflows: readonly WorkflowFile[] = readdirSync(FOLDER).map((name) => {
  const text = readFileSync(join(FOLDER, name), 'utf8');
  return { ...Workflow.parse(parse(text)), name, text };
});

export function workflow(name: string): WorkflowFile {
  const found = workflows.find((file) => file.name === name);
  if (found === undefined) throw new Error(`There is no ${FOLDER}/${name}.`);
  return found;
}

/** Every job with a name to find it by. */
export const jobs: readonly (readonly [string, Job])[] = workflows.flatMap((file) =>
  Object.entries(file.jobs).map(([id, job]) => [`${file.name} › ${id}`, job] as const),
);

export const steps: readonly (readonly [string, Step])[] = jobs.flatMap(([name, job]) =>
  job.steps.map((step, index) => [`${name} › step ${index + 1}`, step] as const),
);

export const isAction = (step: Step, action: string): boolean => step.uses?.startsWith(`${action}@`) === true;

/** Jobs that act on an account. */
export const awsJobs = jobs.filter(([, job]) =>
  job.steps.some((step) => isAction(step, 'aws-actions/configure-aws-credentials')),
);
