import { canonicalJson, type Json } from '../json.ts';
import type { CompiledValue } from './compiled-value.ts';

/** Whether two compiled values were written the same: order of keys and spaces around expressions aside. */
export function isWrittenAlike(one: CompiledValue | undefined, other: CompiledValue | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return canonicalJson(writtenForm(one)) === canonicalJson(writtenForm(other));
}

/** Each form under a name of its own, so that `{{ a }}` is not the text "a". */
function writtenForm(compiled: CompiledValue): Json {
  switch (compiled.form) {
    case 'literal':
      return { literal: compiled.value };
    case 'whole':
      return { whole: compiled.expression.source };
    case 'text':
      return { text: compiled.parts.map((part) => (typeof part === 'string' ? part : { expression: part.source })) };
    case 'list':
      return { list: compiled.items.map(writtenForm) };
    case 'map':
      break;
  }
  return { map: Object.fromEntries([...compiled.entries].map(([key, value]) => [key, writtenForm(value)])) };
}
