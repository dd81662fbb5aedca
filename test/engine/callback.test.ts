import { describe, expect, test } from 'vitest';
import type { Json } from '../../shared/domain/json.ts';
import { acceptCallback, type Callback, type CallbackResult } from '../../shared/engine/callback.ts';
import { cancelExecution } from '../../shared/engine/cancel-execution.ts';
import type { SchemaCheck } from '../../shared/engine/engine-deps.ts';
import { compile, EngineHarness } from '../support/engine-harness.ts';

const plan = compile({
  a: { type: 'task' },
  w: { type: 'approval', needs: ['a'], with: { expires: '1h', schema: { type: 'object' } } },
  ok: { type: 'task', needs: ['w'], with: { by: '{{ nodes.w.output.by }}' } },
  no: {
    type: 'task',
    needs: ['w.error'],
    with: { code: '{{ nodes.w.error.code }}', details: '{{ nodes.w.error.?details.orValue(null) }}' },
  },
});

const isObject: SchemaCheck = (_, value) => ({
  value,
  problems: typeof value === 'object' ? [] : [{ path: '', message: 'must be an object' }],
});

async function waiting(): Promise<EngineHarness> {
  const harness = new EngineHarness(plan);
  await harness.start();
  await harness.runToEnd(
    undefined,
    async () =>
      (await harness.store.readHeader(harness.key)) !== undefined &&
      (await harness.result()).nodes['w']?.status === 'waiting',
  );
  return harness;
}

function send(
  harness: EngineHarness,
  payload: Callback['payload'],
  more: Partial<Callback> = {},
): Promise<CallbackResult> {
  return acceptCallback(harness.deps(), isObject, {
    ...harness.key,
    node: 'w',
    gen: 1,
    payload,
    digest: JSON.stringify(payload),
    requestId: 'r',
    ...more,
  });
}

const YES: Callback['payload'] = { output: { by: 'ann' } as Json };
const NO: Callback['payload'] = { error: { code: 'too_expensive', message: 'no budget' } };

describe('a callback', () => {
  test('ends the node with what was sent, and work goes on', async () => {
    const harness = await waiting();
    expect(await send(harness, YES)).toEqual({ kind: 'accepted' });
    await harness.runToEnd();
    expect(await harness.result()).toMatchObject({
      status: 'succeeded',
      nodes: { w: { output: { by: 'ann' } }, no: { status: 'skipped' } },
    });
    expect(harness.runsOf('ok')).toEqual([expect.objectContaining({ input: { by: 'ann' } })]);
  });

  test('that says error fails the node as callback_failed', async () => {
    const harness = await waiting();
    expect(await send(harness, NO)).toEqual({ kind: 'accepted' });
    await harness.runToEnd();
    expect(harness.runsOf('no')).toEqual([
      expect.objectContaining({ input: { code: 'callback_failed', details: { code: 'too_expensive' } } }),
    ]);
  });

  test('the same again is answered the same, another is refused; before and after the end', async () => {
    const harness = await waiting();
    await send(harness, YES);
    expect([await send(harness, YES), await send(harness, NO)]).toEqual([{ kind: 'accepted' }, { kind: 'used' }]);
    await harness.runToEnd();
    expect([await send(harness, YES), await send(harness, NO)]).toEqual([{ kind: 'accepted' }, { kind: 'used' }]);
    expect(harness.runsOf('ok')).toHaveLength(1);
  });

  test('two at once: one decides, and the other hears of it', async () => {
    const harness = await waiting();
    const answers = await Promise.all([send(harness, YES), send(harness, NO), send(harness, YES)]);
    await harness.runToEnd();
    const decidedYes = (await harness.result()).nodes['w']?.status === 'succeeded';
    expect(answers.map(({ kind }) => kind)).toEqual(
      decidedYes ? ['accepted', 'used', 'accepted'] : ['used', 'accepted', 'used'],
    );
  });

  test('must fit the schema; a refused one changes nothing', async () => {
    const harness = await waiting();
    expect(await send(harness, { output: 'yes' })).toEqual({
      kind: 'invalid',
      problems: [{ path: '', message: 'must be an object' }],
    });
    expect(await send(harness, YES)).toEqual({ kind: 'accepted' });
  });

  test('comes too late once the time is over, whether or not the timer has fired', async () => {
    const harness = await waiting();
    harness.clock.advance(3_600_000);
    expect(await send(harness, YES)).toEqual({ kind: 'expired' });
    await harness.runToEnd();
    expect(await send(harness, YES)).toEqual({ kind: 'expired' });
    expect(await harness.result()).toMatchObject({
      status: 'succeeded',
      nodes: { w: { status: 'failed', error: 'callback_expired' }, no: { status: 'succeeded' } },
    });
  });

  test('for a node that does not wait, another generation, a stopped execution: used', async () => {
    const harness = await waiting();
    expect(await send(harness, YES, { node: 'a' })).toEqual({ kind: 'used' });
    expect(await send(harness, YES, { node: 'ok' })).toEqual({ kind: 'used' });
    expect(await send(harness, YES, { gen: 2 })).toEqual({ kind: 'used' });
    await cancelExecution(harness.deps(), harness.key, 'r');
    expect(await send(harness, YES)).toEqual({ kind: 'used' });
  });

  test('for a node or an execution that is not there: not found', async () => {
    const harness = await waiting();
    expect(await send(harness, YES, { node: 'x' })).toEqual({ kind: 'not_found' });
    expect(await send(harness, YES, { execution: 'x' })).toEqual({ kind: 'not_found' });
  });
});
