import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { JsonObject } from '../../shared/domain/json.ts';
import { type Decision, Example } from './example.ts';
import { scripted, type TargetHandler } from './http-target.ts';
import { judge, judgeDag, type Mismatch, type Observed } from './verdict.ts';

export const EXAMPLES_DIR = join(import.meta.dirname, '../../examples');

/** One execution of one workflow, and what must come of it. */
export interface DemoRun {
  /** `order-fulfilment/payment-recovers`: unique, and the prefix of its paths at the target. */
  readonly id: string;
  readonly definition: { readonly text: string; readonly mediaType: string };
  /** Without `target`. */
  readonly input: JsonObject;
  readonly services: TargetHandler;
  readonly decisions: readonly Decision[];
  readonly expectedStatus: string;
  readonly judge: (observed: Observed) => readonly Mismatch[];
}

/** Every workflow in the folder: the written ones with all their runs, then the recorded DAGs. */
export function readExamples(folder = EXAMPLES_DIR): readonly DemoRun[] {
  const names = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'example.json')));
  return [...names.sort().flatMap((name) => runsOf(folder, name)), ...recordedDags(folder)];
}

function runsOf(folder: string, name: string): readonly DemoRun[] {
  const text = readFileSync(join(folder, name, 'workflow.yaml'), 'utf8');
  return readExample(join(folder, name, 'example.json')).runs.map((run) => ({
    id: `${name}/${run.name}`,
    definition: { text, mediaType: 'application/yaml' },
    input: run.input,
    services: scripted(run.target),
    decisions: run.decisions ?? [],
    expectedStatus: run.expect.status,
    judge: (observed) => judge(run.expect, observed),
  }));
}

function readExample(file: string): Example {
  const parsed = Example.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (parsed.success) return parsed.data;
  throw new Error(`${file}: ${z.prettifyError(parsed.error)}`);
}

/** The part of a recorded definition that its verdict needs. */
const Dag = z.object({ nodes: z.record(z.string(), z.object({ needs: z.array(z.string()).default([]) })) });

function recordedDags(folder: string): readonly DemoRun[] {
  const dags = join(folder, 'wfinstances');
  if (!existsSync(dags)) return [];
  const files = readdirSync(dags).filter((name) => name.endsWith('.json'));
  return files.sort().map((file) => {
    const text = readFileSync(join(dags, file), 'utf8');
    const needs = new Map(Object.entries(Dag.parse(JSON.parse(text)).nodes).map(([id, node]) => [id, node.needs]));
    return {
      id: `wfinstances/${file.replace(/\.json$/, '')}`,
      definition: { text, mediaType: 'application/json' },
      input: {},
      services: () => ({ status: 200, body: { done: true } }),
      decisions: [],
      expectedStatus: 'succeeded',
      judge: (observed) => judgeDag(needs, observed),
    };
  });
}
