import { describe, expect, test } from 'vitest';
import type { Json } from '../../../shared/domain/json.ts';
import { LIMITS } from '../../../shared/domain/limits.ts';
import type { Problem } from '../../../shared/domain/problem.ts';
import { validateDefinition } from '../../../shared/domain/workflow/validate.ts';
import { registry } from '../../support/scripted-task.ts';

const lint = (schema: Json, path: string): Problem[] =>
  schema === false ? [{ code: 'malformed', path, message: 'nothing fits' }] : [];

function validate(raw: Json) {
  return validateDefinition(raw, registry, lint);
}

/** `code path` of every problem. */
function problemsOf(raw: Json): string[] {
  const result = validate(raw);
  return result.ok ? [] : result.error.map(({ code, path }) => `${code} ${path}`);
}

function warningsOf(raw: Json): string[] {
  const result = validate(raw);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value.warnings.map(({ code, path }) => `${code} ${path}`);
}

function messagesOf(raw: Json): string {
  const result = validate(raw);
  return result.ok ? '' : result.error.map(({ message }) => message).join('\n');
}

const workflow = (nodes: Json, more: Record<string, Json> = {}): Json => ({ name: 'w', nodes, ...more });
const task = (needs: string[] = [], more: Record<string, Json> = {}): Json => ({
  type: 'task',
  ...(needs.length > 0 && { needs }),
  ...more,
});
const CONDITION: Json = {
  type: 'condition',
  with: { cases: [{ branch: 'big', if: '{{ input.x > 1 }}' }], default: 'small' },
};

describe('shape', () => {
  test.each<[string, Json, string[]]>([
    ['not an object', [1], ['malformed ']],
    ['null', null, ['malformed ']],
    ['nothing in it', {}, ['malformed /name', 'malformed /nodes']],
    ['no nodes', workflow({}), ['empty /nodes']],
    ['nodes as a list', workflow([]), ['malformed /nodes']],
    ['a node that is no object', workflow({ a: 1 }), ['malformed /nodes/a']],
    ['a name with a space', { name: 'a b', nodes: { a: task() } }, ['malformed /name']],
    [
      'unknown fields, all of them',
      workflow({ a: task([], { foo: 1, bar: 2 }) }, { extra: 1 }),
      ['unknown_key /nodes/a/foo', 'unknown_key /nodes/a/bar', 'unknown_key /extra'],
    ],
    ['an id that is none', workflow({ '1a': task() }), ['malformed /nodes/1a']],
    ['an id with a slash is escaped', workflow({ 'a/b': task() }), ['malformed /nodes/a~1b']],
    ['a reserved id', workflow({ for: task(), in: task() }), ['reserved_id /nodes/for', 'reserved_id /nodes/in']],
    ['an id of 64 characters', workflow({ ['a'.repeat(64)]: task() }), []],
    ['an id of 65 characters', workflow({ ['a'.repeat(65)]: task() }), [`malformed /nodes/${'a'.repeat(65)}`]],
    [
      'durations',
      workflow({ a: task([], { timeout: 'soon', deadline: '1 h' }) }, { timeout: '1y' }),
      ['invalid_duration /timeout', 'invalid_duration /nodes/a/timeout', 'invalid_duration /nodes/a/deadline'],
    ],
    [
      'durations that are too long',
      workflow({ a: task([], { timeout: '15m', deadline: '367d' }) }, { timeout: '367d' }),
      ['limit_exceeded /timeout', 'limit_exceeded /nodes/a/timeout', 'limit_exceeded /nodes/a/deadline'],
    ],
    ['a condition that is a number', workflow({ a: task([], { if: 1 }) }), ['malformed /nodes/a/if']],
    [
      'delays beside first',
      workflow({ a: task([], { retry: { delays: ['1s'], first: '1s' } }) }),
      ['malformed /nodes/a/retry'],
    ],
    [
      'delays beside factor',
      workflow({ a: task([], { retry: { delays: ['1s'], factor: 2 } }) }),
      ['malformed /nodes/a/retry'],
    ],
    [
      'delays beside max',
      workflow({ a: task([], { retry: { delays: ['1s'], max: '2s' } }) }),
      ['malformed /nodes/a/retry'],
    ],
    [
      'attempts and jitter out of range',
      workflow({ a: task([], { retry: { attempts: 0, jitter: 2 } }) }),
      ['malformed /nodes/a/retry/attempts', 'malformed /nodes/a/retry/jitter'],
    ],
    [
      'at-most-once beside retry',
      workflow({ a: task([], { delivery: 'at-most-once', retry: {} }) }),
      ['malformed /nodes/a/retry'],
    ],
    [
      'a branch called error',
      workflow({ a: task([], { catch: { error: ['x'] } }) }),
      ['reserved_id /nodes/a/catch/error'],
    ],
    [
      'a branch name that is none',
      workflow({ a: task([], { catch: { 'a b': ['x'] } }) }),
      ['reserved_id /nodes/a/catch/a b'],
    ],
    [
      'catch lists that overlap',
      workflow({ a: task([], { catch: { b: ['x', 'y'], c: ['y'] } }) }),
      ['malformed /nodes/a/catch/c/0'],
    ],
    [
      'one code twice in a catch list',
      workflow({ a: task([], { catch: { b: ['x', 'x'] } }) }),
      ['malformed /nodes/a/catch/b/1'],
    ],
    [
      'catch lists that are none',
      workflow({ a: task([], { catch: { b: 'x', c: [1] } }) }),
      ['malformed /nodes/a/catch/b', 'malformed /nodes/a/catch/c/0'],
    ],
    ['catch that is no map', workflow({ a: task([], { catch: 'x' }) }), ['malformed /nodes/a/catch']],
    [
      'too many catch names',
      workflow({
        a: task([], {
          catch: Object.fromEntries(
            Array.from({ length: LIMITS.catchNamesMax + 1 }, (_, at) => [`c${at}`, [`code${at}`]]),
          ),
        }),
      }),
      ['limit_exceeded /nodes/a/catch'],
    ],
  ])('%s', (_, raw, problems) => {
    expect(problemsOf(raw).toSorted()).toEqual(problems.toSorted());
  });

  test('10,000 nodes are allowed, one more is not', () => {
    const nodes = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`n${at}`, { type: 'pass' }]));
    expect(problemsOf(workflow(nodes(LIMITS.nodesMax + 1)))).toEqual(['limit_exceeded /nodes']);
    expect(messagesOf(workflow(nodes(LIMITS.nodesMax + 1)))).toContain('10001');
  });

  test('20,000 needs are allowed, one more is not', () => {
    const fan = (count: number) => workflow({ a: task(), b: 1, z: task(Array.from({ length: count }, () => 'a')) });
    expect(problemsOf(fan(LIMITS.edgesMax + 1))).toEqual(['limit_exceeded /nodes']);
    expect(problemsOf(fan(LIMITS.edgesMax))).not.toContain('limit_exceeded /nodes');
  });
});

describe('needs', () => {
  test.each<[string, Json, string[]]>([
    ['an unknown node', workflow({ a: task(['x']) }), ['unknown_need /nodes/a/needs/0']],
    ['itself', workflow({ a: task(['a']) }), ['self_need /nodes/a/needs/0']],
    ['twice the same', workflow({ a: task(), b: task(['a', 'a']) }), ['duplicate_need /nodes/b/needs/1']],
    ['two ends of one node are two needs', workflow({ a: task(), b: task(['a', 'a.error'], { join: 'merge' }) }), []],
    ['an unknown branch', workflow({ a: task(), b: task(['a.large']) }), ['unknown_branch /nodes/b/needs/0']],
    [
      'an unknown branch of a condition',
      workflow({ c: CONDITION, b: task(['c.large']) }),
      ['unknown_branch /nodes/b/needs/0'],
    ],
    [
      'branches of a condition, its default, and errors',
      workflow({ c: CONDITION, b: task(['c.big']), d: task(['c.small']), e: task(['c.error']) }),
      [],
    ],
    ['a catch name', workflow({ a: task([], { catch: { declined: ['http_402'] } }), b: task(['a.declined']) }), []],
    [
      'plain and selected without a join',
      workflow({ a: task(), b: task(), c: task(['a', 'b.error']) }),
      ['join_required /nodes/c/needs'],
    ],
    [
      'plain and selected with a join',
      workflow({ a: task(), b: task(), c: task(['a', 'b.error'], { join: 'all' }) }),
      [],
    ],
    [
      'tolerated and caught',
      workflow({ a: task([], { onError: 'continue' }), b: task(['a.error']) }),
      ['error_handled_twice /nodes/b/needs/0'],
    ],
    [
      'tolerated and caught by name',
      workflow({ a: task([], { onError: 'continue', catch: { n: ['x'] } }), b: task(['a.n']) }),
      ['error_handled_twice /nodes/b/needs/0'],
    ],
    ['tolerated and needed', workflow({ a: task([], { onError: 'continue' }), b: task(['a']) }), []],
  ])('%s', (_, raw, problems) => {
    expect(problemsOf(raw)).toEqual(problems);
  });

  test('a cycle is spelled out, and found once', () => {
    const raw = workflow({ a: task(['c']), b: task(['a']), c: task(['b']), d: task(['c']) });
    expect(problemsOf(raw)).toEqual(['cycle /nodes/b/needs']);
    expect(messagesOf(raw)).toContain('b → c → a → b');
  });

  test('cycles through branches count; several are all named', () => {
    const raw = workflow({ a: task(['b.error']), b: task(['a']), x: task(['y']), y: task(['x']) });
    expect(problemsOf(raw).filter((problem) => problem.startsWith('cycle'))).toHaveLength(2);
  });

  test('the graph is checked even when a field elsewhere is off', () => {
    const raw = workflow({ a: task(['b', 'nobody'], { foo: 1 }), b: task(['a']), c: { needs: [7] }, d: 3 });
    expect(problemsOf(raw)).toEqual(
      expect.arrayContaining([
        'unknown_key /nodes/a/foo',
        'unknown_need /nodes/a/needs/1',
        'cycle /nodes/b/needs',
        'malformed /nodes/d',
      ]),
    );
  });
});

describe('types and templates', () => {
  test.each<[string, Json, string[]]>([
    ['an unknown type', workflow({ a: { type: 'teleport' }, b: task(['a']) }), ['unknown_type /nodes/a/type']],
    [
      'a `with` that does not fit',
      workflow({ a: { type: 'wait', with: { duration: 'soon' } } }),
      ['invalid_with /nodes/a/with/duration'],
    ],
    [
      'a `with` that is missing',
      workflow({ a: { type: 'fail' } }),
      ['invalid_with /nodes/a/with/code', 'invalid_with /nodes/a/with/message'],
    ],
    ['a `with` that only a run can judge', workflow({ a: { type: 'wait', with: { duration: '{{ input.d }}' } } }), []],
    [
      'a template that does not parse',
      workflow({ a: task([], { with: { x: '{{ 1 + }}' } }) }),
      ['bad_template /nodes/a/with/x'],
    ],
    ['a condition that is no template', workflow({ a: task([], { if: 'yes' }) }), ['bad_template /nodes/a/if']],
    ['a condition that is a plain bool', workflow({ a: task([], { if: true }), b: task([], { failIf: false }) }), []],
    [
      'an unknown node in a template',
      workflow({ a: task([], { with: '{{ nodes.b.output }}' }) }),
      ['unknown_reference /nodes/a/with'],
    ],
    [
      'a node that is not upstream',
      workflow({ a: task(), b: task([], { with: '{{ nodes.a.output }}' }) }),
      ['not_upstream /nodes/b/with'],
    ],
    [
      'oneself is not upstream',
      workflow({ a: task([], { with: '{{ nodes.a.output }}' }) }),
      ['not_upstream /nodes/a/with'],
    ],
    ['far upstream', workflow({ a: task(), b: task(['a']), c: task(['b'], { with: '{{ nodes.a.output }}' }) }), []],
    [
      'an unknown node in the output',
      workflow({ a: task() }, { output: { x: '{{ nodes.b.output }}' } }),
      ['unknown_reference /output/x'],
    ],
    [
      '`output` only in failIf and retryIf',
      workflow({ a: task([], { failIf: '{{ output.x }}', retryIf: '{{ output.y }}' }) }),
      [],
    ],
    ['a schema that is none', workflow({ a: task() }, { input: false }), ['malformed /input']],
    ['a schema', workflow({ a: task() }, { input: { type: 'object' } }), []],
  ])('%s', (_, raw, problems) => {
    expect(problemsOf(raw)).toEqual(problems);
  });

  test('references in a cyclic graph are not called "not upstream" as well', () => {
    expect(problemsOf(workflow({ a: task(['b'], { with: '{{ nodes.b.output }}' }), b: task(['a']) }))).toEqual([
      'cycle /nodes/b/needs',
    ]);
  });

  test('everything that is wrong is said at once', () => {
    const raw = workflow(
      { a: { type: 'teleport' }, b: task(['a.x', 'q']), c: task(['b', 'a.error'], { if: '{{ nodes.zz.output }}' }) },
      { input: false },
    );
    expect(problemsOf(raw).toSorted()).toEqual(
      [
        'join_required /nodes/c/needs',
        'malformed /input',
        'unknown_branch /nodes/b/needs/0',
        'unknown_need /nodes/b/needs/1',
        'unknown_reference /nodes/c/if',
        'unknown_type /nodes/a/type',
      ].toSorted(),
    );
  });
});

describe('a definition that holds', () => {
  test('comes back with its nodes in dependency order', () => {
    const result = validate(
      workflow({ c: task(['b']), b: task(['a']), a: task() }, { output: '{{ nodes.c.output }}', description: 'd' }),
    );
    expect(result.ok && result.value.workflow.nodes.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });

  test('delays that are never used are a warning', () => {
    expect(warningsOf(workflow({ a: task([], { retry: { attempts: 2, delays: ['1s', '2s'] } }) }))).toEqual([
      'retry_delays_unused /nodes/a/retry/delays',
    ]);
    expect(warningsOf(workflow({ a: task([], { retry: { attempts: 3, delays: ['1s', '2s'] } }) }))).toEqual([]);
    expect(warningsOf(workflow({ a: task([], { retry: { delays: ['1s', '2s'] } }) }))).toEqual([]);
  });
});
