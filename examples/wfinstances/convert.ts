// Turns a WfInstances-shaped file ({ name, source, tasks: [{ id, parents, runtimeSeconds }] }) into a workflow:
//
//   node examples/wfinstances/convert.ts path/to/recorded.json > examples/wfinstances/recorded.json
import { readFileSync } from 'node:fs';
import * as z from 'zod';

export const Recorded = z.object({
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
  source: z.string(),
  tasks: z
    .array(z.object({ id: z.string().min(1), parents: z.array(z.string()), runtimeSeconds: z.number().nonnegative() }))
    .min(1),
});
export type Recorded = z.infer<typeof Recorded>;

const NODE_ID_LENGTH_MAX = 64;

/**
 * The definition as text, one node per line: a diff shows which node changed. Bodies carry the recorded runtime, for
 * targets that want to take as long.
 */
export function convert(recorded: Recorded): string {
  const ids = nodeIds(recorded.tasks.map(({ id }) => id));
  const nodes = recorded.tasks.map(({ id: task, parents, runtimeSeconds }) => {
    const id = idOf(ids, task);
    const needs = [...new Set(parents)].map((parent) => idOf(ids, parent));
    const node = {
      type: 'http',
      ...(needs.length > 0 && { needs }),
      with: { method: 'POST', url: `{{ input.target }}/tasks/${id}`, body: { runtimeSeconds } },
    };
    return `${JSON.stringify(id)}:${JSON.stringify(node)}`;
  });
  const head = {
    name: recorded.name,
    description: `A real workflow, recorded in production: ${recorded.source}`,
    input: { type: 'object', required: ['target'], properties: { target: { type: 'string', format: 'uri' } } },
  };
  return `${JSON.stringify(head).slice(0, -1)},"nodes":{\n${nodes.join(',\n')}\n}}\n`;
}

function idOf(ids: ReadonlyMap<string, string>, task: string): string {
  const id = ids.get(task);
  if (id === undefined) throw new Error(`A task names the parent ${task}, which is no task.`);
  return id;
}

/**
 * Task names to node ids. Nextflow's are paths (`NFCORE_RNASEQ.RNASEQ.INPUT_CHECK.SAMPLESHEET_CHECK_1`) whose last part
 * tells the tasks apart already; a name that is taken nevertheless gets a number.
 */
export function nodeIds(tasks: readonly string[]): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  const taken = new Set<string>();
  for (const task of tasks) {
    if (ids.has(task)) throw new Error(`Two tasks are called ${task}.`);
    const wanted = sanitised(task);
    let id = wanted;
    for (let number = 2; taken.has(id); number += 1) {
      const suffix = `_${number}`;
      id = wanted.slice(0, NODE_ID_LENGTH_MAX - suffix.length) + suffix;
    }
    taken.add(id);
    ids.set(task, id);
  }
  return ids;
}

function sanitised(task: string): string {
  const last = task.slice(task.lastIndexOf('.') + 1).replaceAll(/[^a-zA-Z0-9_]/g, '_');
  return (/^[a-zA-Z_]/.test(last) ? last : `_${last}`).slice(0, NODE_ID_LENGTH_MAX);
}

if (process.argv[1] === import.meta.filename) {
  const file = process.argv[2];
  if (file === undefined) throw new Error('usage: node examples/wfinstances/convert.ts <recorded.json>');
  process.stdout.write(convert(Recorded.parse(JSON.parse(readFileSync(file, 'utf8')))));
}
