import { describe, expect, test } from 'vitest';
import type { NodeBody } from '../../shared/contracts/schemas.ts';
import type { Expectation } from '../../local/demo/example.ts';
import type { TargetCall } from '../../local/demo/http-target.ts';
import { judge, judgeDag, type Observed } from '../../local/demo/verdict.ts';

const node = (more: Partial<NodeBody> = {}): NodeBody => ({ type: 'http', status: 'succeeded', attempts: 1, ...more });
const failed = (code: string): Partial<NodeBody> => ({
  status: 'failed',
  error: { code, category: 'target', message: '', retryable: false },
});

let order = 0;
function call(route: string, more: Partial<TargetCall> = {}): TargetCall {
  const [method = '', path = ''] = route.split(' ');
  order += 2;
  return {
    method,
    path,
    query: '',
    key: `key-${order}`,
    headers: {},
    body: '',
    at: 0,
    received: order,
    answered: order + 1,
    status: 200,
    ...more,
  };
}

const SEEN: Observed = {
  status: 'succeeded',
  nodes: {
    pay: node({ attempts: 2 }),
    mail: node({ ...failed('http_500'), tolerated: true }),
    refund: node({ status: 'skipped', reason: 'branch', attempts: 0 }),
  },
  output: { total: 5, list: [1, { a: 1, b: 2 }] },
  calls: [call('POST /pay', { status: 503 }), call('POST /pay'), call('GET /x')],
};

const verdict = (expected: Partial<Expectation>, seen: Partial<Observed> = {}): string[] =>
  judge({ status: 'succeeded', nodes: {}, ...expected }, { ...SEEN, ...seen }).map(
    ({ what, expected: wanted, seen: got }) => `${what}: ${wanted} ≠ ${got}`,
  );

describe('an execution is as expected if', () => {
  test('all that the example names is so; what it does not name is not looked at', () => {
    expect(
      verdict({
        nodes: {
          pay: { status: 'succeeded', attempts: 2 },
          mail: { status: 'failed', error: 'http_500', tolerated: true },
          refund: { status: 'skipped', reason: 'branch' },
        },
        output: { list: [1, { b: 2, a: 1 }], total: 5 },
        calls: { 'POST /pay': 2, 'POST /refund': 0 },
        order: ['POST /pay', 'GET /x'],
      }),
    ).toEqual([]);
    expect(verdict({ nodes: { pay: 'succeeded' } })).toEqual([]);
  });

  test.each<[string, Partial<Expectation>, string]>([
    ['its status', { status: 'failed' }, 'status of the execution: failed ≠ succeeded'],
    ['the status of a node', { nodes: { pay: 'failed' } }, 'status of node pay: failed ≠ succeeded'],
    ['a node', { nodes: { ship: { status: 'skipped' } } }, 'node ship: skipped ≠ no such node'],
    ['a reason', { nodes: { refund: { status: 'skipped', reason: 'if' } } }, 'reason of node refund: if ≠ branch'],
    ['attempts', { nodes: { pay: { status: 'succeeded', attempts: 3 } } }, 'attempts of node pay: 3 ≠ 2'],
    [
      'an error',
      { nodes: { pay: { status: 'succeeded', error: 'http_402' } } },
      'error code of node pay: http_402 ≠ none',
    ],
    ['toleration', { nodes: { pay: { status: 'succeeded', tolerated: true } } }, 'node pay tolerated: true ≠ false'],
    ['the output', { output: { total: 6 } }, 'output: {"total":6} ≠ {"list":[1,{"a":1,"b":2}],"total":5}'],
    ['the number of requests', { calls: { 'POST /pay': 1 } }, 'requests to POST /pay: 1 ≠ 2'],
    ['a request that should not come', { calls: { 'GET /x': 0 } }, 'requests to GET /x: 0 ≠ 1'],
    [
      'the order',
      { order: ['GET /x', 'POST /pay'] },
      'order of requests: POST /pay after the answer to GET /x ≠ it came before',
    ],
    [
      'the order of what never came',
      { order: ['GET /x', 'GET /y'] },
      'order of requests: GET /y after the answer to GET /x ≠ one of them never came',
    ],
  ])('not if %s differs', (_what, expected, mismatch) => {
    expect(verdict(expected)).toEqual([mismatch]);
  });

  test('an output that is missing is not one that is null', () => {
    expect(verdict({ output: null }, { output: undefined })).toEqual(['output: null ≠ none']);
    expect(verdict({ output: null }, { output: null })).toEqual([]);
  });

  test('everything that differs is told, not only the first', () => {
    expect(verdict({ status: 'failed', nodes: { pay: 'failed', mail: 'succeeded' }, output: 1 })).toHaveLength(4);
  });

  test('no effect succeeded twice under one key; failed tries, reads and other keys do not count', () => {
    const twice = [call('POST /pay', { key: 'k' }), call('POST /pay', { key: 'k' })];
    expect(verdict({}, { calls: twice })).toEqual(['effect of POST /pay: once ≠ 2 times with key k']);
    expect(verdict({}, { calls: [call('POST /pay', { key: undefined })] })).toEqual([
      'effect of POST /pay: an Idempotency-Key ≠ none',
    ]);
    const tried = [call('POST /pay', { key: 'k', status: 500 }), call('POST /pay', { key: 'k' })];
    const polled = [call('GET /job', { key: 'g' }), call('GET /job', { key: 'g' })];
    expect(verdict({}, { calls: [...tried, ...polled, call('POST /pay', { key: 'k:2' })] })).toEqual([]);
  });
});

//  a ──┬── c
//  b ──┘
describe('a recorded DAG is as expected if', () => {
  const needs = new Map([
    ['a', []],
    ['b', []],
    ['c', ['a', 'b']],
  ] as const);
  const at = (id: string, received: number, answered: number | undefined): TargetCall => {
    const { answered: _answered, ...one } = call(`POST /tasks/${id}`, { received });
    return answered === undefined ? one : { ...one, answered };
  };
  const nodes = { a: node(), b: node(), c: node() };
  const dag = (calls: readonly TargetCall[], more: Partial<Observed> = {}): string[] =>
    judgeDag(needs, { status: 'succeeded', nodes, calls, ...more }).map(({ what, seen }) => `${what}: ${seen}`);

  test('each task was performed once, after the answers of all that it needs', () => {
    expect(dag([at('a', 1, 3), at('b', 2, 4), at('c', 5, 6)])).toEqual([]);
  });

  test('not if a task began before an answer, also where that one never came', () => {
    expect(dag([at('a', 1, 3), at('b', 2, 5), at('c', 4, 6)])).toEqual(['order of node c: before b']);
    expect(dag([at('a', 1, undefined), at('b', 2, 3), at('c', 4, 6)])).toEqual(['order of node c: before a']);
  });

  test('not if a task was performed twice, never, or is unknown', () => {
    expect(dag([at('a', 1, 2), at('a', 3, 4), at('b', 5, 6), at('c', 7, 8)])).toEqual(['requests for node a: 2']);
    expect(dag([at('a', 1, 2), at('c', 7, 8)])).toEqual(['requests for node b: 0', 'order of node c: before b']);
    expect(dag([at('a', 1, 2), at('b', 3, 4), at('c', 7, 8), at('z', 9, 10)])).toEqual(['requests: z']);
  });

  test('not if the execution or a node did not succeed', () => {
    const calls = [at('a', 1, 2), at('b', 3, 4), at('c', 7, 8)];
    expect(dag(calls, { status: 'failed', nodes: { ...nodes, c: node({ status: 'failed' }) } })).toEqual([
      'status of the execution: failed',
      'status of node c: failed',
    ]);
  });
});
