import type { Syntax } from './syntax.ts';

/** One step of a path: `.key`, `["key"]`, `[computed]`. */
export interface Step {
  /** Undefined where it is computed, or a number. */
  readonly key: string | undefined;
  readonly optional: boolean;
  readonly computed: Syntax | undefined;
}

/** `a.b["c"].?d` from its root on. */
export function pathOf(syntax: Syntax): { root: Syntax; steps: readonly Step[] } {
  const steps: Step[] = [];
  let at = syntax;
  while (at.form === 'select' || at.form === 'index') {
    steps.push(stepOf(at));
    at = at.target;
  }
  return { root: at, steps: steps.reverse() };
}

function stepOf(syntax: Extract<Syntax, { form: 'select' | 'index' }>): Step {
  const { optional } = syntax;
  if (syntax.form === 'select') return { key: syntax.key, optional, computed: undefined };
  const { index } = syntax;
  if (index.form === 'literal' && typeof index.value === 'string')
    return { key: index.value, optional, computed: undefined };
  return { key: undefined, optional, computed: index };
}
