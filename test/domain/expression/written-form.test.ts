import { describe, expect, test } from 'vitest';
import { compileValue } from '../../../shared/domain/expression/template.ts';
import { isWrittenAlike } from '../../../shared/domain/expression/written-form.ts';
import type { Json } from '../../../shared/domain/json.ts';

const alike = (one: Json | undefined, other: Json | undefined) => {
  const [a, b] = [one, other].map((value) => (value === undefined ? undefined : compileValue(value, '').compiled));
  return isWrittenAlike(a, b);
};

describe('values are written alike', () => {
  test.each<[string, Json | undefined, Json | undefined]>([
    ['nothing', undefined, undefined],
    ['order of keys', { a: 1, b: '{{ input.x }}' }, { b: '{{ input.x }}', a: 1 }],
    ['spaces around expressions', ['{{input.x}}'], ['{{  input.x }}']],
    ['a map beside a list', { a: ['{{ input.x }}'], b: 1 }, { b: 1, a: ['{{input.x}}'] }],
    ['text with expressions in it', 'to {{ input.x }}', 'to {{input.x}}'],
  ])('%s', (_, one, other) => {
    expect(alike(one, other)).toBe(true);
  });
});

describe('values are written differently', () => {
  test.each<[string, Json | undefined, Json | undefined]>([
    ['one is not there', { a: 1 }, undefined],
    ['the other is not there', undefined, { a: 1 }],
    ['another value', { a: 1 }, { a: 2 }],
    ['another expression', '{{ input.x }}', '{{ input.y }}'],
    ['a text that looks like the expression', '{{ input.x }}', 'input.x'],
    ['another text around it', 'a {{ input.x }}', 'b {{ input.x }}'],
    ['another length', ['{{ input.x }}'], ['{{ input.x }}', 1]],
    ['another key', { a: '{{ input.x }}' }, { b: '{{ input.x }}' }],
  ])('%s', (_, one, other) => {
    expect(alike(one, other)).toBe(false);
  });
});
