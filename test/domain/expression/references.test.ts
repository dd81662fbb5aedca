import { describe, expect, test } from 'vitest';
import { compileValue } from '../../../shared/domain/expression/template.ts';
import { problemsOf } from './evaluating.ts';

/** `a.output`, with `?` where its absence is tolerated. */
function uses(source: string): readonly string[] {
  const { compiled, problems } = compileValue(`{{ ${source} }}`, '/x');
  expect(problems).toEqual([]);
  return compiled.references.map(
    ({ node, field, guarded }) => `${node}${field === undefined ? '' : `.${field}`}${guarded ? '?' : ''}`,
  );
}

describe('an expression tells which nodes it reads', () => {
  test.each<[string, readonly string[]]>([
    ['input.a', []],
    ['nodes.a.output.x', ['a.output']],
    ['nodes["a b"].output', ['a b.output']],
    ['nodes.a["output"].x', ['a.output']],
    ['nodes.a', ['a']],
    ['nodes.?a', ['a?']],
    ['nodes.a.status', ['a.status']],
    ['nodes.a.error.code', ['a.error']],
    ['nodes.a.output.x + nodes.b.output.y', ['a.output', 'b.output']],
    ['nodes.a.output.x + nodes.a.output.y', ['a.output']],
    ['[nodes.a.output, {"k": nodes.b.output}]', ['a.output', 'b.output']],
    ['-nodes.a.output.n', ['a.output']],
    ['input[nodes.a.output.key]', ['a.output']],
    ['nodes.a.output[nodes.b.output.i].x', ['b.output', 'a.output']],
    ['size(nodes.a.output.list)', ['a.output']],
    ['nodes.a.output.list.map(x, x + nodes.b.output.n)', ['a.output', 'b.output']],
    ['cel.bind(x, nodes.a.output, x.y + nodes.b.output.n)', ['a.output', 'b.output']],
    ['[{"a": 1}].map(nodes, nodes.b)', []],
    ['cel.bind(nodes, {"z": 1}, nodes.z)', []],
    ['(nodes.a.output.ok ? nodes.b : nodes.c).output', ['a.output', 'b', 'c']],
    ['nodes.a.output.list.filter(x, x.ok)[0].id', ['a.output']],
  ])('%s', (source, expected) => {
    expect(uses(source)).toEqual(expected);
  });
});

describe('a use is guarded where absence is tolerated', () => {
  test.each<[string, readonly string[]]>([
    ['nodes.a.?output.x.orValue(1)', ['a.output?']],
    ['nodes.a[?"output"].orValue(1)', ['a.output?']],
    ['nodes.?a.output.x.orValue(1)', ['a.output?']],
    ['coalesce(nodes.a.output.x, nodes.b.output.x, 0)', ['a.output?', 'b.output?']],
    ['has(nodes.a.output)', ['a.output?']],
    ['has(nodes.a.output.x)', ['a.output']],
    ['nodes.a.output.?x.orValue(1)', ['a.output']],
    ['has(nodes.a.output) ? nodes.a.output.x : 0', ['a.output?']],
    ['has(nodes.a.output) ? 0 : nodes.a.output.x', ['a.output?', 'a.output']],
    ['!has(nodes.a.output) ? 0 : nodes.a.output.x', ['a.output?']],
    ['has(nodes.a.output) && nodes.a.output.x > 1', ['a.output?']],
    ['!has(nodes.a.output) || nodes.a.output.x > 1', ['a.output?']],
    ['has(nodes.a.output) || nodes.a.output.x > 1', ['a.output?', 'a.output']],
    [
      'has(nodes.a.output) && has(nodes.b.output) ? nodes.a.output.x + nodes.b.output.x : 0',
      ['a.output?', 'b.output?'],
    ],
    ['!(has(nodes.a.output) && true) ? 0 : nodes.a.output.x', ['a.output?']],
    ['has(nodes.a.output) || input.b ? nodes.a.output.x : 0', ['a.output?', 'a.output']],
    ['nodes.a.status == "succeeded" ? nodes.a.output.x : 0', ['a.status', 'a.output?']],
    ['"failed" == nodes.a.status ? nodes.a.error.code : ""', ['a.status', 'a.error?']],
    ['nodes.a.status != "succeeded" ? 0 : nodes.a.output.x', ['a.status', 'a.output?']],
    ['nodes.a.status == "failed" ? nodes.a.output.x : 0', ['a.status', 'a.output']],
    ['input.a == "succeeded" ? nodes.a.output.x : 0', ['a.output']],
    ['input.a ? nodes.a.output.x : 0', ['a.output']],
    ['-input.a == 1 ? nodes.a.output.x : 0', ['a.output']],
    ['has(input.a) ? nodes.a.output : 0', ['a.output']],
    ['input.l.all(x, x) ? nodes.a.output : 0', ['a.output']],
    ['bool(nodes.a.output) ? nodes.a.output : 0', ['a.output']],
    ['(-1 == 1) ? nodes.a.output : 0', ['a.output']],
    ['nodes.a.output.status == "succeeded" ? nodes.a.output.x : 0', ['a.output']],
  ])('%s', (source, expected) => {
    expect(uses(source)).toEqual(expected);
  });
});

test('references carry the pointer of their template', () => {
  const { compiled } = compileValue(
    { a: ['{{ nodes.x.output }}', 'text {{ nodes.y.output.n }} {{ nodes.x.status }}'] },
    '/nodes/b/with',
  );
  expect(compiled.references).toEqual([
    { node: 'x', field: 'output', guarded: false, path: '/nodes/b/with/a/0' },
    { node: 'y', field: 'output', guarded: false, path: '/nodes/b/with/a/1' },
    { node: 'x', field: 'status', guarded: false, path: '/nodes/b/with/a/1' },
  ]);
});

describe('names that mean nothing are refused', () => {
  test.each<[string, string]>([
    ['foo', 'unknown_reference: foo: there is no such name; expressions see input, nodes, execution, node, now'],
    ['vars.x', 'unknown_reference: vars: the name is reserved'],
    ['output.x', 'unknown_reference: output: only failIf and retryIf'],
    ['item', 'unknown_reference: item'],
    ['secrets.key', 'unknown_reference: secrets'],
    [
      'execution.foo',
      "execution.foo: execution has id, workflow, version, createdAt, startedAt, scheduledAt, tags, trigger, generation, not 'foo'",
    ],
    ['execution["foo"]', 'execution.foo'],
    ['execution.?foo', 'execution.foo'],
    ['node.name', 'node has id, attempt, idempotencyKey'],
    ['nodes', 'unknown_reference: nodes: nodes are named one by one'],
    ['size(nodes)', 'nodes are named one by one'],
    ['nodes[input.x].output', 'nodes are named one by one'],
    ['nodes[0]', 'nodes are named one by one'],
    ['nodes.map(n, n)', 'nodes are named one by one'],
    ['nodes.a.result', 'a node has status, output, error'],
    ['nodes.a[input.x]', 'a node has status, output, error'],
    ['input.list.map(x, y)', 'unknown_reference: y'],
    ['input.list.map(x, x) + [x]', 'unknown_reference: x'],
    ['cel.bind(a, a, a)', 'unknown_reference: a'],
    ['math', 'unknown_reference: math'],
    ['{"a": foo}', 'unknown_reference: foo'],
    ['input[foo]', 'unknown_reference: foo'],
    ['foo.bar.baz()', 'unknown_reference: foo'],
  ])('%s', (source, problem) => {
    expect(problemsOf(source).join('\n')).toContain(problem);
  });

  test('a flood of problems is cut, and so is each of them', () => {
    expect(problemsOf(`[${'a, '.repeat(500)}b]`)).toHaveLength(20);
    expect(problemsOf('x'.repeat(5_000))[0]?.length).toBeLessThan(600);
  });

  test('output is a name where it is asked for', () => {
    expect(compileValue('{{ output.x }}', '', { output: true }).problems).toEqual([]);
  });

  test('a forbidden key is told once, and types are names', () => {
    expect(problemsOf('execution.__proto__')).toHaveLength(1);
    expect(problemsOf('type(input) == map')).toEqual([]);
    expect(problemsOf('execution')).toEqual([]);
    expect(problemsOf('execution[input.a]')).toEqual([]);
  });

  test('every template of a value is told, each with its path', () => {
    expect(compileValue({ a: '{{ foo }}', b: { 'c/d': ['x {{ bar }} {{ 1 + "a" }}'] } }, '/with').problems).toEqual([
      expect.objectContaining({ code: 'unknown_reference', path: '/with/a' }),
      expect.objectContaining({ code: 'unknown_reference', path: '/with/b/c~1d/0' }),
      expect.objectContaining({ code: 'bad_template', path: '/with/b/c~1d/0' }),
    ]);
  });
});
