import { expect } from 'vitest';
import type { Json } from '../../../shared/domain/json.ts';
import { compileValue, evaluateValue, type Scope } from '../../../shared/domain/expression/template.ts';
import { epochMs } from '../../../shared/domain/time.ts';

/** 2026-12-24T18:30:05.042Z, a Thursday. */
const NOW = epochMs(1_798_137_005_042);

export function scopeOf(parts: Partial<Scope> = {}): Scope {
  return { input: {}, nodes: {}, execution: { id: 'e1', tags: { team: 'pay' } }, now: NOW, ...parts };
}

/** The value of one expression, as a template that is the whole string. */
export function valueOf(source: string, input: Json = {}, parts: Partial<Scope> = {}): Json {
  const { compiled, problems } = compileValue(`{{ ${source} }}`, '/x', { output: parts.output !== undefined });
  expect({ source, problems }).toEqual({ source, problems: [] });
  const result = evaluateValue(compiled, scopeOf({ input, ...parts }));
  expect({ source, result }).toMatchObject({ source, result: { ok: true } });
  return result.ok ? result.value : null;
}

/** Why it fails when it runs. */
export function failureOf(source: string, input: Json = {}, parts: Partial<Scope> = {}): string {
  const { compiled, problems } = compileValue(`{{ ${source} }}`, '/x', { output: true });
  expect({ source, problems }).toEqual({ source, problems: [] });
  const result = evaluateValue(compiled, scopeOf({ input, ...parts }));
  expect({ source, result }).toMatchObject({
    source,
    result: { ok: false, error: { code: 'expression_failed', category: 'input', retryable: false } },
  });
  return result.ok ? '' : result.error.message;
}

/** Why it is refused at save: `code: message` each. */
export function problemsOf(source: string): readonly string[] {
  return compileValue(`{{ ${source} }}`, '/x').problems.map((problem) => `${problem.code}: ${problem.message}`);
}
