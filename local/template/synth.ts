import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as z from 'zod';
import { StartupProblem } from '../startup-problem.ts';
import { Template } from './template.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));

/** What a template is made from. A change in any of them makes a new one. */
const SOURCES = ['lib', 'bin', 'shared/config', 'package-lock.json', 'cdk.json'] as const;

const CACHE = join(repository, 'node_modules/.cache/stepwell');

const Stages = z.record(z.string(), z.record(z.string(), z.unknown())).default({});
const CdkJson = z.object({ context: z.looseObject({ stepwell: Stages }).prefault({}) });

/** Which of the templates that the app can make. */
export interface TemplateVariant {
  readonly stage: 'dev' | 'prod';
  /** On top of what `cdk.json` has for the stage (`lib/options.ts`). */
  readonly options?: Readonly<Record<string, unknown>>;
}

const PREFIX = 'stepwell';

/** The local stack is a dev stack. */
const LOCAL: TemplateVariant = { stage: 'dev' };

/**
 * The stack's CloudFormation template. Synthesis takes seconds and CDK 150 MB, so it runs in a process of its own and
 * only when its sources have changed.
 */
export async function synthesizedTemplate(variant: TemplateVariant = LOCAL): Promise<Template> {
  const cached = join(CACHE, `${await digestOfSources(variant)}.template.json`);
  const text = await readFile(cached, 'utf8').catch(() => undefined);
  if (text !== undefined) return Template.parse(JSON.parse(text));
  const fresh = await synthesize(variant);
  await keep(cached, fresh);
  return Template.parse(JSON.parse(fresh));
}

async function digestOfSources(variant: TemplateVariant): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(variant));
  for (const source of SOURCES) {
    for (const file of await filesUnder(join(repository, source))) {
      hash.update(`${file.slice(repository.length)}\0`).update(await readFile(file));
    }
  }
  return hash.digest('hex');
}

async function filesUnder(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return [path];
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

async function synthesize({ stage, options }: TemplateVariant): Promise<string> {
  const output = join(tmpdir(), `stepwell-synth-${randomUUID()}`);
  try {
    // What the CDK command line would pass on from cdk.json, and no bundles: only the template is wanted.
    const { context } = CdkJson.parse(JSON.parse(await readFile(join(repository, 'cdk.json'), 'utf8')));
    const stepwell = { ...context.stepwell, [stage]: { ...context.stepwell[stage], ...options } };
    const env = {
      ...process.env,
      STAGE: stage,
      PREFIX,
      CDK_OUTDIR: output,
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, stepwell, 'aws:cdk:bundling-stacks': [] }),
    };
    await promisify(execFile)(process.execPath, [join(repository, 'bin/app.ts')], { cwd: repository, env });
    return await readFile(join(output, `${PREFIX}-${stage}.template.json`), 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartupProblem(`The CDK app (bin/app.ts) could not be synthesized:\n${reason}`, { cause: error });
  } finally {
    await rm(output, { recursive: true, force: true });
  }
}

/** Several processes may write the same file at once: each renames a whole one into place. A read-only folder costs only time. */
async function keep(path: string, text: string): Promise<void> {
  const partial = `${path}.${randomUUID()}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(partial, text);
    await rename(partial, path);
  } catch {
    await rm(partial, { force: true }).catch(() => undefined);
  }
}
