import { pathOf } from './path.ts';
import type { CallSyntax, Syntax } from './syntax.ts';

/**
 * What is sure to exist where a condition came out as `outcome`: `has(nodes.a.output)` makes `a.output` sure, so does
 * `nodes.a.status == 'succeeded'`, and for `a.error`, `'failed'`. Only warnings depend on it, so it need not be complete.
 */
export function guardsOf(condition: Syntax, outcome: boolean): readonly string[] {
  const { form } = condition;
  if (form === 'call') return outcome ? asked(condition) : [];
  if (form === 'unary') return guardsOf(condition.operand, !outcome);
  // `a && b` was true: both were. `a || b` was false: neither was true.
  if (form === 'logical' && outcome === (condition.operator === '&&')) {
    return [...guardsOf(condition.left, outcome), ...guardsOf(condition.right, outcome)];
  }
  if (form === 'binary' && condition.operator === (outcome ? '==' : '!=')) {
    return [...statusIs(condition.left, condition.right), ...statusIs(condition.right, condition.left)];
  }
  return [];
}

function asked(call: CallSyntax): readonly string[] {
  const [path] = call.args;
  return call.name === 'has' && path !== undefined ? fieldOf(path) : [];
}

/** `a.output` of `nodes.a.output`, and of any path below it. */
function fieldOf(path: Syntax): readonly string[] {
  const { root, steps } = pathOf(path);
  const [id, field] = steps;
  if (root.form !== 'name' || root.name !== 'nodes' || id?.key === undefined || field?.key === undefined) return [];
  return [`${id.key}.${field.key}`];
}

const SURE_BY_STATUS: ReadonlyMap<unknown, string> = new Map([
  ['succeeded', 'output'],
  ['failed', 'error'],
]);

function statusIs(path: Syntax, value: Syntax): readonly string[] {
  const field = value.form === 'literal' ? SURE_BY_STATUS.get(value.value) : undefined;
  if (field === undefined) return [];
  return fieldOf(path)
    .filter((name) => name.endsWith('.status'))
    .map((name) => name.replace(/status$/, field));
}
