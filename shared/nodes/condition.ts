import * as z from 'zod';
import {
  elements,
  evaluateBool,
  evaluateValue,
  member,
  type CompiledValue,
  type Scope,
} from '../domain/expression/template.ts';
import { expressionFailed, failure } from '../domain/failure.ts';
import { isJsonArray, isJsonObject, type Json } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { branchNameProblem } from '../domain/workflow/definition.ts';
import { NodeError, type PureNodeType } from '../engine/node-type.ts';

const Branch = z.string().superRefine((name, context) => {
  const message = branchNameProblem(name);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

const Config = z.strictObject({
  cases: z
    .array(
      z.strictObject({
        branch: Branch,
        if: z.union([z.boolean(), z.string().includes('{{', { error: 'must be a template that yields a bool' })]),
      }),
    )
    .min(1)
    .max(LIMITS.conditionCasesMax),
  default: Branch.optional(),
});

/** Takes the first case that is true; later cases are not even evaluated. */
export const conditionNode: PureNodeType = {
  type: 'condition',
  kind: 'pure',
  summary: 'takes the first branch whose condition holds',
  config: Config,
  branches(raw: Json): readonly string[] {
    if (!isJsonObject(raw)) return [];
    const cases = isJsonArray(raw['cases']) ? raw['cases'] : [];
    const names = [...cases.map((entry) => (isJsonObject(entry) ? entry['branch'] : undefined)), raw['default']];
    return [...new Set(names.filter((name): name is string => typeof name === 'string'))];
  },
  evaluate({ with: config, scope }) {
    const branch = chooseBranch(config, scope);
    return { output: { branch }, branch };
  },
};

function chooseBranch(config: CompiledValue, scope: Scope): string {
  const cases = member(config, 'cases');
  for (const [index, entry] of (cases === undefined ? [] : elements(cases)).entries()) {
    const condition = member(entry, 'if');
    const verdict = condition === undefined ? undefined : evaluateBool(condition, scope);
    if (verdict?.ok === false)
      throw new NodeError({ ...verdict.error, message: `cases[${index}].if: ${verdict.error.message}` });
    if (verdict?.value === true) return text(member(entry, 'branch'), scope);
  }
  const otherwise = member(config, 'default');
  if (otherwise !== undefined) return text(otherwise, scope);
  throw new NodeError(failure('no_branch', 'input', 'no case is true and there is no default'));
}

function text(value: CompiledValue | undefined, scope: Scope): string {
  const result = value === undefined ? undefined : evaluateValue(value, scope);
  if (result?.ok === true && typeof result.value === 'string') return result.value;
  throw new NodeError(expressionFailed('a branch name must be a plain string'));
}
