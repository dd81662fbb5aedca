import type { ExecutionKey, Header } from '../../shared/domain/execution/records.ts';
import type { Json } from '../../shared/domain/json.ts';
import { epochMs } from '../../shared/domain/time.ts';
import { NOW } from '../domain/execution/records.ts';

let executions = 0;

/** An execution that no other test touches. */
export function newKey(workspace = 'ws'): ExecutionKey {
  executions += 1;
  return { workspace, execution: `ex_${executions}` };
}

/** As it is at a start, asking for no check: what is due is a matter of the whole store. */
export function header(key: ExecutionKey, more: Partial<Header> = {}): Header {
  return {
    ...key,
    workflow: 'order',
    version: 1,
    status: 'running',
    gen: 1,
    redrives: [],
    rev: 1,
    input: { at: 'record', value: { x: [1] } },
    tags: {},
    trigger: 'api',
    request: 'digest',
    createdAt: NOW,
    deadline: epochMs(9e12),
    op: 'op1',
    ...more,
  };
}

/** Text that does not compress, the same at each run. */
export function noise(letters: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  let state = 42;
  const letter = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return alphabet[state >>> 26];
  };
  return Array.from({ length: letters }, letter).join('');
}

function nested(depth: number): Json {
  let value: Json = 'bottom';
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { in: value };
  return value;
}

/** What JSON can be, and stores get wrong. */
export const VALUES: readonly (readonly [string, Json])[] = [
  ['null', null],
  ['false', false],
  ['zero', 0],
  ['an empty string', ''],
  ['an empty list', []],
  ['an empty object', {}],
  ['numbers at the edges of a double', [1e21, -1e21, 5e-324, 1.7976931348623157e308, 0.1, 2 ** 53 - 1, -1]],
  ['text of many scripts', 'Grüße, 東京, Привет, שלום, 👩‍👩‍👧, e\u0301'],
  ['control characters and separators', 'nul \u0000, line \u2028, tab \t, bell \u0007, escape \u001b, "quoted" \\'],
  ['half a surrogate pair', 'half \ud83d pair'],
  ['keys of many scripts', { schlüssel: 1, 鍵: 2, '': 3, 'a#b': 4, 'a.b': 5, $: 6 }],
  ['keys that objects are born with', JSON.parse('{"__proto__":{"x":1},"constructor":2,"toString":3}') as Json],
  ['a hundred levels', nested(100)],
  ['much that compresses', 'again and '.repeat(20_000)],
  ['much that does not compress', noise(50_000)],
  ['a megabyte', noise(1_000_000)],
];
