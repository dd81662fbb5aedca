import type * as z from 'zod';
import { isJsonArray, isJsonObject, pointer, type Json } from '../json.ts';
import { LIMITS } from '../limits.ts';
import { plainMessage } from '../plain-message.ts';
import type { Problem, ProblemCode } from '../problem.ts';
import { salvage, type Salvaged } from './salvage.ts';
import { branchNameProblem, nodeIdProblem, WorkflowDefinition } from './definition.ts';

export interface Shape {
  readonly definition?: WorkflowDefinition;
  /** Without a definition: what can still be checked of it. */
  readonly salvaged?: Salvaged | undefined;
  readonly problems: readonly Problem[];
}

/** Checks the shape of a definition, everything that needs no look at another node. */
export function checkShape(raw: Json): Shape {
  if (!isJsonObject(raw)) {
    return {
      problems: [{ code: 'malformed', path: '', message: 'a definition is an object with at least name and nodes' }],
    };
  }
  const parsed = WorkflowDefinition.safeParse(raw);
  const names = nameProblems(raw);
  if (parsed.success && names.length === 0) return { definition: parsed.data, problems: [] };
  const issues = parsed.success ? [] : parsed.error.issues;
  const salvaged = salvage(raw, issues);
  const all = salvaged?.issues ?? issues;
  return { salvaged, problems: [...all.flatMap((issue) => fromIssue(issue)), ...names] };
}

/** Asked first: nothing else is worth saying, or affordable, about a definition without nodes or with too many. */
export function sizeProblems(raw: Json): Problem[] {
  const nodes = isJsonObject(raw) ? raw['nodes'] : undefined;
  if (!isJsonObject(nodes)) return [];
  const ids = Object.keys(nodes);
  if (ids.length === 0) return [{ code: 'empty', path: '/nodes', message: 'a workflow needs at least one node' }];
  if (ids.length > LIMITS.nodesMax) {
    return [
      {
        code: 'limit_exceeded',
        path: '/nodes',
        message: `${ids.length} nodes; at most ${LIMITS.nodesMax} are allowed`,
      },
    ];
  }
  const edges = ids.reduce((sum, id) => {
    const node = nodes[id];
    const needs = isJsonObject(node) ? node['needs'] : undefined;
    return sum + (isJsonArray(needs) ? needs.length : 0);
  }, 0);
  if (edges <= LIMITS.edgesMax) return [];
  return [
    {
      code: 'limit_exceeded',
      path: '/nodes',
      message: `${edges} needs in all; at most ${LIMITS.edgesMax} are allowed`,
    },
  ];
}

function nameProblems(raw: { readonly [key: string]: Json }): Problem[] {
  const nodes = raw['nodes'];
  if (!isJsonObject(nodes)) return [];
  return Object.entries(nodes).flatMap(([id, node]) => {
    const path = pointer('/nodes', id);
    const idProblem = nodeIdProblem(id);
    const catches = isJsonObject(node) ? node['catch'] : undefined;
    return [...(idProblem === undefined ? [] : [{ ...idProblem, path }]), ...catchProblems(catches, `${path}/catch`)];
  });
}

function catchProblems(catches: Json | undefined, path: string): Problem[] {
  if (!isJsonObject(catches)) return [];
  const owner = new Map<string, string>();
  const names = Object.keys(catches);
  const problems: Problem[] = [];
  if (names.length > LIMITS.catchNamesMax) {
    problems.push({
      code: 'limit_exceeded',
      path,
      message: `${names.length} names; at most ${LIMITS.catchNamesMax} are allowed`,
    });
  }
  for (const name of names) {
    const message = branchNameProblem(name);
    if (message !== undefined) problems.push({ code: 'reserved_id', path: pointer(path, name), message });
    const patterns = catches[name];
    for (const [index, pattern] of (isJsonArray(patterns) ? patterns : []).entries()) {
      if (typeof pattern !== 'string') continue;
      const other = owner.get(pattern);
      if (other === undefined) owner.set(pattern, name);
      else {
        const at = pointer(pointer(path, name), index);
        problems.push({
          code: 'malformed',
          path: at,
          message: `'${pattern}' is already caught by '${other}'; the lists must be disjoint`,
        });
      }
    }
  }
  return problems;
}

function fromIssue(issue: z.core.$ZodIssue): Problem[] {
  const path = issue.path.reduce<string>((at, token) => pointer(at, String(token)), '');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      code: 'unknown_key',
      path: pointer(path, key),
      message: `'${key}' is not a known field here`,
    }));
  }
  const own: unknown = issue.code === 'custom' ? issue.params?.['code'] : undefined;
  const code: ProblemCode = own === 'invalid_duration' || own === 'limit_exceeded' ? own : 'malformed';
  return [{ code, path, message: plainMessage(issue) }];
}
