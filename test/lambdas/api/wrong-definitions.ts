import type { Json, JsonObject } from '../../../shared/domain/json.ts';
import { LIMITS } from '../../../shared/domain/limits.ts';

export interface Wrong {
  readonly code: string;
  readonly path: string;
  readonly why: string;
  /** The definition, or its text. */
  readonly sent: Json;
  readonly yaml?: true;
}

export const pass: JsonObject = { type: 'pass' };
export const http: JsonObject = { type: 'http', with: { url: 'https://example.com/' } };
export const value = (expression: string): JsonObject => ({ type: 'transform', with: { value: expression } });
export const nodes = (entries: JsonObject, rest: JsonObject = {}): JsonObject => ({
  name: 'wrong',
  nodes: entries,
  ...rest,
});
export const condition: JsonObject = {
  type: 'condition',
  with: { cases: [{ branch: 'large', if: '{{ input.n > 1 }}' }], default: 'small' },
};

/** A definition for every way to be wrong: what is said of it, and where. */
export const WRONG: readonly Wrong[] = [
  { code: 'malformed', path: '', why: 'a list', sent: [] },
  { code: 'malformed', path: '', why: 'a string', sent: 'x' },
  { code: 'malformed', path: '/name', why: 'no name', sent: { nodes: { a: pass } } },
  { code: 'malformed', path: '/name', why: 'a bad name', sent: nodes({ a: pass }, { name: 'a b' }) },
  { code: 'malformed', path: '/nodes', why: 'no nodes', sent: { name: 'wrong' } },
  { code: 'malformed', path: '/nodes/1a', why: 'a bad id', sent: nodes({ '1a': pass }) },
  { code: 'malformed', path: '/nodes/a~1b', why: 'a bad id with a slash', sent: nodes({ 'a/b': pass }) },
  { code: 'malformed', path: '/nodes/a/type', why: 'no type', sent: nodes({ a: {} }) },
  {
    code: 'malformed',
    path: '/nodes/a/catch/y/0',
    why: 'lists that overlap',
    sent: nodes({ a: { ...http, catch: { x: ['http_402'], y: ['http_402'] } }, b: { ...pass, needs: ['a.x', 'a.y'] } }),
  },
  {
    code: 'malformed',
    path: '/nodes/a/retry',
    why: 'at most once and a retry',
    sent: nodes({ a: { ...http, delivery: 'at-most-once', retry: { attempts: 2 } } }),
  },
  { code: 'empty', path: '/nodes', why: 'no node', sent: nodes({}) },
  { code: 'unknown_key', path: '/nodez', why: 'at the top', sent: nodes({ a: pass }, { nodez: {} }) },
  { code: 'unknown_key', path: '/nodes/a/need', why: 'of a node', sent: nodes({ a: { ...pass, need: [] } }) },
  {
    code: 'unknown_key',
    path: '/nodes/a/retry/times',
    why: 'of a retry',
    sent: nodes({ a: { ...http, retry: { times: 3 } } }),
  },
  {
    code: 'duplicate_key',
    path: '/nodes/a',
    why: 'in JSON',
    sent: '{"name":"wrong","nodes":{"a":{"type":"pass"},"a":{"type":"pass"}}}',
  },
  {
    code: 'duplicate_key',
    path: '/nodes/a',
    why: 'in YAML',
    sent: 'name: wrong\nnodes:\n  a: { type: pass }\n  a: { type: pass }\n',
    yaml: true,
  },
  {
    code: 'duplicate_need',
    path: '/nodes/b/needs/1',
    why: 'twice',
    sent: nodes({ a: pass, b: { ...pass, needs: ['a', 'a'] } }),
  },
  { code: 'unknown_need', path: '/nodes/a/needs/0', why: 'nobody', sent: nodes({ a: { ...pass, needs: ['nobody'] } }) },
  {
    code: 'unknown_need',
    path: '/nodes/a/needs/0',
    why: 'toString',
    sent: nodes({ a: { ...pass, needs: ['toString'] } }),
  },
  { code: 'unknown_need', path: '/nodes/a/needs/0', why: 'nothing', sent: nodes({ a: { ...pass, needs: [''] } }) },
  { code: 'self_need', path: '/nodes/a/needs/0', why: 'itself', sent: nodes({ a: { ...pass, needs: ['a'] } }) },
  {
    code: 'cycle',
    path: '/nodes/b/needs',
    why: 'of three',
    sent: nodes({ a: { ...pass, needs: ['c'] }, b: { ...pass, needs: ['a'] }, c: { ...pass, needs: ['b'] } }),
  },
  {
    code: 'unknown_branch',
    path: '/nodes/b/needs/0',
    why: 'of a condition',
    sent: nodes({ a: condition, b: { ...pass, needs: ['a.huge'] } }),
  },
  {
    code: 'unknown_branch',
    path: '/nodes/b/needs/0',
    why: 'of another node',
    sent: nodes({ a: pass, b: { ...pass, needs: ['a.large'] } }),
  },
  {
    code: 'unknown_branch',
    path: '/nodes/b/needs/0',
    why: 'empty',
    sent: nodes({ a: pass, b: { ...pass, needs: ['a.'] } }),
  },
  {
    code: 'join_required',
    path: '/nodes/c/needs',
    why: 'plain and error',
    sent: nodes({ a: http, b: pass, c: { ...pass, needs: ['b', 'a.error'] } }),
  },
  { code: 'reserved_id', path: '/nodes/in', why: 'of CEL', sent: nodes({ in: pass }) },
  {
    code: 'reserved_id',
    path: '/nodes/a/catch/error',
    why: 'a branch named error',
    sent: nodes({ a: { ...http, catch: { error: ['http_402'] } } }),
  },
  { code: 'unknown_type', path: '/nodes/a/type', why: 'of a node', sent: nodes({ a: { type: 'teleport' } }) },
  { code: 'unknown_type', path: '/nodes/a/type', why: 'constructor', sent: nodes({ a: { type: 'constructor' } }) },
  { code: 'invalid_with', path: '/nodes/a/with/url', why: 'no url', sent: nodes({ a: { type: 'http', with: {} } }) },
  {
    code: 'invalid_with',
    path: '/nodes/a/with/surprise',
    why: 'an unknown key',
    sent: nodes({ a: { type: 'http', with: { url: 'https://example.com/', surprise: 1 } } }),
  },
  {
    code: 'invalid_duration',
    path: '/timeout',
    why: 'of the execution',
    sent: nodes({ a: pass }, { timeout: 'soon' }),
  },
  {
    code: 'invalid_duration',
    path: '/nodes/a/retry/delays/1',
    why: 'of a delay',
    sent: nodes({ a: { ...http, retry: { delays: ['1s', '1 s'] } } }),
  },
  { code: 'bad_template', path: '/nodes/a/with/value', why: 'a syntax error', sent: nodes({ a: value('{{ 1 + }}') }) },
  { code: 'bad_template', path: '/nodes/a/with/value', why: 'no end', sent: nodes({ a: value('{{ 1') }) },
  {
    code: 'bad_template',
    path: '/nodes/a/with/value/list/1',
    why: 'deep inside',
    sent: nodes({ a: { type: 'transform', with: { value: { list: [1, '{{ ) }}'] } } } }),
  },
  {
    code: 'bad_template',
    path: '/output/x',
    why: 'in the output',
    sent: nodes({ a: pass }, { output: { x: '{{ ( }}' } }),
  },
  {
    code: 'unquoted_template',
    path: '/nodes/a/with/value',
    why: 'in YAML',
    sent: 'name: wrong\nnodes:\n  a:\n    type: transform\n    with:\n      value: {{ input.x }}\n',
    yaml: true,
  },
  {
    code: 'unknown_reference',
    path: '/nodes/a/with/value',
    why: 'of a node',
    sent: nodes({ a: value('{{ nodes.nobody.output }}') }),
  },
  {
    code: 'unknown_reference',
    path: '/nodes/a/with/value',
    why: 'of a name',
    sent: nodes({ a: value('{{ inptu.x }}') }),
  },
  {
    code: 'not_upstream',
    path: '/nodes/a/with/value',
    why: 'a stranger',
    sent: nodes({ a: value('{{ nodes.b.output }}'), b: pass }),
  },
  {
    code: 'not_upstream',
    path: '/nodes/a/with/value',
    why: 'itself',
    sent: nodes({ a: value('{{ nodes.a.output }}') }),
  },
  {
    code: 'error_handled_twice',
    path: '/nodes/b/needs/0',
    why: 'both ways',
    sent: nodes({ a: { ...http, onError: 'continue' }, b: { ...pass, needs: ['a.error'] } }),
  },
  {
    code: 'limit_exceeded',
    path: '/nodes',
    why: 'nodes',
    sent: nodes(Object.fromEntries(Array.from({ length: LIMITS.nodesMax + 1 }, (_, at) => [`n${at}`, pass]))),
  },
  { code: 'limit_exceeded', path: '/timeout', why: 'a timeout', sent: nodes({ a: pass }, { timeout: '367d' }) },
  {
    code: 'limit_exceeded',
    path: '/nodes/a/timeout',
    why: 'of an attempt',
    sent: nodes({ a: { ...http, timeout: '15m' } }),
  },
  {
    code: 'limit_exceeded',
    path: '/nodes/a/with/value',
    why: 'an expression',
    sent: nodes({ a: value(`{{ ${'1 + '.repeat(3_000)}1 }}`) }),
  },
  {
    code: 'limit_exceeded',
    path: '',
    why: 'written as JSON',
    sent: `{"name":"wrong","nodes":{"a":{"type":"transform","with":{"value":[${'1e20,'.repeat(600_000)}1]}}}}`,
  },
  { code: 'malformed', path: '', why: 'YAML that is none', sent: 'name: [\n', yaml: true },
  { code: 'malformed', path: '', why: 'an empty YAML document', sent: '# nothing\n', yaml: true },
  {
    code: 'malformed',
    path: '/input',
    why: 'an input schema',
    sent: nodes({ a: pass }, { input: { type: 'objekt' } }),
  },
];
