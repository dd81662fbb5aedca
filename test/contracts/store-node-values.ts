import { expect, test } from 'vitest';
import type { NodeRecord, StoredWait } from '../../shared/domain/execution/records.ts';
import { epochMs } from '../../shared/domain/time.ts';
import type { ExecutionStore } from '../../shared/engine/ports.ts';
import { BOOM, failed, NOW, retrying, running, settled } from '../domain/execution/records.ts';
import { newKey, noise, VALUES } from './samples.ts';

const A = { node: 'a', gen: 1 };
const HISTORY = [
  { attempt: 1, startedAt: NOW, endedAt: epochMs(NOW + 5), error: BOOM, delayMs: 1_000 },
  { attempt: 2, startedAt: epochMs(NOW + 9), endedAt: epochMs(NOW + 12) },
];
const BASE = { ...A, attempt: 1, fence: 1, crashes: 0, op: 'op-a', startedAt: NOW, attempts: [] };
const waitingFor = (wait: StoredWait): NodeRecord => ({ ...BASE, status: 'waiting', wait });
const MANY = Array.from({ length: 1_000 }, (_, index) => index);

const RECORDS: readonly (readonly [string, NodeRecord])[] = [
  ['running', running('a')],
  ['running again after a crash', { ...running('a'), attempt: 2, fence: 3, crashes: 1, attempts: HISTORY }],
  ['running at a first join', { ...running('a'), via: [0, 2, 1] }],
  ['retrying', { ...retrying('a'), attempt: 3, attempts: HISTORY }],
  ['waiting for a time', waitingFor({ for: 'timer', due: epochMs(NOW + 9), onDue: { output: null } })],
  [
    'waiting for a callback',
    waitingFor({ for: 'callback', onDue: { failure: BOOM }, schema: { type: 'object', required: ['x'] } }),
  ],
  ['succeeded without an output', settled('a')],
  ['succeeded after retries', settled('a', { attempt: 2, attempts: HISTORY, output: { ok: true } })],
  ['succeeded by a callback', settled('a', { output: 'x', callback: 'digest' })],
  ['failed', failed('a', { attempts: HISTORY })],
  ['failed with a long message', failed('a', { error: { ...BOOM, message: noise(2_000), retryAfterMs: 5 } })],
  ['cancelled', settled('a', { status: 'cancelled' })],
  ['continued inline and in groups', settled('a', { inline: [3, 4, 5, 9], groups: [[6, 7], [12], [11, 10]] })],
  ['continued by a thousand', settled('a', { inline: [], groups: [MANY, MANY.toReversed()] })],
  [
    'followed by pure nodes',
    settled('a', {
      output: 1,
      pure: {
        total: { status: 'succeeded', output: 5 },
        route: { status: 'succeeded', output: { branch: 'big' }, branch: 'big' },
        gate: { status: 'succeeded', open: false },
        nothing: { status: 'succeeded', output: null },
        silent: { status: 'succeeded' },
        broken: { status: 'failed', error: BOOM },
      },
    }),
  ],
  [
    'followed by hundreds of pure nodes',
    settled('a', {
      pure: Object.fromEntries(MANY.map((index) => [`p${index}`, { status: 'succeeded', output: index }])),
    }),
  ],
];

export function nodeValueCases(store: () => ExecutionStore): void {
  test.each(RECORDS)('that is %s comes back as it was written', async (_what, record) => {
    const key = newKey();
    await store().writeNode(key, record, 'absent');
    expect(await store().readNode(key, A)).toStrictEqual(record);
    expect(await store().readNodes(key, [A], 'outputs')).toStrictEqual([record]);
    expect((await store().readAll(key, 'outputs')).nodes).toStrictEqual([record]);
  });

  test.each(VALUES)('brings back %s as its output and as that of a pure node', async (_what, value) => {
    const key = newKey();
    await store().writeNode(
      key,
      settled('a', { output: value, pure: { p: { status: 'succeeded', output: value } } }),
      'absent',
    );
    const read = await store().readNode(key, A);
    // As texts: `toEqual` overlooks keys such as `__proto__`.
    expect(JSON.stringify(read)).toBe(
      JSON.stringify({ ...read, output: value, pure: { p: { status: 'succeeded', output: value } } }),
    );
  });

  test('tells an output of null from none', async () => {
    const key = newKey();
    await store().writeNode(key, settled('with', { output: null }), 'absent');
    await store().writeNode(key, settled('without'), 'absent');
    expect(await store().readNode(key, { node: 'with', gen: 1 })).toHaveProperty('output', null);
    expect(await store().readNode(key, { node: 'without', gen: 1 })).not.toHaveProperty('output');
  });

  test('is given and taken as a copy', async () => {
    const key = newKey();
    const output = { list: [1] };
    await store().writeNode(key, settled('a', { output }), 'absent');
    output.list.push(2);
    const read = await store().readNode(key, A);
    expect(read).toMatchObject({ output: { list: [1] } });
    Reflect.set(read ?? {}, 'output', 'changed');
    expect(await store().readNode(key, A)).toMatchObject({ output: { list: [1] } });
  });
}
