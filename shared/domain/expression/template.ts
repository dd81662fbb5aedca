/**
 * Templates: `{{ CEL }}` in JSON values (contract §2). The one door to this folder; the rest of it is nobody's business.
 *
 * Compile when a workflow is saved (all problems at once), evaluate when a node runs (a value or one Failure). Pure,
 * bounded without a clock (`bounds.ts`), and closed: an expression reads the Scope it is given and nothing else.
 */
export {
  compileBool,
  compileValue,
  type CompiledValue,
  elements,
  literal,
  member,
  type Reference,
} from './compiled-value.ts';
export { evaluateBool, evaluateValue } from './evaluate.ts';
export type { NodeScope, Scope } from './scope.ts';
export { hasTemplate } from './segments.ts';
