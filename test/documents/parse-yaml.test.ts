import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { LIMITS } from '../../shared/domain/limits.ts';
import { parseYaml } from '../../shared/documents/parse-yaml.ts';
import { PROBLEMS_MAX } from '../../shared/documents/problem-list.ts';

function problemsOf(text: string) {
  const parsed = parseYaml(text);
  return parsed.ok ? [] : parsed.error.map(({ code, path, message }) => [code, path, message]);
}
function codesOf(text: string) {
  return problemsOf(text).map(([code, path]) => [code, path]);
}
const MEND = 'an unquoted template is a YAML map: put quotes around it: "{{ … }}"';

describe('YAML 1.2 core becomes JSON', () => {
  test.each<[string, unknown]>([
    ['a: 1\nb: [x, "y", null, ~, true, 1.5, -0x0]', undefined],
    ['a: {b: c}\nd:\n  - e\n  - f: g', { a: { b: 'c' }, d: ['e', { f: 'g' }] }],
    ['on: yes\noff: no', { on: 'yes', off: 'no' }],
    ['at: 2026-12-24\nwhen: 2026-12-24T10:00:00Z', { at: '2026-12-24', when: '2026-12-24T10:00:00Z' }],
    ['1: a\n1.50: b\ntrue: c\n0x10: d', { '1': 'a', '1.50': 'b', true: 'c', '0x10': 'd' }],
    ['a: !!str 12\nb: ! 13', { a: '12', b: '13' }],
    ['a:\nb: ""', { a: null, b: '' }],
    ['text: |\n  {{ x }}\n  # no comment\nfolded: >-\n  a\n  b', { text: '{{ x }}\n# no comment\n', folded: 'a b' }],
    [
      'a: \'{{ x }}\'\nb: "{{ y }}"\nc: https://x.example/{{ z }}',
      { a: '{{ x }}', b: '{{ y }}', c: 'https://x.example/{{ z }}' },
    ],
    ['"\\uD83D\\uDE00"', '😀'],
    ['- &a [1, 2]\n- *a\n- &b x\n- *b', [[1, 2], [1, 2], 'x', 'x']],
    ['---\na: 1\n...\n', { a: 1 }],
    ['null', null],
    ['\ufeffa: 1', { a: 1 }],
    ['"<<": 1', { '<<': 1 }],
    ['{"a": {"b": [1, {}]}}', { a: { b: [1, {}] } }],
  ])('%j', (text, value) => {
    const expected = value === undefined ? { a: 1, b: ['x', 'y', null, null, true, 1.5, '-0x0'] } : value;
    expect(parseYaml(text)).toEqual({ ok: true, value: expected });
  });

  test('JSON is YAML, and what the library writes comes back', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (generated) => {
        const value: unknown = JSON.parse(JSON.stringify(generated));
        if (hasForbiddenKey(value)) return;
        expect(parseYaml(JSON.stringify(value))).toEqual({ ok: true, value });
        expect(parseYaml(stringify(value, { aliasDuplicateObjects: false }))).toEqual({ ok: true, value });
      }),
      { numRuns: 300 },
    );
  });
});

function hasForbiddenKey(value: unknown): boolean {
  return /"(?:__proto__|constructor|prototype)":/.test(JSON.stringify(value));
}

describe('unquoted templates', () => {
  test.each([
    ['a: {{ x }}', '/a', 'line 1, column 4'],
    ['a: {{x}}', '/a', 'line 1, column 4'],
    ['a:\n  - 1\n  - {{ nodes.a.output }}', '/a/1', 'line 3, column 5'],
    ['a: [1, {{ x }}]', '/a/1', 'line 1, column 8'],
    ['a: { b: {{ x }} }', '/a/b', 'line 1, column 9'],
    ['a: {{ x + 1 }} more text', '/a', 'line 1, column 4'],
    ["a: {{ 'x' + y }}\nb: 1", '/a', 'line 1, column 4'],
    ['a: {{ f("x", y) }}/z', '/a', 'line 1, column 4'],
    ['a: {{ nodes.b["c"] }}', '/a', 'line 1, column 4'],
    ['a: {{ x ? "y" : z }}', '/a', 'line 1, column 4'],
    ['a: {{ x', '/a', 'line 1, column 4'],
    ['{{ x }}', '', 'line 1, column 1'],
  ])('%j', (text, path, where) => {
    expect(problemsOf(text)).toEqual([['unquoted_template', path, `${MEND} (${where})`]]);
  });

  test('all of them at once, and errors elsewhere are not swallowed', () => {
    expect(codesOf('a: {{ x }}\nb: {{ "y" z }}\nc: [1\nd: 2')).toEqual([
      ['unquoted_template', '/a'],
      ['unquoted_template', '/b'],
      ['malformed', ''],
    ]);
  });

  test('a template as a key is told that keys cannot be templates', () => {
    expect(problemsOf('a:\n  {{ x }}: 1')).toEqual([
      ['unquoted_template', '/a', 'a template cannot be a key (line 2, column 3)'],
    ]);
  });
});

describe('refused', () => {
  test.each([
    [
      'a: 1\nb: {c: 1, c: 2}\n"a": 3',
      [
        ['duplicate_key', '/b/c'],
        ['duplicate_key', '/a'],
      ],
    ],
    ['1: a\n"1": b', [['duplicate_key', '/1']]],
    [
      'a: {__proto__: 1}\nconstructor: 2\nb: [{prototype: 3}]',
      [
        ['malformed', '/a/__proto__'],
        ['malformed', '/constructor'],
        ['malformed', '/b/0/prototype'],
      ],
    ],
    ['~: 1', [['malformed', '']]],
    ['a:\n  ? [x]\n  : 1', [['malformed', '/a']]],
    ['a: &k x\n*k : 1', [['malformed', '']]],
    ['a: &x {b: 1}\nc:\n  <<: *x', [['malformed', '/c']]],
    ['a: 1\n---\nb: 2', [['malformed', '']]],
    [
      'a: !foo b\nb: !!binary aa\nc: !!set {x}\nd: !!int x',
      [
        ['malformed', '/a'],
        ['malformed', '/b'],
        ['malformed', '/c'],
        ['malformed', '/d'],
      ],
    ],
    ['%YAML 1.1\n---\na: on', [['malformed', '']]],
    [
      'a: .nan\nb: [.inf, -.inf]\nc: 1e999',
      [
        ['malformed', '/a'],
        ['malformed', '/b/0'],
        ['malformed', '/b/1'],
        ['malformed', '/c'],
      ],
    ],
    ['a: "\\ud800"', [['malformed', '/a']]],
    ['a: *nobody', [['malformed', '/a']]],
    ['a: &x [*x]', [['malformed', '/a/0']]],
    ['', [['malformed', '']]],
    ['# nothing but a comment\n', [['malformed', '']]],
    ['---\n', [['malformed', '']]],
    ['a\u0000b', [['malformed', '']]],
    ['a: \u0002', [['malformed', '']]],
    ['a: \ud800', [['malformed', '']]],
  ])('%j', (text, expected) => {
    expect(codesOf(text)).toEqual(expected);
  });

  test('syntax errors come with line and column, all of them', () => {
    expect(problemsOf('a: "x\\q"\nb: [1,,2]\nc: b: c')).toEqual([
      ['malformed', '', 'not valid YAML at line 1, column 6: Invalid escape sequence \\q'],
      ['malformed', '', expect.stringContaining('not valid YAML at line 2, column')],
      ['malformed', '', 'not valid YAML at line 3, column 4: Nested mappings are not allowed in compact mappings'],
    ]);
    expect(problemsOf('a:\n\tb: 1')).toEqual([
      ['malformed', '', 'not valid YAML at line 2, column 1: Tabs are not allowed as indentation'],
    ]);
  });

  test('the tab and merge key messages say what to do', () => {
    expect(problemsOf('<<: {a: 1}')).toEqual([
      ['malformed', '', 'merge keys (<<) are not part of YAML 1.2: write the members out (line 1, column 1)'],
    ]);
  });
});

describe('depth', () => {
  test.each([
    ['flow lists', (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`],
    ['flow maps', (levels: number) => `${'{a: '.repeat(levels - 1)}{}${'}'.repeat(levels - 1)}`],
    ['lists in lists', (levels: number) => `${'- '.repeat(levels)}x`],
    [
      'block maps',
      (levels: number) => Array.from({ length: levels }, (_, level) => `${' '.repeat(level)}k:`).join('\n'),
    ],
  ])('as deep as the limit is taken, one deeper is refused: %s', (_, nested) => {
    expect(problemsOf(nested(LIMITS.depthMax))).toEqual([]);
    expect(problemsOf(nested(LIMITS.depthMax + 1)).map(([code]) => code)).toEqual(['limit_exceeded']);
  });

  test('aliases count with the depth of what they name', () => {
    const deep = `${'['.repeat(20)}${']'.repeat(20)}`;
    expect(codesOf(`a: &a ${deep}\nb: [[[*a]]]`)).toEqual([]);
    expect(codesOf(`a: &a ${deep}\nb: ${'['.repeat(12)}*a${']'.repeat(12)}`)).toMatchObject([
      ['limit_exceeded', expect.anything()],
    ]);
  });
});

describe('hostile texts end quickly, with a problem', () => {
  const laugh = (level: number) =>
    `l${level}: &l${level} [${Array.from({ length: 9 }, () => `*l${level - 1}`).join(', ')}]`;
  const laughs = ['l0: &l0 ["lol", "lol"]', ...Array.from({ length: 14 }, (_, index) => laugh(index + 1))];

  test.each([
    ['billion laughs', laughs.join('\n'), 'limit_exceeded'],
    ['brackets', '['.repeat(1_000_000), 'limit_exceeded'],
    ['braces', '{a: '.repeat(250_000), 'limit_exceeded'],
    ['dashes', '- '.repeat(500_000), 'limit_exceeded'],
    ['question marks', '? '.repeat(500_000), 'limit_exceeded'],
    ['colons', ': '.repeat(500_000), 'limit_exceeded'],
    ['closing brackets', ']'.repeat(1_000_000), 'malformed'],
    ['documents', '---\n'.repeat(250_000), 'malformed'],
    ['directives', '%a b\n'.repeat(200_000), 'malformed'],
    ['escapes', `"${'\\q'.repeat(200_000)}"`, 'malformed'],
    ['templates', 'a: {{ x }\n'.repeat(20_000), 'unquoted_template'],
    ['lines', '\n'.repeat(3_000_000), 'limit_exceeded'],
  ])(
    '%s',
    (_, text, code) => {
      const problems = problemsOf(text);
      expect(problems.length).toBeLessThanOrEqual(PROBLEMS_MAX);
      expect(problems[0]?.[0]).toBe(code);
    },
    20_000,
  );

  test('one map of fifty thousand keys is no quadratic matter', () => {
    const text = Array.from({ length: 50_000 }, (_, index) => `k${index}: ${index}\n`).join('');
    expect(codesOf(`${text}k7: again`)).toEqual([['duplicate_key', '/k7']]);
  }, 20_000);

  test('the host keeps its stack traces', () => {
    const before = Error.stackTraceLimit;
    parseYaml('a: [');
    expect(Error.stackTraceLimit).toBe(before);
  });
});
