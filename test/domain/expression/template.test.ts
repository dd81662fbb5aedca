import { describe, expect, test } from 'vitest';
import type { Json } from '../../../shared/domain/json.ts';
import {
  compileBool,
  compileValue,
  elements,
  evaluateBool,
  evaluateValue,
  hasTemplate,
  member,
} from '../../../shared/domain/expression/template.ts';
import { scopeOf } from './evaluating.ts';

const input: Json = {
  name: 'Ada',
  n: 5,
  f: 2.5,
  yes: true,
  no: null,
  list: [1, { a: 'b' }],
  map: { k: [1] },
  braces: '{{ input.n }} }}',
};

function rendered(template: Json): Json {
  const { compiled, problems } = compileValue(template, '/with');
  expect(problems).toEqual([]);
  const result = evaluateValue(compiled, scopeOf({ input }));
  expect(result).toMatchObject({ ok: true });
  return result.ok ? result.value : null;
}

function failure(template: Json): string {
  const result = evaluateValue(compileValue(template, '/with').compiled, scopeOf({ input }));
  return result.ok ? '' : result.error.message;
}

describe('where a template ends', () => {
  test.each<[string, Json]>([
    ['{{ {"a": {"b": 1}} }}', { a: { b: 1 } }],
    ['{{ {"a": {"b": 1}}}}', { a: { b: 1 } }],
    ['{{{"a": {"b": 1}}}}', { a: { b: 1 } }],
    ['{{ {"a": 1}.a }}}', '1}'],
    ['{{ "}}" }}', '}}'],
    ["{{ '}}' }}", '}}'],
    ["{{ '{{' }}", '{{'],
    ['{{ """ "}}" """ }}', ' "}}" '],
    ["{{ ''' '}}' ''' }}", " '}}' "],
    ['{{ "\\"}}" }}', '"}}'],
    ['{{ r"}}" }}', '}}'],
    ['{{ input.n // }} is a comment\n }}', 5],
    ['{{ input.n / 5 }}', 1],
    ['{{ [1, {"a": "}"}] }}', [1, { a: '}' }]],
    ['{{input.n}}', 5],
    ['  {{ input.n }}\n', 5],
    ['{{\n  input.n\n}}', 5],
    ['{{ "" }}', ''],
    ['a }} b', 'a }} b'],
    ['{ {{ input.n }} }', '{ 5 }'],
    ['{{ "\'" }}', "'"],
  ])('%j', (template, expected) => {
    expect(rendered(template)).toEqual(expected);
  });

  test.each([
    '{{',
    'a {{ b',
    '{{ "abc }}',
    "{{ it's }}",
    '{{ """ }}',
    '{{ "a\n" }}',
    "{{ 'a\r' }}",
    '{{ {"a": 1 }}',
    '{{ 1 // }}',
    '{{ }}',
    '{{ 1 } }}',
    '{{ "\\"}}',
    '{{ {{ 1 }} }}',
  ])('%j is refused', (template) => {
    expect(compileValue(template, '/with/url').problems).toMatchObject([{ code: 'bad_template', path: '/with/url' }]);
  });

  test('a text of a hundred thousand quotes is read once', () => {
    expect(compileValue(`{{ ${"'\\".repeat(100_000)}`, '').problems).toHaveLength(1);
    expect(compileValue(`{{ ${'"""'.repeat(100_001)}`, '').problems).toHaveLength(1);
  });
});

describe('a text with templates', () => {
  test.each<[string, string]>([
    ['Hello {{ input.name }}!', 'Hello Ada!'],
    ['{{ input.n }}{{ input.f }}', '52.5'],
    ['{{ input.yes }} {{ input.list }} {{ input.map }}', 'true [1,{"a":"b"}] {"k":[1]}'],
    ['at {{ now }} for {{ duration("1h") }}', 'at 2026-12-24T18:30:05.042Z for 3600s'],
    ['type {{ type(1) }}', 'type double'],
    ['- {{ [now] }}', '- ["2026-12-24T18:30:05.042Z"]'],
    ['x{{ "" }}', 'x'],
    ['{{ 1e21 }}!', '1e+21!'],
  ])('%j', (template, expected) => {
    expect(rendered(template)).toBe(expected);
  });

  test('null has no text', () => {
    expect(failure('a {{ input.no }}')).toBe(
      '/with: input.no is null, which has no text: say what stands for it, with coalesce(…)',
    );
  });

  test('an optional has no text', () => {
    expect(failure('a {{ input.?no }}')).toContain('an optional has no text');
  });

  test('a text that grows beyond a megabyte is stopped', () => {
    const many = 'x'.repeat(1_000_000);
    expect(failure(`${many} {{ input.n }} ${many}`)).toContain('longer than 1048576 characters');
  });

  test('data is never read as a template', () => {
    expect(rendered('{{ input.braces }}')).toBe('{{ input.n }} }}');
    expect(rendered('<{{ input.braces }}>')).toBe('<{{ input.n }} }}>');
  });
});

describe('a value', () => {
  test('keeps what holds no template as it is', () => {
    const literal = { a: [1, 'x', null, true], b: { c: 'no }} template' } };
    const { compiled } = compileValue({ literal, t: '{{ input.n }}' }, '');
    const result = evaluateValue(compiled, scopeOf({ input }));
    expect(result).toEqual({ ok: true, value: { literal, t: 5 } });
    expect(result.ok && (result.value as { literal: unknown }).literal).toBe(literal);
  });

  test('passes large data on without a copy', () => {
    const { compiled } = compileValue('{{ input.list }}', '');
    const result = evaluateValue(compiled, scopeOf({ input }));
    expect(result.ok && result.value).toBe((input as { list: unknown }).list);
  });

  test('replaces templates wherever they stand, keys never', () => {
    expect(rendered({ '{{ input.n }}': ['{{ input.n }}', { deep: '{{ input.name }} {{ input.n }}' }, 7] })).toEqual({
      '{{ input.n }}': [5, { deep: 'Ada 5' }, 7],
    });
  });

  test('turns what JSON lacks into text, deep inside and without touching the data', () => {
    expect(rendered('{{ [1, now, {"a": duration("1s"), "b": 2, "t": type(1)}, input.map] }}')).toEqual([
      1,
      '2026-12-24T18:30:05.042Z',
      { a: '1s', b: 2, t: 'double' },
      { k: [1] },
    ]);
    expect(rendered('{{ {"x": 1, "l": [now, now]} }}')).toEqual({
      x: 1,
      l: ['2026-12-24T18:30:05.042Z', '2026-12-24T18:30:05.042Z'],
    });
  });

  test('tells the path of the template that failed', () => {
    expect(failure({ a: '{{ input.n }}', 'b/c': ['{{ input.nope }}'] })).toBe(
      "/with/b~1c/0: input.nope: no such key 'nope'",
    );
  });

  test('shares one budget among its templates', () => {
    const heavy = '{{ lists.range(100000).map(x, x + 1).sum() }}';
    expect(failure([heavy, heavy])).toBe('');
    expect(failure(Array.from({ length: 20 }, () => heavy))).toContain('/with/');
  });

  test("may be no larger than a node's output", () => {
    const scope = scopeOf({ input: 'x'.repeat(3_000_000) });
    expect(evaluateValue(compileValue(['{{ input }}'], '').compiled, scope)).toMatchObject({ ok: true });
    expect(evaluateValue(compileValue(['{{ input }}', '{{ input }}'], '').compiled, scope)).toMatchObject({
      ok: false,
      error: { message: '/1: the expression builds a result that is too large' },
    });
  });

  test('fails on data that nests deeper than the stack, as data', () => {
    let deep: Json = 1;
    for (let depth = 0; depth < 200_000; depth += 1) deep = [deep];
    expect(evaluateValue(compileValue('{{ input }}', '/x').compiled, scopeOf({ input: deep }))).toMatchObject({
      ok: false,
      error: { message: '/x: the data nests too deeply' },
    });
  });

  test('lets a bug of ours through', () => {
    const broken = {
      ...scopeOf(),
      get input(): Json {
        throw new TypeError('ours');
      },
    };
    expect(() => evaluateValue(compileValue('{{ input }}', '').compiled, broken)).toThrow('ours');
    expect(() => evaluateValue(compileValue('{{ input.x || true }}', '').compiled, broken)).toThrow('ours');
  });

  test('sees nodes, execution, node and output', () => {
    const scope = scopeOf({
      nodes: { a: { status: 'succeeded', output: { n: 1 } }, b: { status: 'failed', error: { code: 'http_500' } } },
      node: { id: 'c', attempt: 2, idempotencyKey: 'e1:c:0' },
      output: { done: false },
    });
    const { compiled, problems } = compileValue(
      '{{ [nodes.a.output.n, nodes["b"].error.code, nodes.b.status, execution.id, execution.tags.team, node.attempt, output.done, nodes.?b.?output.n.orValue(0)] }}',
      '',
      { output: true },
    );
    expect(problems).toEqual([]);
    expect(evaluateValue(compiled, scope)).toEqual({
      ok: true,
      value: [1, 'http_500', 'failed', 'e1', 'pay', 2, false, 0],
    });
    expect(evaluateValue(compileValue('{{ nodes.b.output.x }}', '/w').compiled, scope)).toMatchObject({
      error: { message: "/w: nodes.b.output: no such key 'output'" },
    });
  });
});

describe('a condition', () => {
  test.each<Json>([true, 'yes', '{{ true }} {{ false }}', 'x {{ true }}', ['{{ true }}'], { if: '{{ true }}' }, null])(
    '%j is not one template',
    (value) => {
      expect(compileBool(value, '/if').problems).toEqual([
        { code: 'bad_template', path: '/if', message: 'a condition is one template: "{{ … }}"' },
      ]);
    },
  );

  test('is refused when it is certain to yield something else', () => {
    expect(compileBool('{{ 1 + 1 }}', '/if').problems).toEqual([
      { code: 'bad_template', path: '/if', message: 'a condition yields true or false, this one a number' },
    ]);
    expect(compileBool('{{ nope }}', '/if').problems).toMatchObject([{ code: 'unknown_reference' }]);
  });

  test('yields true or false, or fails', () => {
    const evaluated = (source: string) => evaluateBool(compileBool(source, '/if').compiled, scopeOf({ input }));
    expect(evaluated('{{ input.n > 4 }}')).toEqual({ ok: true, value: true });
    expect(evaluated(' {{ input.yes && input.n < 4 }} ')).toEqual({ ok: true, value: false });
    expect(evaluated('{{ input.n }}')).toMatchObject({
      ok: false,
      error: { message: '/if: a condition yields true or false, this one a number' },
    });
  });
});

describe('parts of a compiled value', () => {
  const { compiled } = compileValue(
    {
      cases: [
        { branch: 'a', if: '{{ input.yes }}' },
        { branch: 'b', if: '{{ input.nope }}' },
      ],
      plain: { deep: [1, 2] },
      text: 'x {{ input.n }}',
    },
    '/with',
  );
  const value = (part: typeof compiled | undefined) =>
    part === undefined ? undefined : evaluateValue(part, scopeOf({ input }));

  test('are reached by key and by index', () => {
    const cases = member(compiled, 'cases');
    expect(cases && elements(cases)).toHaveLength(2);
    const first = cases && member(cases, 0);
    expect(value(first && member(first, 'if'))).toEqual({ ok: true, value: true });
    expect(value(first && member(first, 'branch'))).toEqual({ ok: true, value: 'a' });
    expect(cases && member(cases, 5)).toBeUndefined();
    expect(member(compiled, 'nope')).toBeUndefined();
  });

  test('are reached in literals too', () => {
    const plain = member(compiled, 'plain');
    const deep = plain && member(plain, 'deep');
    expect(deep && elements(deep).map(value)).toEqual([
      { ok: true, value: 1 },
      { ok: true, value: 2 },
    ]);
    expect(value(deep && member(deep, 1))).toEqual({ ok: true, value: 2 });
    expect(deep && member(deep, 2)).toBeUndefined();
    expect(plain && member(plain, 'toString')).toBeUndefined();
  });

  test('a template and a text have none', () => {
    const text = member(compiled, 'text');
    expect(text && member(text, 'x')).toBeUndefined();
    expect(text && elements(text)).toEqual([]);
    expect(elements(compiled)).toEqual([]);
    expect(member(compileValue('x', '').compiled, 'length')).toBeUndefined();
    expect(elements(compileValue('x', '').compiled)).toEqual([]);
    expect(member(compileValue('{{ input }}', '').compiled, 'n')).toBeUndefined();
  });
});

test('a template is seen by its braces', () => {
  expect(hasTemplate('a {{ b')).toBe(true);
  expect(hasTemplate('a { b }}')).toBe(false);
});
