import type * as z from 'zod';
import { invariant } from '../invariant.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { Problem } from '../problem.ts';
import { WorkflowDefinition } from './definition.ts';

/** What is left of a definition without the fields that have the wrong shape, and what then cannot be judged any more. */
export interface Salvaged {
  readonly definition: WorkflowDefinition;
  /** All that was wrong, with what showed only when the first mistakes were out of the way. */
  readonly issues: readonly z.core.$ZodIssue[];
  /** Whether a problem found in the rest is real, not a consequence of what was left out. */
  readonly isReal: (problem: Problem) => boolean;
}

/** Fields without which a node, or those that need it, cannot be understood. */
const INDISPENSABLE = new Set(['type', 'catch']);

/**
 * Leaves out what has the wrong shape, so that everything else can still be checked and all problems be told at once.
 * Undefined where too little is left to make sense of.
 */
export function salvage(
  raw: JsonObject,
  issues: readonly z.core.$ZodIssue[],
  earlier: readonly z.core.$ZodIssue[] = [],
): Salvaged | undefined {
  const { nodes } = raw;
  if (!isJsonObject(nodes)) return undefined;
  const rest: Record<string, Json> = { ...raw };
  const restNodes: Record<string, Json> = { ...nodes };
  const leftOut = new Set<string>();
  for (const issue of issues) {
    const [top, id, field] = issue.path.map(String);
    const keys = issue.code === 'unrecognized_keys' ? issue.keys : undefined;
    if (top === undefined || (top === 'nodes' && id !== undefined && field === undefined)) {
      if (keys === undefined) return undefined;
      if (top === undefined) for (const key of keys) delete rest[key];
      else restNodes[String(id)] = without(restNodes[String(id)], keys);
    } else if (top !== 'nodes') {
      if (top === 'name') rest['name'] = 'unnamed';
      else delete rest[top];
    } else if (field === undefined || INDISPENSABLE.has(field)) return undefined;
    else {
      leftOut.add(field);
      restNodes[String(id)] = without(restNodes[String(id)], [field]);
    }
  }
  const left = { ...rest, nodes: restNodes };
  const parsed = WorkflowDefinition.safeParse(left);
  // Rules between fields are asked only when the fields themselves are well.
  if (!parsed.success) return salvage(left, parsed.error.issues, [...earlier, ...issues]);
  const isReal = ({ code }: Problem) =>
    !(code === 'not_upstream' && leftOut.has('needs')) && !(code === 'join_required' && leftOut.has('join'));
  return { definition: parsed.data, issues: [...earlier, ...issues], isReal };
}

function without(node: Json | undefined, fields: readonly string[]): JsonObject {
  invariant(isJsonObject(node), 'an issue inside a node means that it is a map');
  return Object.fromEntries(Object.entries(node).filter(([field]) => !fields.includes(field)));
}
