import { compileSchema, validateAgainst } from '../../shared/documents/json-schema.ts';
import type { Json } from '../../shared/domain/json.ts';
import type { Plan } from '../../shared/domain/workflow/plan.ts';
import { ApiProblem } from './api-problem.ts';

/** The input of an execution, with the defaults of the workflow's schema. */
export function checkedInput(plan: Plan, input: Json): Json {
  if (plan.inputSchema === undefined) return input;
  const schema = compileSchema(plan.inputSchema, '/input');
  if (!schema.ok) throw new Error('a stored definition has an input schema that does not compile');
  const { value, problems } = validateAgainst(schema.value, input);
  if (problems.length === 0) return value;
  throw new ApiProblem('input_invalid', `the input does not fit workflow '${plan.workflow}'`, {
    problems: problems.map(({ path, message }) => ({ code: 'input_invalid', path: `/input${path}`, message })),
  });
}
