import { describe, expect, test } from 'vitest';
import type { Json } from '../../../shared/domain/json.ts';
import { plainMessage } from '../../../shared/domain/plain-message.ts';
import { acceptStored, validateDefinition } from '../../../shared/domain/workflow/validate.ts';
import { registry } from '../../support/scripted-task.ts';

/** `code path` of all problems. */
function problemsOf(definition: Json): string[] {
  const checked = validateDefinition(definition, registry, () => []);
  return checked.ok ? [] : checked.error.map(({ code, path }) => `${code} ${path}`);
}

describe('a field of the wrong shape does not hide what is wrong elsewhere', () => {
  test('in fields of nodes, the name, unknown keys', () => {
    const definition = {
      nme: 'typo',
      nodes: {
        a: { type: 'task', timeout: 'soon' },
        b: { type: 'pass', needs: ['a.foo'], tpyo: 1 },
        c: { type: 'nope', needs: ['c'] },
        d: { type: 'transform', needs: ['a'], with: { value: '{{ nodes.gone.output }}' } },
      },
    };
    expect(problemsOf(definition).sort()).toEqual(
      [
        'malformed /name',
        'unknown_key /nme',
        'invalid_duration /nodes/a/timeout',
        'unknown_key /nodes/b/tpyo',
        'unknown_branch /nodes/b/needs/0',
        'unknown_type /nodes/c/type',
        'self_need /nodes/c/needs/0',
        'unknown_reference /nodes/d/with/value',
      ].sort(),
    );
  });

  test('and nothing is said that only follows from what was left out', () => {
    const definition = {
      name: 'x',
      description: 1,
      nodes: {
        a: { type: 'task' },
        b: { type: 'transform', needs: 'a', with: { value: '{{ nodes.a.output }}' } },
        c: { type: 'task', needs: ['a', 'b.error'], join: 'any' },
      },
    };
    expect(problemsOf(definition)).toEqual([
      'malformed /description',
      'malformed /nodes/b/needs',
      'malformed /nodes/c/join',
    ]);
  });

  test('nor a rule between fields, which is asked only when the fields are well', () => {
    const definition = {
      name: 'x',
      nodes: {
        a: { type: 'task', timeout: 5, delivery: 'at-most-once', retry: { attempts: 2 }, needs: ['gone'] },
      },
    };
    expect(problemsOf(definition)).toEqual([
      'malformed /nodes/a/timeout',
      'malformed /nodes/a/retry',
      'unknown_need /nodes/a/needs/0',
    ]);
  });

  test('a bad id leaves everything else as it is', () => {
    expect(problemsOf({ name: 'x', nodes: { 'a-b': { type: 'nope' } } })).toEqual([
      'malformed /nodes/a-b',
      'unknown_type /nodes/a-b/type',
    ]);
  });

  test.each<[string, Json, string[]]>([
    [
      'a node that is none',
      { name: 'x', nodes: { a: 1, b: { type: 'task', needs: ['b'] } } },
      ['malformed /nodes/a', 'self_need /nodes/b/needs/0'],
    ],
    [
      'a node without a type',
      { name: 'x', nodes: { a: {}, b: { type: 'task', needs: ['gone'] } } },
      ['malformed /nodes/a/type', 'unknown_need /nodes/b/needs/0'],
    ],
    ['nodes that are none', { name: 'x', nodes: [] }, ['malformed /nodes']],
    ['no nodes', { name: 'x' }, ['malformed /nodes']],
    ['not even a map', [], ['malformed ']],
  ])('%s: too little is left, the graph is still checked', (_, definition, expected) => {
    expect(problemsOf(definition)).toEqual(expected);
  });
});

test.each([
  ['Invalid input: expected array, received string', 'must be a list, is a string'],
  ['Invalid input: expected string, received undefined', 'is required: a string'],
  ['Invalid option: expected one of "a"|"b"', 'must be one of "a", "b"'],
  ['anything else', 'anything else'],
])('%s → %s', (message, plain) => {
  expect(plainMessage({ code: 'custom', path: [], message, input: undefined })).toBe(plain);
});

describe('what was accepted once', () => {
  const nodes = {
    a: { type: 'task' },
    b: { type: 'transform', needs: ['a'], with: { value: '{{ nodes.gone.output }}' } },
  };

  test('is run, although a rule of today would refuse it', () => {
    expect(acceptStored({ name: 'x', nodes }, registry)?.nodes.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  test.each<[string, Json]>([
    ['a node type is gone', { name: 'x', nodes: { a: { type: 'gone' } } }],
    [
      'a need means nothing any more',
      { name: 'x', nodes: { a: { type: 'task' }, b: { type: 'task', needs: ['a.gone'] } } },
    ],
    ['it has another shape', { name: 'x', nodes: { a: { type: 'task', needs: 'b' } } }],
  ])('unless %s', (_, definition) => {
    expect(acceptStored(definition, registry)).toBeUndefined();
  });
});
